import stringWidth from "fast-string-width";
import type { Ora } from "ora";
import type { IngestProgress } from "../../pipeline/ingest/ingest-tally.ts";
import { counted, formatBytes, formatCount, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import { terminalText } from "./terminal-text.ts";
import { createEstimate } from "./terminal/estimate.ts";

/** Shows how far work has got, and with `--verbose` how long each of its stages took. */
export interface ProgressView<Progress> {
  update(progress: Progress): void;
  /** Takes the line off the screen. */
  stop(): void;
}

/** The line that says how far it got; `leftMs` is `null` while it cannot be estimated. */
export type Describe<Progress> = (progress: Progress, elapsedMs: number, leftMs: number | null) => string;

interface Staged {
  stage: string;
  /** Where the whole is known: what is done of it, from which the time that is left is estimated. */
  bytesDone?: number;
  bytesTotal?: number;
}

const redrawInterval = 80;

/** A line that is redrawn, on a terminal only, and not with `--quiet`; the duration of a stage as soon as the next begins. */
export async function showProgress<Progress extends Staged>(
  output: Output,
  describe: Describe<Progress>,
): Promise<ProgressView<Progress>> {
  const { messages, options } = output;
  // ora never comes to an end of clearing lines where the width of a line is 0.
  const isShown = !options.quiet && messages.isTerminal && messages.columns !== null;
  const line = isShown ? await terminalProgress(messages.columns, describe) : null;
  let current: { stage: string; started: number } | null = null;
  const endStage = () => {
    if (current !== null) output.stage(current.stage, performance.now() - current.started);
    current = null;
  };
  return {
    update: (progress) => {
      if (current?.stage !== progress.stage) {
        endStage();
        current = { stage: progress.stage, started: performance.now() };
      }
      line?.update(progress);
    },
    stop: () => {
      line?.stop();
      endStage();
    },
  };
}

/** The one line on the screen; a download may show itself in it while an ingest does. */
let spinner: Ora | null = null;
/** How many views show something in it. */
let views = 0;

async function terminalProgress<Progress extends Staged>(
  columns: number,
  describe: Describe<Progress>,
): Promise<ProgressView<Progress>> {
  const { default: ora } = await import("ora");
  const started = performance.now();
  let isShown = false;
  let last = 0;
  let stage: string | null = null;
  const left = createEstimate();
  return {
    update: (progress) => {
      const { bytesDone = 0, bytesTotal = 0 } = progress;
      const leftMs = left(performance.now() - started, bytesDone, bytesTotal);
      const now = performance.now();
      if (progress.stage === stage && now - last < redrawInterval) return;
      stage = progress.stage;
      last = now;
      // `discardStdin` would take Ctrl-C away from the process.
      spinner ??= ora({ stream: process.stderr, discardStdin: false, color: "cyan" }).start();
      if (!isShown) views += 1;
      isShown = true;
      const text = terminalText(describe(progress, now - started, leftMs));
      spinner.text = cutToWidth(text, columns - 4);
    },
    stop: () => {
      if (!isShown) return;
      isShown = false;
      views -= 1;
      if (views > 0) return;
      spinner?.stop();
      spinner = null;
    },
  };
}

/** What fits into so many columns. */
function cutToWidth(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let cut = "";
  for (const character of text) {
    if (stringWidth(cut + character) > columns - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** `120 of 220 documents · 1.1 of 1.9 MB · 3,400 chunks · 82 documents/s · 1.2 s left` */
export function describeIngest(progress: IngestProgress, elapsedMs: number, leftMs: number | null): string {
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
      if (leftMs !== null) parts.push(`${formatDuration(leftMs)} left`);
      return parts.join(" · ");
    }
  }
}

/** How far an evaluation has got. */
export interface EvalProgress extends Staged {
  done: number;
  total: number;
}

/** `evaluating: 120 of 1,190 questions` */
export function describeEval({ stage, done, total }: EvalProgress): string {
  return `${stage}: ${formatCount(done)} of ${counted(total, "question")}`;
}
