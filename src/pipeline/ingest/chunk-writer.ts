import type { Collection } from "../../stores/types.ts";
import type { StoredChunk } from "../../types.ts";

/** A document whose rows are complete. */
export interface FinishedDocument {
  docId: string;
  docHash: string;
  chunks: readonly StoredChunk[];
}

/** Rows in one write; enough to make a transaction's cost small, few enough to keep memory flat. */
const batchRows = 2000;
const batchChars = 8_000_000;

/**
 * Collects documents into batches and writes them in the order that survives a crash: every row but the first, then the
 * removal of what older versions left, then the first rows, which are the commit records. One batch is written while
 * the next is filled.
 */
export class ChunkWriter {
  written = 0;
  readonly #collection: Collection;
  readonly #isNew: boolean;
  #batch: FinishedDocument[] = [];
  #rows = 0;
  #chars = 0;
  #writing: Promise<void> = Promise.resolve();

  /** `isNew`: the collection was just created, so no older version has to be looked for. */
  constructor(collection: Collection, { isNew }: { isNew: boolean }) {
    this.#collection = collection;
    this.#isNew = isNew;
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
    await this.#upsert(chunks.filter((chunk) => chunk.ordinal > 0));
    if (!this.#isNew) {
      await this.#collection.deleteStale(batch.map(({ docId, docHash }) => ({ docId, docHash })));
    }
    await this.#upsert(chunks.filter((chunk) => chunk.ordinal === 0));
  }

  async #upsert(chunks: readonly StoredChunk[]): Promise<void> {
    for (let start = 0; start < chunks.length; start += batchRows) {
      const part = chunks.slice(start, start + batchRows);
      await this.#collection.upsert(part);
      this.written += part.length;
    }
  }
}
