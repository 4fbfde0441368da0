import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import type { OpenFlags } from "../commands/open.ts";
import type { Dispatch } from "../context.ts";
import { aboutPlaces } from "./get.ts";

/** Adds `rag open` to the program. */
export function addOpen(program: Program, dispatch: Dispatch): void {
  program
    .command("open")
    .summary("show a document at a passage, in your editor or pager")
    .description(
      "Show the file of a passage at its line, in the editor that VISUAL or EDITOR names, or else in the pager. What an " +
        "editor cannot show by lines, as a PDF, is shown as the collection has it. Only files of the project are opened.",
    )
    .argument("<place>", "source, source:line, source:line-line, source#page=n, source#heading, id or heading")
    .addHelpText(
      "after",
      `${aboutPlaces}

The editors that are told the line: vim and its kin, nano, emacs, kakoune, helix, micro, VS Code and
its kin, Zed, Sublime Text, the IDEs of JetBrains, Kate, gedit, TextMate, BBEdit and less.

Examples:
  rag open docs/cli.md:39
  EDITOR="code --wait" rag open "docs/security.md#What is sent where"`,
    )
    .action((place: string, _: unknown, command: Program) =>
      dispatch<OpenFlags>(
        { ...command.optsWithGlobals<CommonFlags>(), place },
        async () => (await import("../commands/open.ts")).open,
      ),
    );
}
