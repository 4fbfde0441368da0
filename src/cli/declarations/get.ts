import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import { extent } from "../arguments/values.ts";
import type { GetFlags } from "../commands/get.ts";
import type { Dispatch } from "../context.ts";

/** What the help of get and open says about their argument. */
export const aboutPlaces = `
A place is a source as a hit or a citation names it, or its path from the working folder; with a
line (a.md:12 is the passage with that line), lines (a.md:12-40), a page (a.pdf#page=3) or a
heading (a.md#Install) behind it; the id of a passage; or a heading alone.`;

/** Adds `rag get` to the program. */
export function addGet(program: Program, dispatch: Dispatch): void {
  program
    .command("get")
    .summary("print a passage, a part of a document or a whole one")
    .description(
      "Print a passage, a part of a document or a whole one, as the collection has it; no file is read. Exits with 1 " +
        "where there is no such place.",
    )
    .argument("<place>", "source, source:line, source:line-line, source#page=n, source#heading, id or heading")
    .option(
      "--expand <n|section>",
      "print the text around it too: so many passages on either side, or its section",
      extent("--expand"),
    )
    .addHelpText(
      "after",
      `${aboutPlaces}

Examples:
  rag get docs/cli.md:39
  rag get docs/cli.md:39-60
  rag get "docs/security.md#What is sent where"
  rag get handbook.pdf#page=12 --expand section`,
    )
    .action((place: string, _: unknown, command: Program) =>
      dispatch<GetFlags>(
        { ...command.optsWithGlobals<CommonFlags>(), place },
        async () => (await import("../commands/get.ts")).get,
      ),
    );
}
