import type { Chunker, ChunkingOptions } from "../../chunkers/types.ts";
import { ExitCode, UserError } from "../../errors.ts";
import type { Loader } from "../../loaders/types.ts";
import type { Collection, DocumentRecord } from "../../stores/types.ts";
import type { EmbeddingIdentity, Metadata } from "../../types.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import type { DiscoveredFile, Discovery } from "../discover/discover.ts";
import { type EmbeddingDocument, startEmbedding } from "./embed-documents.ts";
import type { EmbedPool } from "../embed/embed.ts";
import { type IngestProgress, type IngestResult, IngestTally } from "./ingest-tally.ts";
import { removeOrphans } from "./orphans.ts";
import { type PrepareParts, type ReadyDocument, prepareDocument } from "./prepare-document.ts";
import { type PrunePolicy, documentsToRemove } from "./prune.ts";

export interface IngestParts {
  /** `null` where the collection does not exist yet. */
  collection: Collection | null;
  /** Called once, before the first write, where `collection` is `null`. */
  createCollection(): Promise<Collection>;
  loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
  refusalOf: PrepareParts["refusalOf"];
  chunker: Chunker;
  chunking: ChunkingOptions;
  /** The model, and what it is reached by; both `null` in a collection without vectors. */
  embedding: EmbeddingIdentity | null;
  embed: EmbedPool | null;
  /** Whether chunks get vectors. A dry run opens no model, and still says how many it would be asked for. */
  hasVectors: boolean;
}

export interface IngestRequest {
  discovery: Discovery;
  /** Added to every document's own metadata, and stronger. */
  metadata: Metadata;
  prune: PrunePolicy;
  /** Reads, loads and chunks, and writes nothing: the result says what would be. */
  dryRun: boolean;
  /** The first file that fails ends the ingest. */
  failFast: boolean;
  maxFileBytes: number;
  signal: AbortSignal;
  onProgress(progress: IngestProgress): void;
}

/** Documents that are looked up together for vectors to reuse. */
const groupDocuments = 64;
const groupChunks = 1000;

/**
 * Brings a collection in line with the files that were discovered: skips what is unchanged, writes what is new or
 * different, removes what is gone. All state is in the store, so a run that was killed at any moment is completed by the
 * next. Throws `UserError`: `prune-refused` before anything is written, `interrupted` on abort, the store's and the
 * model's failures. What was written until then stays.
 */
export async function ingest(parts: IngestParts, request: IngestRequest): Promise<IngestResult> {
  const { discovery } = request;
  const tally = new IngestTally(discovery, request.onProgress);
  if (request.failFast && discovery.failures[0] !== undefined) throw failedFast(discovery.failures[0]);
  tally.enter("scanning");
  const records = (await parts.collection?.documents()) ?? [];
  const stored = new Map(records.map((record) => [record.source, record]));
  const found = new Set(discovery.files.map((file) => file.source));
  const { gone, refusal } = documentsToRemove(records, found, (source) => discovery.covers(source), request.prune);
  // A dry run has nothing to refuse: how much is gone is its answer.
  if (refusal !== null && !request.dryRun) throw refusal;
  tally.result.pruneRefused = refusal !== null;

  tally.enter("ingesting");
  const run = new IngestRun(parts, request, stored, tally);
  try {
    await run.ingestAll();
  } finally {
    // On failure too: what is complete is kept, so that the next run does not make it again.
    await run.finishWriting();
  }

  tally.result.documents.removed = gone.length;
  tally.result.chunks.deleted += chunksOf(gone);
  if (request.dryRun) return tally.result;
  tally.enter("removing");
  if (gone.length > 0) await run.collection?.deleteDocuments(gone.map((record) => record.docId));
  const expected = chunksOf(records) + run.chunksGained - chunksOf(gone);
  if (run.collection !== null) await removeOrphans(run.collection, expected);
  tally.enter("optimizing");
  // Even when nothing was written: an ingest that was killed after its last write left this to the next one.
  await run.collection?.optimize();
  return tally.result;
}

function chunksOf(records: readonly DocumentRecord[]): number {
  return records.reduce((sum, record) => sum + record.docChunks, 0);
}

interface Pending extends EmbeddingDocument {
  file: DiscoveredFile;
}

/** The way of the files through one ingest: read, chunk, embed, write, each ahead of the next. */
class IngestRun {
  collection: Collection | null;
  /** How many more chunks the documents have than before; negative where they have fewer. */
  chunksGained = 0;
  readonly #parts: IngestParts;
  readonly #request: IngestRequest;
  readonly #stored: ReadonlyMap<string, DocumentRecord>;
  readonly #tally: IngestTally;
  #writer: ChunkWriter | null = null;
  /** Chunks that a dry run did not write. */
  #wouldWrite = 0;
  /** Documents in order, waiting for their vectors, and how many chunks they have. */
  #waiting: Pending[] = [];
  #waitingChunks = 0;

