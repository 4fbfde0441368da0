import type { Command as Program } from "commander";
import { searchModes } from "../../types.ts";
import type { EvalFlags } from "../commands/eval/eval.ts";
import type { Dispatch } from "../context.ts";
import { refuseTogether } from "../arguments/contradictions.ts";
import type { CommonFlags } from "../arguments/flags.ts";
import { decimal, filled, integer, minimum, model, someOf } from "../arguments/values.ts";

/** Adds `rag eval` to the program. */
export function addEval(program: Program, dispatch: Dispatch): void {
  const command = program.command("eval");
  refuseTogether(
    command,
    (["--modes", "--compare", "--answers", "--min", "--baseline", "--junit", "--html"] as const).map((flag) => ({
      flags: ["--make", flag],
      hint: "--make writes a set of questions and evaluates nothing; look through the set first",
    })),
  );
  command
    .summary("measure search and answers by a set of questions")
    .description(
      "Measure search and answers by a set of questions: a JSONL file, or a folder in the form of BEIR. A folder with a " +
        "corpus is asked of a collection made of it for the time of the evaluation, unless --collection names one. Exits " +
        "with 1 below the gate that --min and --baseline make.",
    )
    .argument("<set>", "JSONL file or BEIR folder; with --make, the file to write")
    .option(
      "--modes <names>",
      `modes to measure side by side: ${searchModes.join(", ")}`,
      someOf("--modes", searchModes),
    )
    .option("-k, --top-k <count>", "cut-off of recall and precision", integer("--top-k", 1, 100))
    .option(
      "--rerank [model]",
      "rerank as rag search does with it; the configured reranker if none is named",
      model("--rerank"),
    )
    .option("--no-rerank", "measure without the configured reranker")
    .option("--answers", "answer the questions too, and measure the answers")
    .option("--compare <config>", "measure with another configuration file too", filled("--compare"))
    .option("--min <measure=value>", "least value that passes (repeatable), as in ndcg@10=0.8", minimum("--min"))
    .option(
      "--baseline <file>",
      "no measure may be worse than in this file, which --json printed",
      filled("--baseline"),
    )
    .option(
      "--tolerance <number>",
      "how much worse than the baseline passes; 0.01 if not given",
      decimal("--tolerance"),
    )
    .option("--junit <file>", "write the gate as a JUnit report", filled("--junit"))
    .option("--html <file>", "write a page with plots and the questions that fail", filled("--html"))
    .option("--make <count>", "write a first set of so many questions from the collection", integer("--make", 1))
    .addHelpText(
      "after",
      `
A line of a set is a JSON object: {"question": "…"} with one or more of "source", "sources", "lines",
"answer", "answers", or with "unanswerable": true.

Examples:
  rag eval questions.jsonl --make 50
  rag eval questions.jsonl --modes text,dense,hybrid --html report.html
  rag eval questions.jsonl --answers --min "ndcg@10=0.8" --min "hybrid:recall@5=0.9"
  rag eval questions.jsonl --baseline last.json --tolerance 0.01 --junit report.xml
  rag eval beir/scifact --compare other.ragrc.json`,
    )
    .action((set: string, _: unknown, command: Program) =>
      dispatch<EvalFlags>(
        { min: [], ...command.optsWithGlobals<CommonFlags>(), set },
        async () => (await import("../commands/eval/eval.ts")).evaluateSet,
      ),
    );
}
