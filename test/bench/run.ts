// `npm run bench [topic…] [--million] [--json]`: what the tool costs, each figure beside its target.
// Results go to stdout (with --json as one document: `npm run --silent bench -- --json`), progress to stderr.
//
// The topics are TypeScript that imports the tool's own modules. `tsc`, which builds the tool, compiles both into
// dist-bench: no other compiler is needed, and what is measured is what is shipped.
import { parseArgs } from "node:util";
import { benchAsk } from "./ask.ts";
import { benchEmbed } from "./embed.ts";
import type { Figure } from "./figure.ts";
import { benchFilters, benchFiltersOnMilvus } from "./filters.ts";
import { benchIngest } from "./ingest.ts";
import { benchMemory, benchMillion } from "./memory.ts";
import { benchQuery } from "./query.ts";
import { benchMilvusLite } from "./milvus-lite.ts";
import { type Outcome, reportOf, tableOf } from "./report.ts";
import { benchStartup } from "./startup.ts";
import { type Workspace, withWorkspace } from "./workspace.ts";

/** Gives figures, or the reason why it cannot be measured here. */
type Topic = (workspace: Workspace) => Promise<Figure[] | { skipped: string }>;

const topics: Record<string, Topic> = {
  startup: benchStartup,
  ingest: benchIngest,
  memory: benchMemory,
  query: benchQuery,
  embed: benchEmbed,
  ask: benchAsk,
  lite: benchMilvusLite,
  filters: benchFilters,
  "filters-milvus": benchFiltersOnMilvus,
};

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, million: { type: "boolean", default: false } },
  });
  const available: Record<string, Topic> = values.million ? { ...topics, million: benchMillion } : topics;
  const unknown = positionals.filter((name) => available[name] === undefined);
  if (unknown.length > 0) {
    console.error(`There is no topic ${unknown.join(", ")}. Topics: ${Object.keys(available).join(", ")}`);
    return 2;
  }
  const chosen = positionals.length === 0 ? Object.keys(available) : positionals;
  const outcomes: Outcome[] = [];
  for (const topic of chosen) {
    const outcome = await measure(topic, available[topic]!);
    outcomes.push(outcome);
    if (!values.json) console.log(tableOf(outcome));
  }
  if (values.json) console.log(JSON.stringify(reportOf(outcomes), null, 2));
  return 0;
}

/** Each topic works in a folder of its own, which is gone before the next begins. */
async function measure(topic: string, bench: Topic): Promise<Outcome> {
  const result = await withWorkspace(bench);
  return "skipped" in result ? { topic, ...result } : { topic, figures: result };
}
