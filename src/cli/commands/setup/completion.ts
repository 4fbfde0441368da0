import type { Command as Program } from "commander";
import { ExitCode } from "../../../errors.ts";
import type { CommonFlags } from "../../arguments/flags.ts";
import { candidatesFor } from "../../completion/candidates.ts";
import { completionRequest } from "../../completion/request.ts";
import type { Command } from "../../context.ts";
import { type Shell, renderCandidates, renderScript } from "../../render/setup/completion.ts";

export interface CompletionFlags extends CommonFlags {
  shell: Shell;
}

/** `rag completion`: prints the script that makes a shell complete the command line. */
export const completion: Command<CompletionFlags> = async ({ shell }, { output }) => {
  await renderScript(shell, output);
  return ExitCode.done;
};

export interface CompleteFlags extends CommonFlags {
  program: Program;
  /** The command line behind `rag`; the last word is the one to complete. */
  words: string[];
}

/** `rag complete -- <words...>`: what the scripts ask. */
export const complete: Command<CompleteFlags> = async ({ program, words }, context) => {
  const request = completionRequest(program, words);
  const found = await candidatesFor(request, context);
  const candidates = [...request.words, ...found.map((value) => ({ value, description: "" }))];
  await renderCandidates(request, candidates, context.output);
  return ExitCode.done;
};
