import type { Collection, DocumentVersion } from "../../../stores/types.ts";
import type { StoredChunk } from "../../../types.ts";
import { type RowWriter, commitWindowMs } from "./row-writer.ts";

/** A document whose rows are complete. */
export interface FinishedDocument {
  docId: string;
  docHash: string;
  chunks: readonly StoredChunk[];
  /** What its commit record said when it was read; `null` where there was none. */
  supersedes: DocumentVersion | null;
  /** The collection has no row of any version of the document. Left out: it may have some. */
  isNew?: boolean;
}

/** Rows in one write; enough to make a transaction's cost small, few enough to keep memory flat. */
const batchRows = 2000;
const batchChars = 8_000_000;

/** Times that the rows of a batch are written, where writing them takes longer than they may wait for their commit. */
const mostWrites = 3;

/**
 * Collects documents into batches and writes them in the order that survives a crash and other writers: every row but
 * the first, then the first rows, which are the commit records, then the removal of the versions that these superseded.
 * Where an upsert is atomic, the commit records come with the last of the other rows, which makes half as many writes.
 * One batch is written while the next is filled.
 */
export class ChunkWriter {
  written = 0;
  readonly #collection: Collection;
  readonly #writer: RowWriter;
  #batch: FinishedDocument[] = [];
  #rows = 0;
  #chars = 0;
  #writing: Promise<void> = Promise.resolve();

  readonly #keepsTimes: boolean;

  /** `keepTimes`: chunks keep their stamps, in a collection that nobody else can be writing. */
  constructor(collection: Collection, writer: RowWriter, { keepTimes = false } = {}) {
    this.#collection = collection;
    this.#writer = writer;
    this.#keepsTimes = keepTimes;
  }

  /** Waits where a full batch is still being written. Throws what an earlier write failed with. */
  async add(document: FinishedDocument): Promise<void> {
    this.#batch.push(document);
    this.#rows += document.chunks.length;
    this.#chars += document.chunks.reduce((sum, chunk) => sum + chunk.text.length, 0);
    if (this.#rows >= batchRows || this.#chars >= batchChars) await this.#startWriting();
  }

  /** Writes what is left and waits until everything is acknowledged. */
  async finish(): Promise<void> {
    await this.#startWriting();
    await this.#writing;
  }

  async #startWriting(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#rows = 0;
    this.#chars = 0;
    await this.#writing;
    this.#writing = this.#write(batch);
    // Handled where it is awaited next; until then it must not count as unhandled.
    this.#writing.catch(() => {});
  }

  async #write(batch: readonly FinishedDocument[]): Promise<void> {
    if (batch.length === 0) return;
    const chunks = batch.flatMap((document) => document.chunks);
    const superseded = batch.flatMap(({ supersedes }) => supersedes ?? []);
    const uncommitted = chunks.filter(({ ordinal }) => ordinal > 0);
    const areNew = batch.every(({ isNew }) => isNew === true) && !this.#collection.severalWriters;
    for (let writes = 1; ; writes++) {
      const stamp = this.#stamp(superseded);
      for (const chunk of chunks) {
        chunk.writer = this.#writer.identity;
        if (!this.#keepsTimes) chunk.updatedAt = stamp;
      }
      if (this.#collection.upsertIsAtomic) break;
      await this.#upsert(uncommitted, areNew);
      if (writes === 1) this.written += uncommitted.length;
      // Rows that waited for longer may be taken for what a dead process left.
      const isInTime = this.#writer.now() - stamp < commitWindowMs / 2;
      if (this.#keepsTimes || isInTime || writes === mostWrites || !this.#collection.severalWriters) break;
    }
    const records = chunks.filter(({ ordinal }) => ordinal === 0);
    const last = this.#collection.upsertIsAtomic ? [...uncommitted, ...records] : records;
    await this.#upsert(last, areNew);
    this.written += last.length;
    if (superseded.length > 0) await this.#collection.deleteUncommitted(superseded);
  }

  /**
   * The time; later than every version that is superseded, also where another machine's clock is fast, so that what is
   * deleted by the old stamps is never what was just written.
   */
  #stamp(superseded: readonly DocumentVersion[]): number {
    return superseded.reduce((latest, { updatedAt }) => Math.max(latest, updatedAt + 1), this.#writer.now());
  }

  async #upsert(chunks: readonly StoredChunk[], areNew: boolean): Promise<void> {
    // Parts of about the same length: a few rows alone cost as much as a thousand.
    const parts = Math.max(1, Math.round(chunks.length / batchRows));
    const partRows = Math.ceil(chunks.length / parts);
    for (let start = 0; start < chunks.length; start += partRows) {
      await this.#collection.upsert(chunks.slice(start, start + partRows), { areNew });
    }
  }
}
