import type { Chunker, ChunkingOptions } from "../../../chunkers/types.ts";
import { ExitCode, UserError } from "../../../errors.ts";
import { createFileReader } from "../../../files/read-soon.ts";
import type { Loader } from "../../../loaders/types.ts";
import type { Collection, DocumentRecord } from "../../../stores/types.ts";
import type { EmbeddingIdentity, Metadata, StoredChunk } from "../../../types.ts";
import { inOrder } from "../../../util/in-order.ts";
import { untilAborted } from "../../../util/until-aborted.ts";
import type { DiscoveredFile, Discovery } from "../../discover/discover.ts";
import type { EmbedPool } from "../../embed/embed.ts";
import { estimateTokens } from "../../embed/estimate-tokens.ts";
import { type DocumentCutter, cutterOfThisThread } from "../cut-document.ts";
import { type EmbeddingDocument, startEmbedding } from "../embed-documents.ts";
import type { IngestProgress, IngestResult, IngestTally } from "../ingest-tally.ts";
import type { PlannedDocument } from "../plan.ts";
import { type PrepareParts, type Prepared, type ReadyDocument, prepareDocument } from "../prepare-document.ts";
import type { PrunePolicy } from "../prune.ts";
import { ChunkWriter } from "../rows/chunk-writer.ts";
import type { Differences } from "../rows/differences.ts";
import { type RowWriter, thisProcess } from "../rows/row-writer.ts";

export interface IngestParts {
  /** `null` where the collection does not exist yet. */
  collection: Collection | null;
  /** Called once, before the first write, where `collection` is `null`. */
  createCollection(): Promise<Collection>;
  loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
  refusalOf: PrepareParts["refusalOf"];
  chunker: Chunker;
  chunking: ChunkingOptions;
  /** Left out: files are loaded and cut in this thread. */
  cutter?: DocumentCutter;
  /** The model, and what it is reached by; both `null` in a collection without vectors. */
  embedding: EmbeddingIdentity | null;
  embed: EmbedPool | null;
  /** Of a dry run: whether the vector of a chunk's text is kept from an earlier run. */
  isCached?: ((text: string) => boolean) | undefined;
  /** Whether chunks get vectors. A dry run opens no model, and still says how many it would be asked for. */
  hasVectors: boolean;
  /** Left out: this process. */
  writer?: RowWriter;
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
  /** Called with messages about what takes a while. */
  onNotice?(text: string): void;
}

/** Documents that are looked up together for vectors to reuse. */
const groupDocuments = 64;
const groupChunks = 1000;

/** Bytes of files that are loaded ahead of the one that is written next. */
const aheadBytes = 32 * 2 ** 20;

interface Pending extends EmbeddingDocument {
  file: DiscoveredFile;
}

/** Takes the files of one ingest through reading, chunking, embedding and writing; each step works ahead of the next. */
export class IngestRun {
  collection: Collection | null;
  /** Nothing was written or deleted. */
  isUntouched = true;
  readonly request: IngestRequest;
  readonly tally: IngestTally;
  readonly writer: RowWriter;
  readonly #parts: IngestParts;
  /** By source. */
  #stored: ReadonlyMap<string, DocumentRecord> = new Map();
  /** Sources of documents that are written again whatever their hash says. */
  #incomplete: ReadonlySet<string> = new Set();
  /** Ids of documents of which a run that was killed left rows. */
  #uncommitted: ReadonlySet<string> = new Set();
  #isMending = false;
  #chunkWriter: ChunkWriter | null = null;
  /** Chunks that a dry run did not write. */
  #wouldWrite = 0;
  /** Documents in order, waiting for their vectors, and how many chunks they have. */
  #waiting: Pending[] = [];
  #waitingChunks = 0;

  constructor(parts: IngestParts, request: IngestRequest, tally: IngestTally) {
    this.collection = parts.collection;
    this.writer = parts.writer ?? thisProcess;
    this.request = request;
    this.tally = tally;
    this.#parts = parts;
  }

  /** `differences`: of the collection, as far as they concern the files. */
  async ingestFiles(
    files: readonly DiscoveredFile[],
    { records, incomplete, uncommitted }: Differences,
  ): Promise<void> {
    this.#stored = new Map(records.map((record) => [record.source, record]));
    this.#uncommitted = new Set(uncommitted.map(({ docId }) => docId));
    this.#incomplete = new Set(incomplete.map(({ source }) => source));
    try {
      await this.#ingestAll(files);
    } finally {
      // On failure too: what is complete is kept, so that the next run does not make it again.
      await this.#chunkWriter?.finish();
      this.#advance();
    }
  }

  /** As `ingestFiles`, for files that were counted before. */
  async mendFiles(...work: Parameters<IngestRun["ingestFiles"]>): Promise<void> {
    this.#isMending = true;
    await this.ingestFiles(...work);
  }

