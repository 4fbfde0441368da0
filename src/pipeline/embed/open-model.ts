import type { Embedder } from "../../embedders/types.ts";
import { UserError } from "../../errors.ts";
import type { ReadableCollection } from "../../stores/types.ts";
import type { EmbeddingIdentity, SearchMode } from "../../types.ts";
import {
  type ConfiguredModel,
  type ModelToOpen,
  describeEmbedding,
  modelForSearch,
  otherDimensions,
} from "./model-choice.ts";

/** What an embedding model is opened with. */
export interface ModelRequest {
  /** The model; `null`: the configured one. */
  identity: EmbeddingIdentity | null;
  /** Length of vectors to ask the model for; `null`: as configured, else the model's own. */
  dimensions: number | null;
  /** Length of the vectors that a collection has from the model; `null` where that is not known. */
  collectionDimensions: number | null;
}

/** Opens an embedding model; connects to nothing yet. */
export type OpenModel = (model: ModelRequest) => Promise<Embedder>;

/** Embeds a question with the collection's own model. */
export type QueryEmbedder = (text: string) => Promise<Float32Array>;

/**
 * Opens the chosen model at the length of the collection's vectors. Throws `UserError` `embedding-mismatch` where the
 * model makes vectors of another length and cannot shorten them, and whatever `open` refuses.
 *
 * @param collection `null` where it is made anew
 */
export async function openChosenModel(
  choice: ModelToOpen,
  collection: ReadableCollection | null,
  open: OpenModel,
  signal: AbortSignal,
): Promise<Embedder> {
  const { identity, dimensions } = choice;
  const embedder = await open({ identity, dimensions: null, collectionDimensions: dimensions });
  if (dimensions === null || collection === null) return embedder;
  const { embedderIdentity } = await import("./embed-query.ts");
  const offered = await embedderIdentity(embedder, signal);
  if (offered.dimensions === dimensions) return embedder;
  const shortened = await open({ identity, dimensions, collectionDimensions: null }).catch((error: unknown) => {
    // The mismatch below says the same, in terms of the collection.
    if (error instanceof UserError && error.code === "dimensions-fixed") return null;
    throw error;
  });
  if (shortened !== null && (await embedderIdentity(shortened, signal)).dimensions === dimensions) return shortened;
  throw otherDimensions(collection, offered);
}

/**
 * The embedder of questions to a collection; `null` where only text is searched, and `notice` then says why, where the
 * user may expect more. Throws `UserError` `embedding-mismatch`, and what a model that was asked for is refused with.
 */
export async function openQueryEmbedder(
  collection: ReadableCollection,
  { configured, mode }: { configured: ConfiguredModel; mode: SearchMode | null },
  open: OpenModel,
  signal: AbortSignal,
): Promise<{ embedQuery: QueryEmbedder | null; notice: string | null }> {
  const choice = modelForSearch(collection, configured, mode);
  if (choice.use === "none") return { embedQuery: null, notice: choice.notice };
  try {
    const embedder = await openChosenModel(choice, collection, open, signal);
    const { embedQuery } = await import("./embed-query.ts");
    return { embedQuery: (text) => embedQuery(embedder, text, signal), notice: null };
  } catch (error) {
    if (!choice.isOptional || !(error instanceof UserError)) throw error;
    const hint = error.hint === null ? "" : `; ${error.hint}`;
    const reason = `${describeEmbedding(choice.identity)} is not available (${error.message}${hint})`;
    return { embedQuery: null, notice: `searching by text only: ${reason}` };
  }
}
