/** What a shell script learns from the exit code; the table stands in docs/cli.md. */
export const ExitCode = {
  done: 0,
  /** Ran, and the answer is "no". */
  no: 1,
  usage: 2,
  /** Some files failed, the rest is done. */
  partial: 3,
  /** A store or a model is unreachable, refused, or out of quota. */
  backend: 4,
  /** An error of the tool itself, an unhandled rejection too: to run it again does not help. EX_SOFTWARE of sysexits(3). */
  internal: 70,
  /** Ctrl-C, SIGTERM or SIGHUP. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * A failure that is not a bug: it says what happened, and what to do about it.
 * Anything else that is thrown keeps its stack and is reported as a bug.
 */
export class UserError extends Error {
  /** Stable, kebab-case; scripts may compare it. */
  readonly code: string;
  readonly hint: string | null;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: { hint?: string; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "UserError";
    this.code = code;
    this.hint = options.hint ?? null;
    this.exitCode = options.exitCode ?? ExitCode.usage;
  }
}

/** The message of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s+/g, " ").trim();
}
