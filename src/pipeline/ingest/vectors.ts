import type { Embedder } from "../../embedders/types.ts";
import { UserError } from "../../errors.ts";
import type { EmbeddingIdentity } from "../../types.ts";
import type { VectorCache, VectorCacheSettings } from "../embed/cache/vector-cache.ts";
import type { EmbedPool, EmbedPoolOptions } from "../embed/embed.ts";
import type { ConfiguredModel, ModelChoice } from "../embed/model-choice.ts";
import type { OpenModel } from "../embed/open-model.ts";

/** How vectors are made, from flags and configuration. */
export interface VectorRequest {
  /** The configured model, and how it is asked. */
  embedding: ConfiguredModel &
    Pick<EmbedPoolOptions, "concurrency"> & { batchSize?: number | undefined; maxWaitMs?: number | undefined };
  /** Where vectors are kept for other collections and later runs; left out or `null`: nowhere. */
  vectorCache?: VectorCacheSettings | null;
  /** As in `EmbedPoolOptions`. */
  onPause?: EmbedPoolOptions["onPause"];
}

/** What vectors of one ingest come from. */
export interface VectorSource {
  embed: EmbedPool;
  /** Call it when all is embedded. */
  close(): void;
}

/** The model's requests, with the cache before them; `null` in a collection without vectors. */
export async function openPool(
  embedder: Embedder | null,
  identity: EmbeddingIdentity | null,
  { embedding, vectorCache = null, signal, onPause }: VectorRequest & { signal: AbortSignal },
): Promise<VectorSource | null> {
  if (embedder === null || identity === null) return null;
  const { batchSize, concurrency, maxWaitMs } = embedding;
  const { createEmbedPool } = await import("../embed/embed.ts");
  const { defaultRetryPolicy } = await import("../../models/backoff.ts");
  const cache = await openCacheOf(embedder, identity.dimensions, vectorCache);
  const embed = createEmbedPool(embedder, {
    concurrency,
    prefix: identity.documentPrefix,
    signal,
    retry: { ...defaultRetryPolicy, maxElapsedMs: maxWaitMs ?? defaultRetryPolicy.maxElapsedMs },
    onPause,
    cache,
    ...(batchSize === undefined ? {} : { batchSize }),
  });
  return { embed, close: () => cache?.close() };
}

async function openCacheOf(
  { keepsVectorsAs }: Embedder,
  dimensions: number | null,
  settings: VectorCacheSettings | null,
): Promise<VectorCache | null> {
  if (settings === null || keepsVectorsAs === null) return null;
  const { openVectorCache } = await import("../embed/cache/vector-cache.ts");
  return openVectorCache(settings, { model: keepsVectorsAs.model, dimensions });
}

/**
 * Which passages a plan need not count, because the cache has their vectors. The model is connected to in no way; `null`
 * where it cannot be opened, e.g. because its key is not set, and all passages count.
 */
export async function openKnownVectors(
  choice: ModelChoice,
  open: OpenModel,
  settings: VectorCacheSettings | null,
): Promise<Pick<VectorCache, "has" | "close"> | null> {
  if (choice.use === "none" || settings === null) return null;
  const { identity, dimensions } = choice;
  const embedder = await open({ identity, dimensions: null, collectionDimensions: dimensions }).catch(
    (error: unknown) => {
      if (error instanceof UserError) return null;
      throw error;
    },
  );
  const cache = embedder && (await openCacheOf(embedder, dimensions, settings));
  if (!cache) return null;
  const prefix = identity?.documentPrefix ?? embedder?.keepsVectorsAs?.documentPrefix ?? "";
  return { has: (text) => cache.has(prefix + text), close: cache.close };
}
