import { createFilter } from "../../src/filters/parse.ts";
import type { Collection } from "../../src/stores/types.ts";
import type { Filter, StoredChunk } from "../../src/types.ts";
import { startEngine } from "../engines/engine.ts";
import { documentChunks, randomNumbers, randomVector } from "../fixtures/chunks.ts";
import { textSource } from "./corpus.ts";
import { type Figure, atLeast } from "./figure.ts";
import { clusteredVectors, createGenerated, dimensions } from "./generated-collection.ts";
import { percentile, timed } from "./measure.ts";
import type { Workspace } from "./workspace.ts";

const documentSize = 100;
/** Rows of one upsert: large ones keep the making of a table quick. */
const batchDocuments = 50;
/** Pages are drawn evenly from 0 to 999, so that `page < N` lets N thousandths of the rows pass. */
const pages = 1_000;
const questions = 30;

/** What a filter lets pass: conditions that a database can evaluate, and one that is checked afterwards on Milvus. */
const conditions: readonly { name: string; filters: Filter[]; passes(page: number): boolean }[] = [
  { name: "no filter", filters: [], passes: () => true },
  ...[1_000, 100, 10, 1].map((bound) => ({
    name: `filter at ${bound / pages}`,
    filters: [createFilter("page", "<", String(bound))],
    passes: (page: number) => page < bound,
  })),
  {
    name: "metadata glob at 0.01",
    filters: [createFilter("group", "~", "page?07")],
    passes: (page) => page % 100 === 7,
  },
];

/** A store's own collection of generated rows, and what an exact search needs of them. */
interface Generated {
  collection: Collection;
  rows: { id: string; page: number; vector: Float32Array }[];
  /** Gives vectors that lie as those of the rows do, around the same centres. */
  nextVector(): Float32Array;
  close(): Promise<void>;
}

/**
 * What a filter costs: recall@10 of dense search against a comparison with every row that passes, and the time of one
 * search, on the embedded store.
 */
export async function benchFilters(workspace: Workspace): Promise<Figure[]> {
  const folder = await workspace.newFolder("filters");
  return measured("300k chunks", workspace, () => generate(300_000, { folder, milvus: {} }, workspace));
}

/** The same on Milvus Lite and, where it can run, on a server: right after the rows were written. */
export async function benchFiltersOnMilvus(workspace: Workspace): Promise<Figure[]> {
  const chunks = 50_000;
  const lite = await workspace.newFolder("filters-lite");
  const onLite = await measured("50k chunks, Milvus Lite", workspace, () =>
    generate(chunks, { folder: lite, milvus: { uri: "./lite.db" } }, workspace),
  );
  const server = await startEngine("server");
  try {
    const folder = await workspace.newFolder("filters-server");
    const uri = `http://${server.address}`;
    return [
      ...onLite,
      ...(await measured("50k chunks, Milvus 2.3", workspace, () =>
        generate(chunks, { folder, milvus: { uri } }, workspace),
      )),
    ];
  } finally {
    await server.stop();
  }
}

async function measured(name: string, workspace: Workspace, make: () => Promise<Generated>): Promise<Figure[]> {
  const { collection, rows, nextVector, close } = await make();
  try {
    const random = randomNumbers(29);
    const asked = [
      { kind: "", vectors: Array.from({ length: questions }, nextVector) },
      // Their nearest rows lie around many centres, where an index that looks at some of them loses hits.
      {
        kind: ", random questions",
        vectors: Array.from({ length: questions }, () => randomVector(random, dimensions)),
      },
    ];
    const figures: Figure[] = [];
    for (const { name: condition, filters, passes } of conditions) {
      const passing = rows.filter(({ page }) => passes(page));
      for (const { kind, vectors } of asked) {
        const label = `${name}, ${condition}${kind}`;
        workspace.progress(`filters: ${label}`);
        const times: number[] = [];
        let found = 0;
        let wanted = 0;
        for (const vector of vectors) {
          const nearest = nearestOf(passing, vector, 10);
          let hits: string[] = [];
          times.push(
            await timed(async () => {
              const answer = await collection.search({ mode: "dense", text: "", vector, limit: 10, filters });
              hits = answer.map(({ chunk }) => chunk.id);
            }),
          );
          found += hits.filter((id) => nearest.has(id)).length;
          wanted += nearest.size;
        }
        const target = filters.length === 0 ? 0.97 : 0.99;
        figures.push(
          { name: label, value: found / wanted, unit: "recall@10", target: atLeast(target) },
          { name: `${label}, p50`, value: percentile(times, 0.5), unit: "ms", target: null },
        );
      }
    }
    return figures;
  } finally {
    await close();
  }
}

function nearestOf(rows: Generated["rows"], vector: Float32Array, count: number): Set<string> {
  const scored = rows.map(({ id, vector: stored }) => ({ id, score: cosine(stored, vector) }));
  return new Set(
    scored
      .sort((a, b) => b.score - a.score)
      .slice(0, count)
      .map(({ id }) => id),
  );
}

function cosine(stored: Float32Array, vector: Float32Array): number {
  let product = 0;
  let square = 0;
  for (let index = 0; index < stored.length; index++) {
    product += stored[index]! * vector[index]!;
    square += stored[index]! ** 2;
  }
  return product / Math.sqrt(square);
}

/** Makes the collection through the store itself, with its indexes. */
async function generate(
  chunks: number,
  { folder, milvus }: { folder: string; milvus: { uri?: string } },
  workspace: Workspace,
): Promise<Generated> {
  workspace.progress(`filters: making ${chunks} chunks with vectors in ${milvus.uri ?? "the embedded store"}`);
  const { store, collection } = await createGenerated({ folder, milvus, variables: workspace.variables });
  const next = { text: textSource(5), vector: clusteredVectors(3), random: randomNumbers(17) };
  const rows: Generated["rows"] = [];
  for (let document = 0; document < chunks / documentSize; document += batchDocuments) {
    const batch = Array.from({ length: batchDocuments }, (_, index) => pagesOf(document + index, next)).flat();
    for (const { id, page, vector } of batch) rows.push({ id, page: page!, vector: vector! });
    await collection.upsert(batch);
  }
  await collection.optimize();
  return { collection, rows, nextVector: next.vector, close: () => store.close() };
}

function pagesOf(
  number: number,
  next: { text: ReturnType<typeof textSource>; vector: () => Float32Array; random: () => number },
): StoredChunk[] {
  const texts = Array.from({ length: documentSize }, () => next.text.words(40));
  return documentChunks(`document${number}.md`, texts, { vectors: texts.map(next.vector) }).map((chunk) => {
    const page = Math.floor(next.random() * pages);
    return Object.assign(chunk, { page, metadata: { group: `page${String(page).padStart(3, "0")}` } });
  });
}
