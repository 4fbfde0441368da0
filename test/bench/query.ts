import { configSchema } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import type { Collection } from "../../src/stores/types.ts";
import type { SearchMode } from "../../src/types.ts";
import { documentChunks, randomNumbers, randomVector } from "../fixtures/chunks.ts";
import { type TextSource, textSource } from "./corpus.ts";
import { type Figure, atLeast } from "./figure.ts";
import { percentile, timed } from "./measure.ts";
import type { Workspace } from "./workspace.ts";

const dimensions = 384;
const queries = 200;
const queriesForRecall = 50;
const documentSize = 100;

/** Queries inside one process, with the collection open: what an answer costs once everything is loaded. */
export async function benchQuery(workspace: Workspace): Promise<Figure[]> {
  return [...(await measure("10k", 10_000, workspace)), ...(await measure("100k", 100_000, workspace))];
}

async function measure(name: string, chunks: number, workspace: Workspace): Promise<Figure[]> {
  workspace.progress(`query: making ${chunks} chunks with vectors`);
  const vectors = clusteredVectors(3);
  const { collection, stored, close } = await makeCollection(chunks, vectors, workspace);
  try {
    const text = textSource(11);
    const questions = Array.from({ length: queries }, () => ({ text: text.words(4), vector: vectors() }));
    const figures: Figure[] = [];
    for (const mode of ["text", "dense", "hybrid"] as const) {
      workspace.progress(`query: ${mode} in ${chunks} chunks`);
      const times: number[] = [];
      for (const question of questions) {
        times.push(await timed(() => collection.search({ mode, ...question, limit: 10, filters: [] })));
      }
      // The first queries load the index.
      figures.push(...latencies(`${labels[mode]} query, ${name} chunks`, times.slice(queries / 10)));
    }
    const recall = await recallAt10(
      collection,
      stored,
      questions.slice(0, queriesForRecall).map((question) => question.vector),
    );
    return [
      ...figures,
      { name: `dense query, ${name} chunks, against exact`, value: recall, unit: "recall@10", target: atLeast(0.95) },
    ];
  } finally {
    await close();
  }
}

const labels: Record<SearchMode, string> = { text: "BM25", dense: "dense", hybrid: "hybrid" };

function latencies(name: string, times: readonly number[]): Figure[] {
  return [
    { name: `${name}, p50`, value: percentile(times, 0.5), unit: "ms", target: null },
    { name: `${name}, p95`, value: percentile(times, 0.95), unit: "ms", target: null },
  ];
}

/** Vectors around 500 centres, as passages lie around topics. */
function clusteredVectors(seed: number): () => Float32Array {
  const random = randomNumbers(seed);
  const centres = Array.from({ length: 500 }, () => randomVector(random, dimensions));
  return () => {
    const centre = centres[Math.floor(random() * centres.length)];
    const noise = randomVector(random, dimensions);
    return noise.map((value, index) => value * 0.7 + (centre?.[index] ?? 0));
  };
}

/** A collection of generated chunks, made through the store itself, with its indexes. */
async function makeCollection(
  chunks: number,
  nextVector: () => Float32Array,
  workspace: Workspace,
  folderName = `query-${chunks}`,
): Promise<{ collection: Collection; stored: Map<string, Float32Array>; close(): Promise<void> }> {
  const folder = await workspace.newFolder(folderName);
  const store = await openStore(configSchema.parse({}), {
    variables: {},
    projectRoot: folder,
    workingDirectory: folder,
    configFile: null,
    configIsTrusted: true,
  });
  const collection = await store.create("docs", {
    schemaVersion: 1,
    embedding: { provider: "bench", model: "bench", dimensions, queryPrefix: "", documentPrefix: "" },
    metric: "cosine",
    chunking: { strategy: "markdown" },
    toolVersion: "0.0.0",
    createdAt: new Date().toISOString(),
  });
  const stored = new Map<string, Float32Array>();
  const text = textSource(5);
  for (let written = 0; written < chunks; written += 1000) {
    const rows = Array.from({ length: 1000 / documentSize }, (_, index) =>
      makeDocument(written / documentSize + index, text, nextVector),
    ).flat();
    for (const row of rows) if (row.vector !== null) stored.set(row.id, row.vector);
    await collection.upsert(rows);
  }
  await collection.optimize();
  return { collection, stored, close: () => store.close() };
}

function makeDocument(number: number, text: TextSource, nextVector: () => Float32Array) {
  return documentChunks(
    `document${number}.md`,
    Array.from({ length: documentSize }, () => text.words(40)),
    { vectors: Array.from({ length: documentSize }, nextVector) },
  );
}

/** The share of the ten nearest chunks, by comparing with every one, that the store's answer has. */
async function recallAt10(
  collection: Collection,
  stored: ReadonlyMap<string, Float32Array>,
  questions: readonly Float32Array[],
): Promise<number> {
  const all = [...stored].map(([id, vector]) => ({ id, vector, length: Math.sqrt(dot(vector, vector)) }));
  let found = 0;
  for (const question of questions) {
    const nearest = all
      .map(({ id, vector, length }) => ({ id, score: dot(vector, question) / length }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 10);
    const hits = await collection.search({ mode: "dense", text: "", vector: question, limit: 10, filters: [] });
    const ids = new Set(hits.map((hit) => hit.chunk.id));
    found += nearest.filter(({ id }) => ids.has(id)).length;
  }
  return found / (10 * questions.length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