  constructor(
    parts: IngestParts,
    request: IngestRequest,
    stored: ReadonlyMap<string, DocumentRecord>,
    tally: IngestTally,
  ) {
    this.collection = parts.collection;
    this.#parts = parts;
    this.#request = request;
    this.#stored = stored;
    this.#tally = tally;
  }

  async ingestAll(): Promise<void> {
    for await (const group of this.#preparedGroups()) {
      for (const pending of await this.#embedGroup(group)) {
        this.#waiting.push(pending);
        this.#waitingChunks += pending.document.chunks.length;
        // As many wait as keep every request to the model full, and no more.
        while (this.#waitingChunks > (this.#parts.embed?.window ?? 0)) await this.#writeNext();
      }
    }
    this.#parts.embed?.flush();
    while (this.#waiting.length > 0) await this.#writeNext();
  }

  async finishWriting(): Promise<void> {
    await this.#writer?.finish();
    this.#advance();
  }

  /** The documents that have to be written, in groups. */
  async *#preparedGroups(): AsyncGenerator<{ file: DiscoveredFile; document: ReadyDocument }[]> {
    const { chunker, chunking, embedding, loaderFor, refusalOf } = this.#parts;
    const { metadata, maxFileBytes } = this.#request;
    const settings = { chunker, chunking, embedding, metadata };
    let group: { file: DiscoveredFile; document: ReadyDocument }[] = [];
    let chunks = 0;
    for (const file of this.#request.discovery.files) {
      this.#tally.throwIfAborted(this.#request);
      const storedHash = this.#stored.get(file.source)?.docHash;
      const prepared = await prepareDocument(file, storedHash, {
        loaderFor,
        chunker,
        settings,
        refusalOf,
        maxFileBytes,
      });
      if (prepared.state === "unchanged") {
        this.#tally.count(file, "unchanged");
      } else if (prepared.state === "failed") {
        this.#fail(file, prepared.code, prepared.message);
      } else {
        group.push({ file, document: prepared.document });
        chunks += prepared.document.chunks.length;
      }
      if (group.length >= groupDocuments || chunks >= groupChunks) {
        yield group;
        group = [];
        chunks = 0;
      }
    }
    if (group.length > 0) yield group;
  }

  async #embedGroup(group: readonly { file: DiscoveredFile; document: ReadyDocument }[]): Promise<Pending[]> {
    const { embed, hasVectors, collection } = this.#parts;
    if (!hasVectors) {
      const done = Promise.resolve(null);
      return group.map(({ file, document }) => ({ file, document, reused: 0, embedded: 0, done }));
    }
    const documents = group.map(({ document }) => document);
    const started = await startEmbedding(documents, this.#request.dryRun ? null : embed, collection);
    return started.map((pending, index) => Object.assign(pending, { file: group[index]!.file }));
  }

  async #writeNext(): Promise<void> {
    const pending = this.#waiting.shift();
    if (pending === undefined) return;
    this.#waitingChunks -= pending.document.chunks.length;
    const { file, document } = pending;
    const refused = await pending.done;
    this.#tally.throwIfAborted(this.#request);
    if (refused !== null) return this.#fail(file, "not-embedded", refused);

    const known = this.#stored.get(document.source);
    const { chunks, warnings } = this.#tally.result;
    warnings.push(...document.warnings.map((warning) => `${document.source}: ${warning}`));
    chunks.reused += pending.reused;
    chunks.embedded += pending.embedded;
    chunks.deleted += Math.max(0, (known?.docChunks ?? 0) - document.chunks.length);
    this.chunksGained += document.chunks.length - (known?.docChunks ?? 0);
    if (document.chunks.length === 0) {
      if (!this.#request.dryRun) await this.collection?.deleteDocuments([document.docId]);
    } else if (this.#request.dryRun) {
      this.#wouldWrite += document.chunks.length;
    } else {
      await (await this.#openWriter()).add(document);
    }
    this.#advance();
    this.#tally.count(file, document.chunks.length === 0 ? "empty" : known === undefined ? "added" : "changed");
  }

  async #openWriter(): Promise<ChunkWriter> {
    if (this.#writer !== null) return this.#writer;
    const isNew = this.collection === null;
    this.collection ??= await this.#parts.createCollection();
    this.#writer = new ChunkWriter(this.collection, { isNew });
    return this.#writer;
  }

  #advance(): void {
    this.#tally.advance(this.#writer?.written ?? this.#wouldWrite, this.#parts.embed?.progress ?? null);
  }

  #fail(file: DiscoveredFile, code: string, message: string): void {
    if (this.#request.failFast) throw failedFast({ source: file.source, code, message });
    this.#tally.fail(file, code, message);
  }
}

function failedFast({ source, code, message }: IngestResult["failures"][number]): UserError {
  return new UserError(code, `${source}: ${message}`, {
    hint: "mend or exclude the file, or leave out --fail-fast to ingest the others",
    exitCode: ExitCode.partial,
  });
}
