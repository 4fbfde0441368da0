import type { CommanderError } from "commander";
import { UserError } from "../errors.ts";

/** The parser's refusal in the tool's own form; `null` where it stopped to print help or the version. */
export function usageError(error: CommanderError): UserError | null {
  if (error.exitCode === 0) return null;
  if (error.code === "commander.help") {
    return new UserError("usage", "no command given", {
      hint: "rag --help lists the commands: ingest, search, ask, collections",
    });
  }
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = /\((.*)\)/.exec(rest.join(" "))?.[1];
  const tooMany = error.code === "commander.excessArguments";
  const hint = tooMany ? "put text of several words in quotes" : (suggestion ?? "see rag --help");
  return new UserError("usage", first, { hint: `${hint.slice(0, 1).toLowerCase()}${hint.slice(1)}` });
}
