import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import type { InitFlags } from "../commands/setup/init.ts";
import type { Dispatch } from "../context.ts";

/** Adds `rag init` to the program. */
export function addInit(program: Program, dispatch: Dispatch): void {
  program
    .command("init")
    .summary("write a configuration for this folder")
    .description(
      "Write a configuration for this folder, .ragrc.json. Looks at what is there: documents, keys in the environment, a " +
        "Milvus or an Ollama on this machine, Python. On a terminal it asks three questions; elsewhere, and with --yes, " +
        "what no flag says is left to the defaults. An existing configuration is never overwritten.",
    )
    .option("-y, --yes", "ask nothing")
    .addHelpText(
      "after",
      `
Nothing leaves this machine, and no key is written into the file.

Examples:
  rag init
  rag init --yes --uri ./milvus.db --embedding openai --llm deepseek`,
    )
    .action((_: unknown, command: Program) =>
      dispatch<InitFlags>(
        command.optsWithGlobals<CommonFlags & InitFlags>(),
        async () => (await import("../commands/setup/init.ts")).init,
      ),
    );
}
