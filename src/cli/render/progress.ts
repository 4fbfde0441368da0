import type { Ora } from "ora";
import type { IngestProgress } from "../../pipeline/ingest-tally.ts";
import { counted, formatBytes, formatCount, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";

/** Shows how an ingest gets on: a line that is redrawn on a terminal, a line now and then elsewhere. */
export interface ProgressView {
  update(progress: IngestProgress): void;
  /** Takes it off the screen. */
  stop(): void;
}

const silent: ProgressView = { update: () => {}, stop: () => {} };

/** A log is not flooded: one line in so many milliseconds. */
const plainInterval = 10_000;
const redrawInterval = 80;

/** Nothing with `--quiet`, and with `--json` only on a terminal. */
export async function createProgress(output: Output): Promise<ProgressView> {
  const { messages, options } = output;
  if (options.quiet) return silent;
  if (messages.isTerminal) return terminalProgress(output);
  if (options.json) return silent;
  const started = performance.now();
  let last = started;
  return {
    update: (progress) => {
      const now = performance.now();
      if (now - last < plainInterval) return;
      last = now;
      void messages.write(`${describeProgress(progress, now - started)}\n`);
    },
    stop: () => {},
  };
}

async function terminalProgress({ messages }: Output): Promise<ProgressView> {
  const { default: ora } = await import("ora");
  const started = performance.now();
  let spinner: Ora | null = null;
  let last = 0;
  let stage: IngestProgress["stage"] | null = null;
  return {
    update: (progress) => {
      const now = performance.now();
      if (progress.stage === stage && now - last < redrawInterval) return;
      stage = progress.stage;
      last = now;
      // `discardStdin` would take Ctrl-C away from the process.
      spinner ??= ora({ stream: process.stderr, discardStdin: false, color: "cyan" }).start();
      const text = describeProgress(progress, now - started);
      spinner.text = text.slice(0, Math.max(20, (messages.columns ?? 100) - 4));
    },
    stop: () => void spinner?.stop(),
  };
}

/** `120 of 220 documents · 1.1 of 1.9 MB · 3,400 chunks · 82 documents/s · 1.2 s left` */
export function describeProgress(progress: IngestProgress, elapsedMs: number): string {
  const { bytesDone, bytesTotal, documentsDone, documentsTotal, embedding } = progress;
  switch (progress.stage) {
    case "scanning":
      return "looking at what is stored";
    case "removing":
      return "removing documents that are gone";
    case "optimizing":
      return "bringing the indexes up to date";
    case "ingesting": {
      const parts = [`${formatCount(documentsDone)} of ${counted(documentsTotal, "document")}`];
      parts.push(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
      if (progress.chunksWritten > 0) parts.push(counted(progress.chunksWritten, "chunk"));
      if (embedding !== null && embedding.tokens !== null) parts.push(counted(embedding.tokens, "token"));
      if (embedding !== null && embedding.costUsd !== null) parts.push(`$${embedding.costUsd.toFixed(4)}`);
      if (documentsDone > 0 && elapsedMs > 0) {
        parts.push(
          `${((documentsDone / elapsedMs) * 1000).toFixed(documentsDone < elapsedMs / 100 ? 1 : 0)} documents/s`,
        );
      }
      if (bytesDone > 0 && bytesDone < bytesTotal) {
        parts.push(`${formatDuration((elapsedMs / bytesDone) * (bytesTotal - bytesDone))} left`);
      }
      return parts.join(" · ");
    }
  }
}
