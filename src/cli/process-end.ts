import { ExitCode, type UserError } from "../errors.ts";
import { interrupted } from "./interruption.ts";
import { showCursor } from "./render/output.ts";

/**
 * Milliseconds after Ctrl-C in which a command may end by itself. One second is promised in all, and Ctrl-C is noticed only
 * once the file that this thread works on is cut.
 */
const interruptionMs = 500;
/** Milliseconds after a bug in which a command may end by itself. */
const afterBugMs = 1000;
/** What is known of a command that was ended in the middle of its work. */
const leftAtOnce = "what was written stays; run the same command again to go on";

/**
 * Work that `process.exit` waits for, by the names that Node gives its active resources: a thread shows as the port that
 * its messages come through, and a look-up of a host name occupies a thread of the pool until the system answers.
 */
const awaitedOnExit = new Set(["MessagePort", "Worker", "GetAddrInfoReqWrap"]);

/**
 * Aborts the command on Ctrl-C, SIGTERM and SIGHUP, and ends the process where the command has not ended half a second
 * later. A second signal ends it at once.
 *
 * `tell`: says to the user that the process is ended before the command was; called at most once.
 */
export function endOnSignals(abort: AbortController, tell: (error: UserError) => void): void {
  const interrupt = (signal: NodeJS.Signals): void => {
    if (abort.signal.aborted) return endBySignal(signal);
    setTimeout(() => {
      tell(interrupted(leftAtOnce));
      endNow(ExitCode.interrupted);
      endBySignal("SIGINT");
    }, interruptionMs);
    abort.abort(interrupted());
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt).on("SIGHUP", interrupt);
}

/**
 * Aborts the command where an error is caught by nobody, and ends the process with `ExitCode.internal` where the command
 * has not ended a second later. Work that nobody waits for has failed: that is a bug like any other.
 *
 * `tell`: gets the error, to report it where the command itself is over.
 */
export function endOnBugs(abort: AbortController, tell: (error: Error) => void): void {
  process.on("uncaughtException", (error) => {
    // After an interruption, all else that fails is its consequence.
    if (abort.signal.aborted) return;
    abort.abort(error);
    process.exitCode = ExitCode.internal;
    tell(error);
    setTimeout(() => process.exit(ExitCode.internal), afterBugMs).unref();
  });
}

/**
 * Ends the process without waiting for connections and timers. Returns without an effect where `process.exit` would wait
 * for threads or look-ups of host names, which may take minutes: the process then ends when they do, or by a signal.
 */
export function endNow(exitCode: ExitCode): void {
  if (process.getActiveResourcesInfo().some((name) => awaitedOnExit.has(name))) return;
  showCursor();
  process.exit(exitCode);
}

/** Ends as a program does that leaves the signal alone: at once. */
function endBySignal(signal: NodeJS.Signals): void {
  // The listeners that would show the cursor again are removed with the rest.
  showCursor();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
