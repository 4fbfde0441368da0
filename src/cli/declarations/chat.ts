import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import type { ChatFlags } from "../commands/chat.ts";
import type { Dispatch } from "../context.ts";
import { aboutFilters, addAnsweringOptions, addRetrievalOptions } from "./retrieval-options.ts";

/** Adds `rag chat` to the program. */
export function addChat(program: Program, dispatch: Dispatch): void {
  const command = program
    .command("chat")
    .summary("ask one question after another, each going on with the last")
    .description(
      "A conversation with the documents. A question may refer to those before it; the store and the models stay open. " +
        "Reads line by line from a pipe, and then exits with 3 where a question failed.",
    );
  addRetrievalOptions(command);
  addAnsweringOptions(command)
    .option("--continue", "go on with the last conversation about the project")
    .addHelpText(
      "after",
      `${aboutFilters}

In the chat, /help lists the commands. Ctrl-C ends an answer; twice at the prompt, it ends the chat, as
Ctrl-D does.

Examples:
  rag chat
  rag chat --collection docs --llm deepseek
  rag chat --continue
  printf 'How is data stored?\\nAnd where?\\n' | rag chat`,
    )
    .action((_: unknown, command: Program) =>
      dispatch<ChatFlags>(
        { filter: [], ...command.optsWithGlobals<CommonFlags>() },
        async () => (await import("../commands/chat.ts")).chat,
      ),
    );
}
