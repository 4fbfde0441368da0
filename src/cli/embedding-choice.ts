import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import type { ReadableCollection } from "../stores/types.ts";
import type { EmbeddingIdentity } from "../types.ts";

/**
 * The configuration with the model that made a collection's vectors, which is the only one that can search or extend
 * them.
 *
 * Throws `UserError` `embedding-mismatch` where the configuration names another one. The prefix of questions may change:
 * nothing of it is stored.
 */
export function withCollectionModel(config: Config, collection: string, identity: EmbeddingIdentity): Config {
  const { provider, model, dimensions } = config.embedding;
  const differs =
    (provider !== undefined && provider !== identity.provider) ||
    (model !== undefined && model !== identity.model) ||
    (dimensions !== undefined && dimensions !== identity.dimensions);
  if (differs) {
    const wanted = `${provider ?? identity.provider}/${model ?? "(its default model)"}`;
    throw embeddingMismatch(
      collection,
      describe(identity),
      dimensions === undefined ? wanted : `${wanted} (${dimensions} dimensions)`,
    );
  }
  return {
    ...config,
    embedding: {
      ...config.embedding,
      provider: identity.provider,
      model: identity.model,
      queryPrefix: config.embedding.queryPrefix ?? identity.queryPrefix,
      documentPrefix: identity.documentPrefix,
    },
  };
}

/** Throws `UserError` `embedding-mismatch` where the configuration puts another prefix before passages than they have. */
export function checkDocumentPrefix(config: Config, collection: string, identity: EmbeddingIdentity): void {
  const wanted = config.embedding.documentPrefix ?? identity.documentPrefix;
  if (wanted === identity.documentPrefix) return;
  const described = (prefix: string): string =>
    prefix === "" ? "no document prefix" : `the document prefix "${prefix}"`;
  throw embeddingMismatch(collection, described(identity.documentPrefix), described(wanted));
}

/** What to say where a collection and the configuration disagree about the model; each is described in words. */
export function embeddingMismatch(
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

/** `openai/text-embedding-3-small (1536 dimensions)`, or `no embedding model`. */
export function describe(identity: ReadableCollection["manifest"]["embedding"]): string {
  if (identity === null) return "no embedding model";
  return identity.provider === null
    ? `vectors of ${identity.dimensions} dimensions`
    : `${identity.provider}/${identity.model} (${identity.dimensions} dimensions)`;
}
