import { ExitCode, UserError } from "../../errors.ts";
import type { DiscoveredFile, Discovery } from "../discover/discover.ts";
import type { EmbedProgress } from "../embed/embed.ts";
import type { PlannedDocument } from "./plan.ts";

export interface IngestProgress {
  stage: "scanning" | "ingesting" | "removing" | "optimizing";
  documentsDone: number;
  documentsTotal: number;
  chunksWritten: number;
  bytesDone: number;
  bytesTotal: number;
  /** `null` where no model embeds. */
  embedding: EmbedProgress | null;
}

export interface IngestResult {
  documents: {
    /** Including files that could not be read; an unreadable folder counts as one. */
    found: number;
    added: number;
    changed: number;
    unchanged: number;
    removed: number;
    failed: number;
    /** Without text: nothing of them is stored. Not counted as added or changed. */
    empty: number;
  };
  chunks: {
    written: number;
    /** Sent to the model. */
    embedded: number;
    /** Chunks whose vector came from the collection or the cache. */
    reused: number;
    /** How many of the reused ones came from the cache; not set for none. */
    cached?: number;
    deleted: number;
  };
  failures: { source: string; code: string; message: string }[];
  warnings: string[];
  /** As the embedding provider counted them; `null` where none was asked or it does not say. */
  tokens: number | null;
  /** Of a dry run: the ingest itself would be refused without `--prune`, see `documentsToRemove`. */
  pruneRefused: boolean;
  /** Of a dry run: what that refusal says. */
  refusal: UserError | null;
  /** Of a dry run: the documents that would be written. */
  planned: PlannedDocument[];
}

/** What becomes of each file, counted for the result and told to whoever watches. */
export class IngestTally {
  readonly result: IngestResult;
  readonly #unchanged = new Set<DiscoveredFile>();
  readonly #progress: IngestProgress;
  readonly #onProgress: (progress: IngestProgress) => void;

  constructor(
    { files, failures, warnings }: Pick<Discovery, "files" | "failures" | "warnings">,
    onProgress: (progress: IngestProgress) => void,
  ) {
    const failed = failures.length;
    const found = files.length + failed;
    this.result = {
      documents: { found, added: 0, changed: 0, unchanged: 0, removed: 0, failed, empty: 0 },
      chunks: { written: 0, embedded: 0, reused: 0, deleted: 0 },
      failures: [...failures],
      warnings: [...warnings],
      tokens: null,
      pruneRefused: false,
      refusal: null,
      planned: [],
    };
    this.#progress = {
      stage: "scanning",
      documentsDone: failed,
      documentsTotal: found,
      chunksWritten: 0,
      bytesDone: 0,
      bytesTotal: files.reduce((sum, file) => sum + file.size, 0),
      embedding: null,
    };
    this.#onProgress = onProgress;
  }

  enter(stage: IngestProgress["stage"]): void {
    this.#progress.stage = stage;
    this.#onProgress(this.#progress);
  }

  count(file: DiscoveredFile, outcome: "added" | "changed" | "unchanged" | "empty"): void {
    this.result.documents[outcome]++;
    if (outcome === "unchanged") this.#unchanged.add(file);
    this.#done(file);
  }

  /** A file that was counted before was written again. */
  mend(file: DiscoveredFile): void {
    if (!this.#unchanged.delete(file)) return;
    this.result.documents.unchanged--;
    this.result.documents.changed++;
  }

  fail(file: DiscoveredFile, code: string, message: string): void {
    this.result.documents.failed++;
    this.result.failures.push({ source: file.source, code, message });
    this.#done(file);
  }

  /** Rows written so far, and how the model gets on; shown with the next file. */
  advance(chunksWritten: number, embedding: EmbedProgress | null): void {
    this.result.chunks.written = chunksWritten;
    this.result.tokens = embedding?.tokens ?? null;
    this.#progress.chunksWritten = chunksWritten;
    this.#progress.embedding = embedding;
  }

  throwIfAborted({ signal, dryRun }: { signal: AbortSignal; dryRun: boolean }): void {
    if (!signal.aborted) return;
    const { documentsDone, documentsTotal } = this.#progress;
    throw new UserError("interrupted", `interrupted after ${documentsDone} of ${documentsTotal} documents`, {
      ...(dryRun ? {} : { hint: "what was written stays; run the same command again to go on" }),
      exitCode: ExitCode.interrupted,
    });
  }

  #done(file: DiscoveredFile): void {
    this.#progress.documentsDone++;
    this.#progress.bytesDone += file.size;
    this.#onProgress(this.#progress);
  }
}
