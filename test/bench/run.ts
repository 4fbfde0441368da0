// `npm run bench -- [topic…] [options]`: what the tool costs, each figure beside its target. Results go to stdout,
// progress to stderr.
//
//   --million            all topics, and the one that takes an hour (or name it: `npm run bench -- million`)
//   --passages <number>  of that topic (1000000)
//   --json               one JSON document (`npm run --silent bench -- --json`)
//   --report <file.md>   also writes a page of Markdown, and the JSON document beside it (file.json)
//   --baseline <file>    exit 1 where a ratio is worse than in this earlier JSON document
//   --tolerance <share>  by more than this (0.15)
//
// The topics are TypeScript that imports the tool's own modules; `tsc` compiles both into dist-bench. What is measured
// as a process is the built tool.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { benchAsk } from "./ask.ts";
import { benchEmbed } from "./embed.ts";
import type { Figure } from "./figure.ts";
import { benchFilters, benchFiltersOnMilvus } from "./filters.ts";
import { benchIngest } from "./ingest.ts";
import { benchMemory } from "./memory.ts";
import { benchMillion } from "./million.ts";
import { benchQuery } from "./query.ts";
import { benchMilvusLite } from "./milvus-lite.ts";
import { benchPeers } from "./peers.ts";
import { type Outcome, type Report, markdownOf, reportOf, tableOf, worsenings } from "./report.ts";
import { benchStartup } from "./startup.ts";
import { type Workspace, projectRoot, withWorkspace } from "./workspace.ts";

/** Gives figures, or the reason why it cannot be measured here. */
type Topic = (workspace: Workspace) => Promise<Figure[] | { skipped: string }>;

const topics: Record<string, Topic> = {
  startup: benchStartup,
  ingest: benchIngest,
  memory: benchMemory,
  query: benchQuery,
  embed: benchEmbed,
  ask: benchAsk,
  peers: benchPeers,
  lite: benchMilvusLite,
  filters: benchFilters,
  "filters-milvus": benchFiltersOnMilvus,
};

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      million: { type: "boolean", default: false },
      passages: { type: "string", default: "1000000" },
      report: { type: "string" },
      baseline: { type: "string" },
      tolerance: { type: "string", default: "0.15" },
    },
  });
  const available: Record<string, Topic> = { ...topics, million: benchMillion(Number(values.passages)) };
  const unknown = positionals.filter((name) => available[name] === undefined);
  if (unknown.length > 0) {
    console.error(`There is no topic ${unknown.join(", ")}. Topics: ${Object.keys(available).join(", ")}`);
    return 2;
  }
  if (!(Number(values.passages) >= 1_000)) {
    console.error(`--passages takes a number from 1000, not ${values.passages}`);
    return 2;
  }
  const tolerance = Number(values.tolerance);
  if (!(tolerance >= 0)) {
    console.error(`--tolerance takes a share such as 0.15, not ${values.tolerance}`);
    return 2;
  }
  // Before what takes long: a file that is not there is noticed now.
  const baseline =
    values.baseline === undefined ? null : (JSON.parse(await readFile(values.baseline, "utf8")) as Report);
  const chosen = positionals.length === 0 ? Object.keys(values.million ? available : topics) : positionals;
  const outcomes: Outcome[] = [];
  for (const topic of chosen) {
    const outcome = await measure(topic, available[topic]!);
    outcomes.push(outcome);
    if (!values.json) console.log(tableOf(outcome));
  }
  const report = reportOf(outcomes, ["npm run bench --", ...argv].join(" "), await versions());
  const json = JSON.stringify(report, null, 2);
  if (values.json) console.log(json);
  if (values.report !== undefined) {
    const { dir, name } = path.parse(values.report);
    await writeFile(values.report, markdownOf(report));
    await writeFile(path.join(dir, `${name}.json`), `${json}\n`);
  }
  const worse = baseline === null ? [] : worsenings(baseline, report, tolerance);
  for (const { topic, name, before, now } of worse) {
    console.error(`${topic}: ${name} is ${now.toFixed(2)} ×, and was ${before.toFixed(2)} ×`);
  }
  return worse.length > 0 ? 1 : 0;
}

/** Of the tool, and of the packages that decide its speed. */
async function versions(): Promise<Report["versions"]> {
  const folders = [".", ...["@lancedb/lancedb", "@zilliz/milvus2-sdk-node"].map((name) => `node_modules/${name}`)];
  const manifests = folders.map(async (folder) => {
    const text = await readFile(path.join(projectRoot, folder, "package.json"), "utf8");
    const { name, version } = JSON.parse(text) as { name: string; version: string };
    return [name, version] as const;
  });
  return Object.fromEntries(await Promise.all(manifests));
}

/** Each topic works in a folder of its own, which is gone before the next begins. */
async function measure(topic: string, bench: Topic): Promise<Outcome> {
  const result = await withWorkspace(bench);
  return "skipped" in result ? { topic, ...result } : { topic, figures: result };
}
