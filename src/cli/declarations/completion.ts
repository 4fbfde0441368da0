import { Argument, type Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import type { CompleteFlags, CompletionFlags } from "../commands/setup/completion.ts";
import type { Dispatch } from "../context.ts";

/** Adds `rag completion` to the program, and the hidden command that its scripts ask. */
export function addCompletion(program: Program, dispatch: Dispatch): void {
  program
    .command("completion")
    .summary("print the script that makes a shell complete rag's commands")
    .description(
      "Print the script that makes a shell complete rag's commands, flags, collections, sources, filter fields and " +
        "providers.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish", "powershell"]))
    .addHelpText(
      "after",
      `
To have it in every new shell:
  bash        echo 'source <(rag completion bash)' >> ~/.bashrc
  zsh         echo 'source <(rag completion zsh)' >> ~/.zshrc
  fish        rag completion fish > ~/.config/fish/completions/rag.fish
  powershell  rag completion powershell | Out-String | Invoke-Expression   (in $PROFILE)

Examples:
  rag completion bash
  rag completion fish`,
    )
    .action((shell: CompletionFlags["shell"], _: unknown, command: Program) =>
      dispatch<CompletionFlags>(
        { ...command.optsWithGlobals<CommonFlags>(), shell },
        async () => (await import("../commands/setup/completion.ts")).completion,
      ),
    );
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .option("--line <text>")
    .option("--replaced <text>")
    .action((words: string[], _: unknown, command: Program) =>
      dispatch<CompleteFlags>(
        { ...command.optsWithGlobals<CompleteFlags>(), words, program },
        async () => (await import("../commands/setup/completion.ts")).complete,
      ),
    );
}
