import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configSchema } from "../../src/config/schema.ts";
import { createFilter } from "../../src/filters/parse.ts";
import { folderSize } from "../../src/stores/shared/folder-size.ts";
import { openStore } from "../../src/stores/index.ts";
import type { ReadableCollection } from "../../src/stores/types.ts";
import type { Filter, SearchMode } from "../../src/types.ts";
import { textSource, writeMarkdown } from "./corpus.ts";
import { type Figure, atLeast, atMost } from "./figure.ts";
import { clusteredVectors, makeCollection } from "./generated-collection.ts";
import { compare, comparisonFigures, percentile, timed } from "./measure.ts";
import { latencies, recallAt10 } from "./query.ts";
import type { Workspace } from "./workspace.ts";

const sectionsPerDocument = 20;
const wordsPerSection = 150;
const queries = 100;
const rounds = 7;

/**
 * A million passages, or as many as are asked for, on the embedded store: text alone as a user ingests it, by whole
 * processes, then passages with vectors of 384 dimensions, made through the store itself. A million take about an hour,
 * 8 GB of disk and, for the vectors to compare with, 4 GB of memory.
 */
export function benchMillion(chunks: number): (workspace: Workspace) => Promise<Figure[]> {
  return async (workspace) => [...(await benchText(chunks, workspace)), ...(await benchVectors(chunks, workspace))];
}

async function benchText(chunks: number, workspace: Workspace): Promise<Figure[]> {
  const name = `${chunks.toLocaleString("en")} passages`;
  workspace.progress(`million: writing documents of ${name}`);
  const folder = await workspace.newFolder("text");
  const documents = Math.ceil(chunks / sectionsPerDocument);
  await writeMarkdown(join(folder, "docs"), { documents, sections: sectionsPerDocument, words: wordsPerSection });

  workspace.progress(`million: first ingest of ${name}`);
  const first = await workspace.ragWithPeak(["ingest", "docs", "--json"], folder);
  const written = (JSON.parse(first.stdout) as { chunks: { written: number } }).chunks.written;
  if (Math.abs(written / chunks - 1) > 0.05)
    throw new Error(`${written} chunks were written where ${chunks} were meant`);
  const bytes = await folderSize(join(folder, ".rag"));

  workspace.progress("million: again, nothing changed");
  const again = await workspace.ragWithPeak(["ingest", "docs", "--json"], folder);

  const changes: number[] = [];
  for (let change = 1; change <= rounds; change++) {
    workspace.progress(`million: one document is added, ${change} of ${rounds}`);
    const word = `needle${change}`;
    await writeFile(join(folder, `added${change}.md`), `# Added ${change}\n\nA document about ${word}.\n`);
    changes.push(workspace.rag(["ingest", `added${change}.md`, "--json"], folder).milliseconds);
    const found = JSON.parse(workspace.rag(["search", word, "--json"], folder).stdout) as {
      hits: { source: string }[];
    };
    if (found.hits[0]?.source !== `added${change}.md`) throw new Error(`${word} was not found after its ingest`);
  }

  workspace.progress("million: searches, whole processes");
  const small = await workspace.newFolder("small");
  await writeMarkdown(join(small, "docs"), { documents: 250, sections: sectionsPerDocument, words: wordsPerSection });
  workspace.rag(["ingest", "docs"], small);
  const question = "lace bani ruce";
  const search = await compare(
    rounds,
    () => workspace.rag(["search", question], folder).milliseconds,
    () => workspace.rag(["search", question], small).milliseconds,
  );

  workspace.progress("million: searches within a process");
  const filters = [createFilter("source", "~", "docs/part7/*")];
  return [
    { name: `ingest, ${name}`, value: written / (first.milliseconds / 1000), unit: "chunks/s", target: atLeast(8_000) },
    { name: "ingest: peak memory", value: first.peakBytes / 1e6, unit: "MB", target: atMost(500) },
    { name: "store on disk", value: bytes / 1e6, unit: "MB", target: null },
    { name: `again, ${documents} files unchanged`, value: again.milliseconds / 1000, unit: "s", target: null },
    { name: "again: peak memory", value: again.peakBytes / 1e6, unit: "MB", target: null },
    { name: "one document added, median", value: percentile(changes, 0.5) / 1000, unit: "s", target: atMost(3) },
    { name: "one document added, slowest", value: Math.max(...changes) / 1000, unit: "s", target: null },
    ...comparisonFigures(
      search,
      {
        name: `rag search, ${name}`,
        command: `rag search "${question}"`,
        yardstick: "5,000 passages",
        yardstickCommand: `rag search "${question}"`,
      },
      atMost(1.5),
    ),
    ...(await withCollection(folder, workspace, (collection) => queryFigures(collection, filters, ["text"]))),
  ];
}

async function benchVectors(chunks: number, workspace: Workspace): Promise<Figure[]> {
  workspace.progress(`million: making ${chunks} passages with vectors`);
  const folder = await workspace.newFolder("vectors");
  const vectors = clusteredVectors(3);
  const started = performance.now();
  const { collection, stored, close } = await makeCollection(chunks, vectors, folder);
  const seconds = (performance.now() - started) / 1000;
  try {
    workspace.progress("million: recall against a comparison with every vector");
    const questions = Array.from({ length: 30 }, vectors);
    const recall = await recallAt10(collection, stored, questions);
    workspace.progress("million: searches by vector");
    const filters = [createFilter("source", "~", "document7*.md")];
    const figures = await queryFigures(collection, filters, ["dense", "hybrid"], vectors);
    return [
      { name: "with vectors: making it", value: chunks / seconds, unit: "chunks/s", target: null },
      {
        name: "with vectors: on disk",
        value: (await folderSize(join(folder, ".rag"))) / 1e6,
        unit: "MB",
        target: null,
      },
      { name: "with vectors: dense, against exact", value: recall, unit: "recall@10", target: atLeast(0.97) },
      ...figures,
    ];
  } finally {
    await close();
  }
}

/** p50 and p95 of each mode, without a filter and with one. */
async function queryFigures(
  collection: ReadableCollection,
  filters: readonly Filter[],
  modes: readonly SearchMode[],
  nextVector?: () => Float32Array,
): Promise<Figure[]> {
  const text = textSource(11);
  const figures: Figure[] = [];
  for (const mode of modes) {
    for (const [condition, wanted] of [["", []] as const, [", filtered", filters] as const]) {
      const times: number[] = [];
      for (let query = 0; query < queries; query++) {
        const vector = mode === "text" ? null : (nextVector?.() ?? null);
        const request = { mode, text: text.words(4), vector, limit: 10, filters: [...wanted] };
        times.push(await timed(() => collection.search(request)));
      }
      // The first queries load the index.
      const target = mode === "dense" && condition === "" ? atMost(40) : null;
      figures.push(...latencies(`${mode} query${condition}`, times.slice(queries / 10), target));
    }
  }
  return figures;
}

async function withCollection(
  folder: string,
  { variables }: Workspace,
  use: (collection: ReadableCollection) => Promise<Figure[]>,
): Promise<Figure[]> {
  const store = await openStore(configSchema.parse({}), {
    variables,
    projectRoot: folder,
    workingDirectory: folder,
    configFile: null,
    configIsTrusted: true,
  });
  try {
    const collection = await store.open("docs");
    if (collection === null) throw new Error("there is no collection docs");
    return await use(collection);
  } finally {
    await store.close();
  }
}
