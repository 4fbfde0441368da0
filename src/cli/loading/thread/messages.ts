import type { ChunkingOptions } from "../../../chunkers/types.ts";
import { type ExitCode, UserError, messageOf } from "../../../errors.ts";
import type { LoadingOptions } from "../../../loaders/types.ts";
import type { CutDocument, CutRequest } from "../../../pipeline/ingest/cut-document.ts";

/** What a thread is told once. */
export interface ThreadSettings {
  strategy: string;
  chunking: ChunkingOptions;
  loading: LoadingOptions;
}

/** A file for a thread; `null`: there is nothing more to do. */
export type ThreadOrder = (CutRequest & { id: number }) | null;

export type ThreadAnswer =
  | { kind: "ready" }
  | { kind: "cut"; id: number; document: CutDocument }
  | { kind: "failed"; id: number; failure: Failure };

/** An error between threads: structured cloning would keep neither its class nor its code. */
export type Failure =
  | { kind: "known"; code: string; message: string; hint: string | null; exitCode: ExitCode }
  | { kind: "bug"; message: string; stack: string | undefined };

export function failureOf(error: unknown): Failure {
  if (error instanceof UserError) {
    const { code, message, hint, exitCode } = error;
    return { kind: "known", code, message, hint, exitCode };
  }
  return { kind: "bug", message: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}

export function errorOf(failure: Failure): Error {
  if (failure.kind === "known") {
    const { code, message, hint, exitCode } = failure;
    return new UserError(code, message, { exitCode, ...(hint === null ? {} : { hint }) });
  }
  const error = new Error(failure.message);
  if (failure.stack !== undefined) error.stack = failure.stack;
  return error;
}
