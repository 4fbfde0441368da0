import { ExitCode, UserError } from "../errors.ts";

/** What Ctrl-C ends a command with. `hint`: what it leaves behind, where it may have written something. */
export function interrupted(hint?: string): UserError {
  return new UserError("interrupted", "interrupted", {
    exitCode: ExitCode.interrupted,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What the work gives; where Ctrl-C ends it, and nothing in it says so itself, says that the next run goes on. */
export async function resumable<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    const { reason } = signal as { reason: unknown };
    const isInterruption = reason instanceof UserError && reason.code === "interrupted";
    const saysMore = error instanceof UserError && error.code === "interrupted" && error.hint !== null;
    if (!isInterruption || saysMore) throw error;
    throw interrupted("what was written stays; run the same command again to go on");
  }
}
