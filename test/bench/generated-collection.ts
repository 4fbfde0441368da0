import type { Environment } from "../../src/config/environment.ts";
import { configSchema } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import type { Collection, Store } from "../../src/stores/types.ts";
import type { StoredChunk } from "../../src/types.ts";
import { documentChunks, randomNumbers, randomVector } from "../fixtures/chunks.ts";
import { type TextSource, textSource } from "./corpus.ts";

export const dimensions = 384;
const documentSize = 100;

/** Vectors around 500 centres, as passages lie around topics. */
export function clusteredVectors(seed: number): () => Float32Array {
  const random = randomNumbers(seed);
  const centres = Array.from({ length: 500 }, () => randomVector(random, dimensions));
  return () => {
    const centre = centres[Math.floor(random() * centres.length)];
    const noise = randomVector(random, dimensions);
    return noise.map((value, index) => value * 0.7 + (centre?.[index] ?? 0));
  };
}

/** An empty collection `docs` for vectors of `dimensions` numbers, in the store that `milvus` says. */
export async function createGenerated({
  folder,
  milvus = {},
  variables = {},
}: {
  folder: string;
  milvus?: { uri?: string };
  variables?: Environment["variables"];
}): Promise<{ store: Store; collection: Collection }> {
  const store = await openStore(configSchema.parse({ milvus }), {
    variables,
    projectRoot: folder,
    workingDirectory: folder,
    configFile: null,
    configIsTrusted: true,
  });
  const collection = await store.create("docs", {
    embedding: { provider: "bench", model: "bench", dimensions, queryPrefix: "", documentPrefix: "" },
    metric: "cosine",
    chunking: { strategy: "markdown" },
    toolVersion: "0.0.0",
    createdAt: new Date().toISOString(),
  });
  return { store, collection };
}

/** The collection `docs` in a folder's embedded store, of generated chunks, made through the store itself, with its indexes. */
export async function makeCollection(
  chunks: number,
  nextVector: () => Float32Array,
  folder: string,
): Promise<{ collection: Collection; stored: Map<string, Float32Array>; close(): Promise<void> }> {
  const { store, collection } = await createGenerated({ folder });
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

function makeDocument(number: number, text: TextSource, nextVector: () => Float32Array): StoredChunk[] {
  return documentChunks(
    `document${number}.md`,
    Array.from({ length: documentSize }, () => text.words(40)),
    { vectors: Array.from({ length: documentSize }, nextVector) },
  );
}
