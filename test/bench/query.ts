import type { Collection } from "../../src/stores/types.ts";
import type { SearchMode } from "../../src/types.ts";
import { textSource } from "./corpus.ts";
import { type Figure, atLeast } from "./figure.ts";
import { clusteredVectors, makeCollection } from "./generated-collection.ts";
import { percentile, timed } from "./measure.ts";
import type { Workspace } from "./workspace.ts";

const queries = 200;
const queriesForRecall = 50;

/** Queries inside one process, with the collection open: what an answer costs once everything is loaded. */
export async function benchQuery(workspace: Workspace): Promise<Figure[]> {
  return [...(await measure("10k", 10_000, workspace)), ...(await measure("100k", 100_000, workspace))];
}

async function measure(name: string, chunks: number, workspace: Workspace): Promise<Figure[]> {
  workspace.progress(`query: making ${chunks} chunks with vectors`);
  const vectors = clusteredVectors(3);
  const { collection, stored, close } = await makeCollection(
    chunks,
    vectors,
    await workspace.newFolder(`query-${name}`),
  );
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

/** `target`: of the p50. */
export function latencies(name: string, times: readonly number[], target: Figure["target"] = null): Figure[] {
  return [
    { name: `${name}, p50`, value: percentile(times, 0.5), unit: "ms", target },
    { name: `${name}, p95`, value: percentile(times, 0.95), unit: "ms", target: null },
  ];
}

/** The share of the ten nearest chunks, by comparing with every one, that the store's answer has. */
export async function recallAt10(
  collection: Pick<Collection, "search">,
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
