import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import { filled, integer } from "../arguments/values.ts";
import type { AskFlags } from "../commands/ask.ts";
import type { Dispatch } from "../context.ts";
import { aboutFilters, addRetrievalOptions } from "./retrieval-options.ts";

/** Adds `rag ask` to the program. */
export function addAsk(program: Program, dispatch: Dispatch): void {
  const command = program
    .command("ask")
    .summary("answer a question from the documents, with sources")
    .description(
      "Answer a question from the documents and cite the passages that say so. Without an LLM, the answer is made of " +
        "quotes. Exits with 1 where the documents do not answer it.",
    )
    .argument("<question>", "the question; - for standard input");
  addRetrievalOptions(command)
    .option("--no-stream", "print the answer when it is complete")
    .option("--show-context", "print the passages that the answer was made from")
    .option("--prompt <file>", "prompt template in place of the built-in one", filled("--prompt"))
    .option(
      "--max-context-chars <count>",
      "characters of passages in the prompt at most",
      integer("--max-context-chars", 1),
    )
    .option("--strict", "refuse an answer whose citations cannot be verified")
    .option("--dry-run", "print the prompt with its estimated tokens, and ask no model")
    .addHelpText(
      "after",
      `${aboutFilters}

Examples:
  rag ask "How is data stored?"
  rag ask "What changed in 2025?" --filter year=2025 --llm deepseek
  rag ask "What changed in 2025?" --dry-run
  echo "How do I upgrade?" | rag ask - --json`,
    )
    .action((question: string, _: unknown, command: Program) =>
      dispatch<AskFlags>(
        { filter: [], stream: true, ...command.optsWithGlobals<CommonFlags>(), question },
        async () => (await import("../commands/ask.ts")).ask,
      ),
    );
}
