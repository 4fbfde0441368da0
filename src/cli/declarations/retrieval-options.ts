import { Help, type Command as Program } from "commander";
import { formats } from "../../loaders/index.ts";
import { searchModes } from "../../types.ts";
import { filled, integer, model, oneOf, repeatable, weights } from "../arguments/values.ts";

/** What the help of search and ask says about `--filter`, in lines of 100 columns. */
export const aboutFilters = new Help().boxWrap(
  `
The fields of a filter are source, title, page, heading, format and any metadata key. heading is the path of
headings above a passage, joined by " > ", as in "heading=Guide > Storage"; with ~, also the name of a heading
inside the passage. A condition is about the whole value and minds case; in the glob of ~, * stands for any
characters and ? for one. Numbers compare as numbers: 2.10 is 2.1, and less than 2.9. A passage without the
field only meets !=. The formats are ${formats.join(", ")}.`.replaceAll(/(?<=.)\n/g, " "),
  100,
);

/** The flags that search and ask share. */
export function addRetrievalOptions(command: Program): Program {
  return command
    .option("-k, --top-k <count>", "passages to find", integer("--top-k", 1, 1000))
    .option("--mode <name>", `how to search: ${searchModes.join(", ")}`, oneOf("--mode", searchModes))
    .option(
      "--filter <condition>",
      "only passages where it holds (repeatable): field, then = != < <= > >= or ~ (glob), then a value",
      repeatable("--filter"),
    )
    .option(
      "--boost <collection=number>",
      "of several collections, let the ranks of one count more or less (repeatable)",
      weights("--boost"),
    )
    .option(
      "--rerank [model]",
      "have a model rank the best hits anew: provider, provider/model, local/model or llm; the configured one if none is named",
      model("--rerank"),
    )
    .option("--no-rerank", "leave the hits in the order of the search, whatever is configured");
}

/** The flags that ask and chat share beside those. */
export function addAnsweringOptions(command: Program): Program {
  return command
    .option("--prompt <file>", "prompt template in place of the built-in one", filled("--prompt"))
    .option(
      "--max-context-chars <count>",
      "characters of passages in the prompt at most",
      integer("--max-context-chars", 1),
    )
    .option("--strict", "refuse an answer whose citations cannot be verified");
}
