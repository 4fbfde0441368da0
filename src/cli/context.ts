import type { Readable } from "node:stream";
import type { ExitCode } from "../errors.ts";
import type { CommonFlags } from "./arguments/flags.ts";
import type { Output } from "./render/output.ts";

/** What a command gets of the process that it runs in. */
export interface CommandContext {
  variables: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  workingDirectory: string;
  /** Absolute. */
  homeDirectory: string;
  stdin: Readable & { isTTY?: boolean };
  output: Output;
  /** Aborted by the first Ctrl-C, and when nobody reads the output any more. */
  signal: AbortSignal;
}

/** Runs one command to its end; what it throws is reported by `main.ts`. */
export type Command<Flags> = (flags: Flags, context: CommandContext) => Promise<ExitCode>;

/** Runs a command that was understood; its code is loaded then, and not before. */
export type Dispatch = <Flags extends CommonFlags>(flags: Flags, load: () => Promise<Command<Flags>>) => Promise<void>;
