import { UserError } from "../../errors.ts";
import type { ReadableCollection, Collection } from "../../stores/types.ts";
import type { EmbeddingIdentity, SearchMode } from "../../types.ts";

/** The embedding model that the user configured, in a file or by flags. What is not set is left to the collection. */
export interface ConfiguredModel {
  provider?: string | undefined;
  model?: string | undefined;
  /** Length of its vectors. */
  dimensions?: number | undefined;
  /** Put before a passage when it is embedded. */
  documentPrefix?: string | undefined;
}

/**
 * Which model serves a collection:
 * - `none`: no model. `notice` tells the user why, where the configuration promises more.
 * - `configured`: the model of the configuration. `dimensions` is the length of the vectors that a foreign collection
 *   holds; `null` in a new collection, which takes the model's own length.
 * - `collection`: the model that made the collection's vectors, which is the only one that can search or extend them.
 *   `isOptional`: the configuration does not ask for vectors, so text alone serves where the model cannot be opened.
 */
export type ModelChoice =
  | { use: "none"; identity: null; notice: string | null }
  | { use: "configured"; identity: null; dimensions: number | null; isOptional: false }
  | { use: "collection"; identity: EmbeddingIdentity; dimensions: number; isOptional: boolean };

/** A choice of a model that has to be opened. */
export type ModelToOpen = Exclude<ModelChoice, { use: "none" }>;

type Described = Pick<ReadableCollection, "name" | "manifest" | "foreign">;

const noModel: ModelChoice = { use: "none", identity: null, notice: null };

/**
 * The model to ingest with; `existing` is `null` where the collection is made anew. Throws `UserError`
 * `embedding-mismatch` where the configuration names another model, or another document prefix, than the collection's.
 */
export function modelForIngest(
  existing: Pick<Collection, "name" | "manifest"> | null,
  configured: ConfiguredModel,
): ModelChoice {
  const { provider, model } = configured;
  if (existing === null) return provider === undefined ? noModel : configuredModel(null);
  const { embedding } = existing.manifest;
  if (embedding !== null) {
    refuseOtherPrefix(existing.name, embedding, configured);
    refuseOtherModel(existing.name, embedding, configured);
    return { use: "collection", identity: embedding, dimensions: embedding.dimensions, isOptional: false };
  }
  if (provider === undefined) return noModel;
  throw embeddingMismatch(
    existing.name,
    describeEmbedding(null),
    model === undefined ? provider : `${provider}/${model}`,
  );
}

/**
 * The model to embed a question with; `mode` is `null` where the user left the mode open. Throws `UserError`
 * `embedding-mismatch` where the configuration names another model than the collection's. The prefix of questions may
 * differ from the collection's: nothing of it is stored.
 */
export function modelForSearch(
  collection: Described,
  configured: ConfiguredModel,
  mode: SearchMode | null,
): ModelChoice {
  const { embedding } = collection.manifest;
  if (mode === "text") return noModel;
  if (embedding === null) {
    if (mode !== null || configured.provider === undefined) return noModel;
    const remedy = collection.foreign === undefined ? "; make them with: rag ingest --recreate" : "";
    return {
      use: "none",
      identity: null,
      notice: `collection ${collection.name} has no vectors; searching by text${remedy}`,
    };
  }
  if (embedding.dimensions === null) return noModel;
  // The manifest of a foreign collection names no model: the configured one is taken to have made its vectors.
  if (embedding.provider === null) {
    return configured.provider === undefined ? noModel : configuredModel(embedding.dimensions);
  }
  refuseOtherModel(collection.name, embedding, configured);
  const isOptional = configured.provider === undefined;
  return { use: "collection", identity: embedding, dimensions: embedding.dimensions, isOptional };
}

/**
 * The mode to search in: the wanted one, or the best that the collection serves. `canEmbed`: a model for questions is
 * open. Throws `UserError`: `no-mode` where no mode can be served, `no-vectors`, `foreign-fields` or
 * `no-embedding-model` where the wanted one cannot.
 */
