import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { configSchema } from "../../../../src/config/schema.ts";
import { createFilter } from "../../../../src/filters/parse.ts";
import { openStore } from "../../../../src/stores/index.ts";
import type { Collection } from "../../../../src/stores/types.ts";
import type { StoredChunk } from "../../../../src/types.ts";
import { ENGINE_START_MS, engineTitle, engineUnavailable, startEngine } from "../../../engines/engine.ts";
import { documentChunks, randomNumbers, randomVector } from "../../../fixtures/chunks.ts";
import { manifestFor } from "../../../fixtures/collections.ts";

const dimensions = 256;
/** Above the size from which on the server parts new rows into lists, and far below the one at which it seals them. */
const documents = 180;
const documentSize = 100;
const questions = 20;

const unavailable = await engineUnavailable("server");

test.skipIf(unavailable !== null)(
  `${engineTitle("server")} finds the nearest of rows that no index has yet${unavailable === null ? "" : ` (${unavailable})`}`,
  { timeout: ENGINE_START_MS },
  async () => {
    const engine = await startEngine("server");
    try {
      const folder = tmpdir();
      const store = await openStore(configSchema.parse({ milvus: { uri: `http://${engine.address}` } }), {
        variables: process.env,
        projectRoot: folder,
        workingDirectory: folder,
        configFile: null,
        configIsTrusted: true,
      });
      const collection = await store.create(`new_rows_${randomBytes(4).toString("hex")}`, manifestFor(dimensions));
      const random = randomNumbers(41);
      const rows: StoredChunk[] = [];
      for (let document = 0; document < documents; document++) {
        const texts = Array.from({ length: documentSize }, (_, part) => `part ${part}`);
        const vectors = texts.map(() => randomVector(random, dimensions));
        const chunks = documentChunks(`document-${document}.md`, texts, { vectors });
        for (const [index, chunk] of chunks.entries()) rows.push(Object.assign(chunk, { page: index % 10 }));
      }
      await collection.upsert(rows);
      await collection.optimize();
      // The vectors of nine tenths of the rows are more than are compared one by one here.
      for (const below of [10, 9]) {
        expect(await recall(collection, rows, below, random)).toBeGreaterThanOrEqual(0.99);
      }
      await store.close();
    } finally {
      await engine.stop();
    }
  },
);

/** The share of the ten nearest rows of a page below the bound that searches find. */
async function recall(
  collection: Collection,
  rows: readonly StoredChunk[],
  below: number,
  random: () => number,
): Promise<number> {
  const passing = rows.filter(({ page }) => page! < below);
  const filters = below === 10 ? [] : [createFilter("page", "<", String(below))];
  let found = 0;
  for (let question = 0; question < questions; question++) {
    const vector = randomVector(random, dimensions);
    const nearest = passing
      .map((row) => ({ id: row.id, score: cosine(row.vector!, vector) }))
      .sort((left, right) => right.score - left.score)
      .slice(0, 10);
    const hits = await collection.search({ mode: "dense", text: "", vector, limit: 10, filters });
    const ids = new Set(hits.map(({ chunk }) => chunk.id));
    found += nearest.filter(({ id }) => ids.has(id)).length;
  }
  return found / (questions * 10);
}

function cosine(left: Float32Array, right: Float32Array): number {
  let product = 0;
  let squares = 0;
  for (const [index, value] of left.entries()) {
    product += value * right[index]!;
    squares += value * value;
  }
  return product / Math.sqrt(squares);
}
