import type { Command as Program } from "commander";
import { ExitCode } from "../../../errors.ts";
import type { CommonFlags } from "../../arguments/flags.ts";
import { candidatesFor } from "../../completion/candidates.ts";
import { completionRequest } from "../../completion/request.ts";
import { wordsBehindProgram } from "../../completion/shell-words.ts";
import type { Command } from "../../context.ts";
import { type Shell, renderCandidates, renderScript } from "../../render/setup/completion/completion.ts";

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
  /** In place of the words: the line as it was typed, up to the cursor. */
  line?: string;
  /** The end of the last word that the shell replaces, where it is not the whole. */
  replaced?: string;
}

/** `rag complete -- <words...>`, or `rag complete --line <line>`: what the scripts ask. */
export const complete: Command<CompleteFlags> = async ({ program, words, line, replaced }, context) => {
  const request = completionRequest(program, line === undefined ? words : wordsBehindProgram(line));
  const found = await candidatesFor(request, context);
  const candidates = [...request.words, ...found.map((value) => ({ value: request.before + value, description: "" }))];
  await renderCandidates(request, candidates, replaced, context.output);
  return ExitCode.done;
};
