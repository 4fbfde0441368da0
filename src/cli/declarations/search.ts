import type { Command as Program } from "commander";
import { type CommonFlags, type SearchFormat, searchFormats } from "../arguments/flags.ts";
import { decimal, extent, oneOf } from "../arguments/values.ts";
import type { SearchFlags } from "../commands/search.ts";
import type { Dispatch } from "../context.ts";
import { aboutFilters, addRetrievalOptions } from "./retrieval-options.ts";

/** Adds `rag search` to the program. */
export function addSearch(program: Program, dispatch: Dispatch): void {
  const command = program
    .command("search")
    .summary("find the passages that match a query best")
    .description("Find the passages that match a query best. Exits with 1 where nothing is found.")
    .argument("<query>", "what to look for; - for standard input");
  addRetrievalOptions(command)
    .option("--min-score <number>", "leave out hits below this score", decimal("--min-score"))
    .option("--format <name>", `how to print: ${searchFormats.join(", ")}`, oneOf("--format", searchFormats))
    .option(
      "--expand <n|section>",
      "show the text around each passage too: so many neighbours on either side, or its section",
      extent("--expand"),
    )
    .option("--full", "print passages whole")
    .option("--print0", "print paths, each with a NUL at its end, for xargs -0")
    .addHelpText(
      "after",
      `${aboutFilters}

--format paths prints each file once, with its path from the working folder. In all other
formats a source starts at the folder of the configuration file, where there is one.

Of several collections, the hits are fused by their ranks, and each names its collection. One that
cannot be read is left out with a notice.

Examples:
  rag search "how is data stored" -k 3
  rag search "index types" --filter "source~docs/*" --filter "year>=2024"
  rag search "ports" --filter format=markdown --filter "heading~*Installation*"
  rag search "ports" --expand section --full
  rag search "release notes" -c "docs,blog-*" --boost docs=1.5
  rag search "timeout" --format paths | xargs less`,
    )
    .action((query: string, options: { format?: SearchFormat }, command: Program) =>
      dispatch<SearchFlags>(
        {
          filter: [],
          ...command.optsWithGlobals<CommonFlags>(),
          ...(options.format === "json" ? { json: true } : {}),
          query,
        },
        async () => (await import("../commands/search.ts")).search,
      ),
    );
}
