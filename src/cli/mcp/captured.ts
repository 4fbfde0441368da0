import { Readable } from "node:stream";
import type { CommandContext } from "../context.ts";
import type { Output } from "../render/output.ts";

/** A context in which a command prints nothing, and reads nothing: what it says is kept. */
export interface CapturedContext extends CommandContext {
  readonly notices: readonly string[];
  /** The JSON document that the command would have printed; `undefined` where it printed none. */
  document(): unknown;
}

/** @param signal ends the call before the server ends */
export function captured(context: CommandContext, signal: AbortSignal): CapturedContext {
  const notices: string[] = [];
  let document: unknown;
  const keep = (text: string): void => void notices.push(text);
  const nothing = async (): Promise<void> => {};
  const silent = {
    ...context.output.results,
    isTerminal: false,
    supportsLinks: async () => false,
    write: nothing,
    writeData: nothing,
  };
  const output: Output = {
    ...context.output,
    options: { json: true, quiet: false, verbose: false, color: false },
    results: silent,
    messages: silent,
    writeJson: async (value) => void (document = value),
    openText: () => ({ write: nothing, end: nothing }),
    notice: keep,
    warn: keep,
    failure: keep,
    error: nothing,
    settle: () => {},
  };
  return {
    ...context,
    output,
    // Standard input belongs to the protocol.
    stdin: Readable.from([]),
    signal: AbortSignal.any([context.signal, signal]),
    notices,
    document: () => document,
  };
}