export function modeForSearch(
  collection: Described & Pick<ReadableCollection, "modes">,
  wanted: SearchMode | null,
  canEmbed: boolean,
): SearchMode {
  const { name, foreign } = collection;
  const { embedding } = collection.manifest;
  const mode = wanted ?? collection.modes.find((mode) => mode === "text" || canEmbed);
  if (mode === undefined) throw modelNotConfigured(name);
  if (mode === "text") return mode;
  if (embedding === null) {
    throw new UserError("no-vectors", `collection "${name}" has no vectors, which the search mode ${mode} needs`, {
      hint: "search with --mode text, or configure an embedding model and run rag ingest --recreate",
    });
  }
  if (embedding.dimensions === null) {
    throw new UserError("foreign-fields", `of the fields of collection "${name}", none is known to hold the vectors`, {
      hint: "set `milvus.fields.vector` to the one that was made with the configured model",
    });
  }
  if (canEmbed) return mode;
  if (foreign !== undefined) throw modelNotConfigured(name);
  const { provider, model } = embedding;
  throw new UserError(
    "no-embedding-model",
    `the search mode ${mode} needs the collection's model ${provider}/${model}, which cannot be used`,
    { hint: "set the provider's key, or search with --mode text" },
  );
}

/** The refusal of a model whose vectors are of another length than the collection's. */
export function otherDimensions({ name, manifest, foreign }: Described, offered: EmbeddingIdentity): UserError {
  const hint = foreign && "configure the model that made its vectors";
  return embeddingMismatch(name, describeEmbedding(manifest.embedding), describeEmbedding(offered), hint);
}

/** `openai/text-embedding-3-small (1536 dimensions)`, or `no embedding model`. */
export function describeEmbedding(identity: ReadableCollection["manifest"]["embedding"]): string {
  if (identity === null) return "no embedding model";
  return identity.provider === null
    ? `vectors of ${identity.dimensions} dimensions`
    : `${identity.provider}/${identity.model} (${identity.dimensions} dimensions)`;
}

function configuredModel(dimensions: number | null): ModelChoice {
  return { use: "configured", identity: null, dimensions, isOptional: false };
}

function refuseOtherModel(collection: string, identity: EmbeddingIdentity, configured: ConfiguredModel): void {
  const { provider = identity.provider, model, dimensions } = configured;
  const fits =
    provider === identity.provider &&
    (model === undefined || model === identity.model) &&
    (dimensions === undefined || dimensions === identity.dimensions);
  if (fits) return;
  const wanted = `${provider}/${model ?? "(its default model)"}`;
  throw embeddingMismatch(
    collection,
    describeEmbedding(identity),
    dimensions === undefined ? wanted : `${wanted} (${dimensions} dimensions)`,
  );
}

function refuseOtherPrefix(collection: string, identity: EmbeddingIdentity, configured: ConfiguredModel): void {
  const { documentPrefix = identity.documentPrefix } = configured;
  if (documentPrefix === identity.documentPrefix) return;
  const described = (prefix: string): string =>
    prefix === "" ? "no document prefix" : `the document prefix "${prefix}"`;
  throw embeddingMismatch(collection, described(identity.documentPrefix), described(documentPrefix));
}

function embeddingMismatch(
  collection: string,
  made: string,
  wanted: string,
  hint = "configure the collection's model, name another collection, or start over with: rag ingest --recreate",
): UserError {
  return new UserError(
    "embedding-mismatch",
    `collection ${collection} was made with ${made}, the configuration says ${wanted}`,
    { hint },
  );
}

function modelNotConfigured(name: string): UserError {
  return new UserError(
    "no-mode",
    `the vectors of collection "${name}" can only be searched with the embedding model that made them, and none is configured`,
    { hint: "configure embedding.provider and embedding.model, or pass --embedding provider/model" },
  );
}
