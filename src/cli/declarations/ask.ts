import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import { refuseTogether } from "../arguments/contradictions.ts";
import { filled } from "../arguments/values.ts";
import { UserError } from "../../errors.ts";
import type { BatchFlags } from "../commands/answering/batch.ts";
import type { AskFlags } from "../commands/ask.ts";
import type { Dispatch } from "../context.ts";
import { aboutFilters, addAnsweringOptions, addRetrievalOptions } from "./retrieval-options.ts";

/** Adds `rag ask` to the program. */
export function addAsk(program: Program, dispatch: Dispatch): void {
  const command = program
    .command("ask")
    .summary("answer a question from the documents, with sources")
    .description(
      "Answer a question from the documents and cite the passages that say so. Without an LLM, the answer is made of " +
        "quotes. Exits with 1 where the documents do not answer it.",
    )
    .argument("[question]", "the question; - for standard input");
  refuseTogether(command, [
    { flags: ["--continue", "--dry-run"], hint: "what a question refers to may be for the model to say" },
  ]);
  addRetrievalOptions(command);
  addAnsweringOptions(command)
    .option("--no-stream", "print the answer when it is complete")
    .option("--show-context", "print the passages that the answer was made from")
    .option(
      "--batch <file>",
      "answer the questions of a file (a text or JSON a line; - for standard input), a JSON line each",
      filled("--batch"),
    )
    .option(
      "--output <file>",
      "of a batch, write the answers to a file, and ask only what it has no answer to",
      filled("--output"),
    )
    .option(
      "--gaps <file>",
      "of a batch, write what was refused or poorly supported by subject, to a .md or .json file",
      filled("--gaps"),
    )
    .option("--continue", "go on with the last conversation about the project: the question may refer to it")
    .option("--dry-run", "print the prompt with its estimated tokens, and ask no model")
    .addHelpText(
      "after",
      `${aboutFilters}

Examples:
  rag ask "How is data stored?"
  rag ask "What changed in 2025?" --filter year=2025 --llm deepseek
  rag ask "What changed in 2025?" --dry-run
  rag ask --continue "And in 2026?"
  rag ask --batch questions.jsonl --output answers.jsonl --gaps gaps.md
  echo "How do I upgrade?" | rag ask - --json`,
    )
    .action((question: string | undefined, _: unknown, command: Program) => {
      const flags = { filter: [], stream: true, ...command.optsWithGlobals<CommonFlags>() };
      if (isBatch(flags)) {
        refuseForBatch(flags, question);
        return dispatch<BatchFlags>(flags, async () => (await import("../commands/answering/batch.ts")).askBatch);
      }
      if (question === undefined) {
        throw new UserError("usage", "missing required argument 'question'", { hint: "see rag ask --help" });
      }
      const stray = (["output", "gaps"] as const).find((name) => name in flags);
      if (stray !== undefined) {
        throw new UserError("usage", `--${stray} is for a batch, and one question is asked`, {
          hint: `rag ask --batch <file> --${stray} <file>`,
        });
      }
      return dispatch<AskFlags>({ ...flags, question }, async () => (await import("../commands/ask.ts")).ask);
    });
}

function isBatch(flags: object): flags is BatchFlags {
  return "batch" in flags;
}

/** What a batch cannot be asked with. */
const forOneQuestion = [
  ["continue", "--continue"],
  ["dryRun", "--dry-run"],
  ["showContext", "--show-context"],
] as const;

/** Throws `UserError` `usage` where a batch is given what is for one question. */
function refuseForBatch(flags: BatchFlags, question: string | undefined): void {
  if (question !== undefined) {
    throw new UserError("usage", "--batch names the questions, and one more is given", {
      hint: "leave one of them out",
    });
  }
  const stray = forOneQuestion.find(([name]) => name in flags);
  if (stray === undefined) return;
  throw new UserError("usage", `${stray[1]} and --batch contradict each other`, {
    hint: `${stray[1]} is for one question`,
  });
}