  async #ingestAll(files: readonly DiscoveredFile[]): Promise<void> {
    for await (const group of this.#preparedGroups(files)) {
      for (const pending of await this.#embedGroup(group)) {
        this.#waiting.push(pending);
        this.#waitingChunks += pending.document.chunks.length;
        // Just enough chunks wait to keep every request to the model full.
        while (this.#waitingChunks > (this.#parts.embed?.window ?? 0)) await this.#writeNext();
      }
    }
    this.#parts.embed?.flush();
    while (this.#waiting.length > 0) await this.#writeNext();
  }

  /** The documents that have to be written, in groups. */
  async *#preparedGroups(
    files: readonly DiscoveredFile[],
  ): AsyncGenerator<{ file: DiscoveredFile; document: ReadyDocument }[]> {
    let group: { file: DiscoveredFile; document: ReadyDocument }[] = [];
    let chunks = 0;
    for await (const { item: file, result: prepared } of this.#preparedFiles(files)) {
      this.tally.throwIfAborted(this.request);
      if (prepared.state === "unchanged") {
        this.#count(file, "unchanged");
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
    this.#parts.cutter?.rest();
    if (group.length > 0) yield group;
  }

  /** Files in their order, each with its rows, which are made ahead. An interruption does not wait for a loader. */
  #preparedFiles(files: readonly DiscoveredFile[]): AsyncGenerator<{ item: DiscoveredFile; result: Prepared }> {
    const { chunker, chunking, embedding, loaderFor, refusalOf } = this.#parts;
    const { metadata, maxFileBytes, dryRun, signal } = this.request;
    const cutter = this.#parts.cutter ?? cutterOfThisThread({ loaderFor, chunker, chunking });
    const settings = { chunker, chunking, embedding, metadata };
    const withTerms = !dryRun && (this.collection?.modes.includes("text") ?? true);
    const readFile = createFileReader();
    const parts = { readFile, loaderFor, refusalOf, cutter, withTerms, settings, maxFileBytes };
    const prepare = async (file: DiscoveredFile): Promise<Prepared> => {
      const storedHash = this.#incomplete.has(file.source) ? undefined : this.#stored.get(file.source)?.docHash;
      return untilAborted(prepareDocument(file, storedHash, parts), signal).catch((error: unknown) => {
        this.tally.throwIfAborted(this.request);
        throw error;
      });
    };
    return inOrder(files, prepare, { items: cutter.ahead, size: aheadBytes, sizeOf: ({ size }) => size });
  }

  async #embedGroup(group: readonly { file: DiscoveredFile; document: ReadyDocument }[]): Promise<Pending[]> {
    const { embed, hasVectors, collection, isCached } = this.#parts;
    if (!hasVectors) {
      const done = Promise.resolve(null);
      return group.map(({ file, document }) => ({
        file,
        document,
        reused: 0,
        cached: 0,
        embedded: 0,
        missing: document.chunks,
        done,
      }));
    }
    const documents = group.map(({ document }) => document);
    const started = await startEmbedding(documents, this.request.dryRun ? null : embed, collection, isCached);
    return started.map((pending, index) => Object.assign(pending, { file: group[index]!.file }));
  }

  async #writeNext(): Promise<void> {
    const pending = this.#waiting.shift();
    if (pending === undefined) return;
    this.#waitingChunks -= pending.document.chunks.length;
    const { file, document } = pending;
    const refused = await pending.done;
    this.tally.throwIfAborted(this.request);
    if (refused !== null) return this.#fail(file, "not-embedded", refused);

    const known = this.#stored.get(document.source);
    const { chunks, warnings } = this.tally.result;
    warnings.push(...document.warnings.map((warning) => `${document.source}: ${warning}`));
    chunks.reused += pending.reused + pending.cached;
    if (pending.cached > 0) chunks.cached = (chunks.cached ?? 0) + pending.cached;
    chunks.embedded += pending.embedded;
    chunks.deleted += Math.max(0, (known?.docChunks ?? 0) - document.chunks.length);
    if (document.chunks.length === 0) {
      if (!this.request.dryRun && known !== undefined) await this.collection?.deleteDocuments([known]);
      this.isUntouched = false;
    } else if (this.request.dryRun) {
      this.#wouldWrite += document.chunks.length;
      this.tally.result.planned.push(planned(document, pending.missing));
    } else {
      const { docId, docHash, chunks } = document;
      const isNew = known === undefined && !this.#isMending && !this.#uncommitted.has(docId);
      await (await this.#openWriter()).add({ docId, docHash, chunks, supersedes: known ?? null, isNew });
      this.isUntouched = false;
    }
    this.#advance();
    this.#count(file, document.chunks.length === 0 ? "empty" : known === undefined ? "added" : "changed");
  }

  async #openWriter(): Promise<ChunkWriter> {
    this.collection ??= await this.#parts.createCollection();
    this.#chunkWriter ??= new ChunkWriter(this.collection, this.writer);
    return this.#chunkWriter;
  }

  #count(file: DiscoveredFile, outcome: "added" | "changed" | "unchanged" | "empty"): void {
    if (this.#isMending) this.tally.mend(file);
    else this.tally.count(file, outcome);
  }

  #advance(): void {
    this.tally.advance(this.#chunkWriter?.written ?? this.#wouldWrite, this.#parts.embed?.progress ?? null);
  }

  #fail(file: DiscoveredFile, code: string, message: string): void {
    // The document keeps its rows, and is reported as incomplete.
    if (this.#isMending) return;
    if (this.request.failFast) throw failedFast({ source: file.source, code, message });
    this.tally.fail(file, code, message);
  }
}

function planned({ source, chunks }: ReadyDocument, missing: readonly StoredChunk[]): PlannedDocument {
  const tokens = missing.reduce((sum, { context, text }) => sum + estimateTokens(context + text), 0);
  return { source, format: chunks[0]?.format ?? "", chunks: chunks.length, tokens };
}

/** The failure that ends an ingest under `failFast`. */
export function failedFast({ source, code, message }: IngestResult["failures"][number]): UserError {
  return new UserError(code, `${source}: ${message}`, {
    hint: "mend or exclude the file, or leave out --fail-fast to ingest the others",
    exitCode: ExitCode.partial,
  });
}
