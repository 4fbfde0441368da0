import { isDeepStrictEqual } from "node:util";
import type { Chunker, ChunkingOptions } from "../../chunkers/types.ts";
import type { Embedder } from "../../embedders/types.ts";
import { UserError } from "../../errors.ts";
import type { Manifest, Metric, NewManifest, Collection, Store } from "../../stores/types.ts";
import type { EmbeddingIdentity } from "../../types.ts";
import type { EmbedPool, EmbedPoolOptions } from "../embed/embed.ts";
import { type ConfiguredModel, type ModelChoice, modelForIngest } from "../embed/model-choice.ts";
import { type OpenModel, openChosenModel } from "../embed/open-model.ts";
import { type IngestParts, type IngestRequest, ingest } from "./ingest.ts";
import type { IngestResult } from "./ingest-tally.ts";

export interface CollectionParts {
  store: Store;
  openModel: OpenModel;
  chunker: Chunker;
  loaderFor: IngestParts["loaderFor"];
}

export interface CollectionRequest extends IngestRequest {
  /** Of the collection. */
  name: string;
  /** Drop the collection first and start over. */
  recreate: boolean;
  chunking: ChunkingOptions;
  /** The configured model, and how it is asked. */
  embedding: ConfiguredModel &
    Pick<EmbedPoolOptions, "concurrency"> & { batchSize?: number | undefined; maxWaitMs?: number | undefined };
  /** As in `EmbedPoolOptions`. */
  onPause?: EmbedPoolOptions["onPause"];
  /** Of a new collection. */
  metric: Metric;
  toolVersion: string;
  /**
   * Called before anything is written where the collection was made with another chunking: unchanged documents are then
   * read as changed, and embedded again.
   */
  onOtherChunking(made: Manifest["chunking"], wanted: Manifest["chunking"]): void;
}

export interface CollectionOutcome {
  result: IngestResult;
  /** There was no such collection and nothing to write, so there still is none. */
  isMissing: boolean;
}

/**
 * Ingests into the collection of a name, which is created where it does not exist, and held against other writers
 * meanwhile. A dry run holds, drops and opens nothing.
 *
 * Everything that a new collection needs is checked before an old one is dropped for it. Throws `UserError`:
 * `foreign-collection`, also with `recreate`; `embedding-mismatch`; and what `ingest`, the store and the model refuse.
 */
export async function ingestIntoCollection(
  parts: CollectionParts,
  request: CollectionRequest,
): Promise<CollectionOutcome> {
  const { store, chunker } = parts;
  const { name, dryRun, signal } = request;
  const lease = dryRun ? null : await store.lockForWriting(name, "ingest");
  try {
    const existing = await openExisting(store, name, request.recreate);
    const chunking = chunkingOf(chunker, request.chunking);
    if (existing !== null && !isDeepStrictEqual(existing.manifest.chunking, chunking)) {
      request.onOtherChunking(existing.manifest.chunking, chunking);
    }
    const choice = modelForIngest(existing, request.embedding);
    const embedder = dryRun ? null : await openEmbedder(choice, existing, parts.openModel, signal);
    const embedding = choice.identity ?? (embedder && (await identityOf(embedder, signal)));
    if (request.recreate && !dryRun) await dropForNew(store, name);

    const { metric, toolVersion } = request;
    const createdAt = new Date().toISOString();
    const manifest: NewManifest = { schemaVersion: 1, embedding, metric, chunking, toolVersion, createdAt };
    const result = await ingest(
      {
        collection: existing,
        createCollection: () => store.create(name, manifest),
        loaderFor: parts.loaderFor,
        chunker,
        chunking: request.chunking,
        embedding,
        embed: await openPool(embedder, embedding, request),
        hasVectors: choice.use !== "none",
      },
      request,
    );
    return { result, isMissing: existing === null && result.chunks.written === 0 };
  } finally {
    await lease?.release();
  }
}

/** The collection to bring up to date; `null` where it is made anew. */
async function openExisting(store: Store, name: string, recreate: boolean): Promise<Collection | null> {
  const existing = await store.open(name).catch((error: unknown) => {
    // `recreate` also replaces a collection that cannot be read any more.
    if (recreate && error instanceof UserError && error.code !== "foreign-collection") return null;
    throw error;
  });
  if (existing?.foreign !== undefined) {
    throw new UserError(
      "foreign-collection",
      `another program made the collection "${name}": it is read, not written`,
      { hint: "ingest into a collection of another name: --collection <name>" },
    );
  }
  return recreate ? null : existing;
}

async function openEmbedder(
  choice: ModelChoice,
  existing: Collection | null,
  open: OpenModel,
  signal: AbortSignal,
): Promise<Embedder | null> {
  return choice.use === "none" ? null : openChosenModel(choice, existing, open, signal);
}

async function identityOf(embedder: Embedder, signal: AbortSignal): Promise<EmbeddingIdentity> {
  const { embedderIdentity } = await import("../embed/embed-query.ts");
  return embedderIdentity(embedder, signal);
}

async function openPool(
  embedder: Embedder | null,
  identity: EmbeddingIdentity | null,
  { embedding: { batchSize, concurrency, maxWaitMs }, signal, onPause }: CollectionRequest,
): Promise<EmbedPool | null> {
  if (embedder === null || identity === null) return null;
  const { createEmbedPool } = await import("../embed/embed.ts");
  const prefix = identity.documentPrefix;
  const { defaultRetryPolicy } = await import("../../models/backoff.ts");
  return createEmbedPool(embedder, {
    concurrency,
    prefix,
    signal,
    retry: { ...defaultRetryPolicy, maxElapsedMs: maxWaitMs ?? defaultRetryPolicy.maxElapsedMs },
    onPause,
    ...(batchSize === undefined ? {} : { batchSize }),
  });
}

async function dropForNew(store: Store, name: string): Promise<void> {
  await store.checkNewCollections();
  if ((await store.list()).includes(name)) await store.drop(name);
}

/** The strategy, and the settings that it looks at. */
function chunkingOf({ name, uses }: Chunker, options: ChunkingOptions): Manifest["chunking"] {
  return { strategy: name, ...Object.fromEntries(uses.map((option) => [option, options[option]])) };
}
