import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type { Collection } from "../../../src/stores/types.ts";
import { memoryCollection } from "../../fakes/memory-collection.ts";
import { randomNumbers } from "../../fixtures/chunks.ts";
import { manifestFor } from "../../fixtures/collections.ts";
import {
  type Chance,
  InterleavedWriters,
  type Tree,
  contentHash,
  lackingDocuments,
  versionPath,
} from "../../fixtures/interleaved-writers.ts";

/** How many schedules are tried; more by the variable. */
const schedules = Number(process.env["RAG_TEST_SCHEDULES"] ?? 200);
const sources = ["docs/a.md", "docs/b.md", "docs/c.md"];
const versions = 4;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-writers-"));
  for (const source of sources) {
    for (let version = 1; version < versions; version++) {
      // Longer and shorter versions, which share their first paragraph.
      const paragraphs = Array.from(
        { length: 1 + ((version * 2) % 5) },
        (_, part) => `Paragraph ${part} of ${part === 0 ? "every version" : `version ${version}`} is in ${source}.`,
      );
      await writeFile(versionPath(folder, source, version), paragraphs.join("\n\n"));
    }
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Version 0 is no file. */
function someTree(chance: Chance): Tree {
  const entries = sources.map((source) => [source, chance.number(versions)] as const);
  return Object.fromEntries(
    entries
      .filter(([, version]) => version > 0)
      .map(([source, version]) => [source, versionPath(folder, source, version)]),
  );
}

interface Outcome {
  /** After steps in which all writers were alive: documents that lacked chunks. */
  lacking: string[];
  final: string;
  wanted: string;
  unchanged: boolean;
}

/** Two writers at a time, of which one may be killed, for some rounds; then one run more. */
async function tryOut(seed: number, make: () => Promise<Collection>): Promise<Outcome> {
  const random = randomNumbers(seed);
  const chance: Chance = { number: (below) => Math.floor(random() * below) };
  const collection = await make();
  const writers = new InterleavedWriters(chance, { seesOthers: chance.number(2) === 0 });
  const lacking: string[] = [];
  writers.onStep = async () => void lacking.push(...(await lackingDocuments(collection)));
  await writers.alone("first", collection, someTree(chance));
  const rounds = 1 + chance.number(3);
  for (let round = 0; round < rounds; round++) {
    const [left, right] = [`left-${round}`, `right-${round}`];
    writers.start(left, collection, someTree(chance));
    if (chance.number(4) > 0) writers.start(right, collection, someTree(chance));
    const kills = new Map<number, string>();
    if (chance.number(3) > 0) kills.set(chance.number(30), chance.number(2) === 0 ? left : right);
    await writers.run(kills);
  }
  const tree = someTree(chance);
  await writers.alone("last", collection, tree);
  const clean = memoryCollection();
  await writers.alone("clean", clean, tree);
  const again = await writers.alone("again", collection, tree);
  return {
    lacking,
    final: await contentHash(collection),
    wanted: await contentHash(clean),
    unchanged: again.documents.unchanged === Object.keys(tree).length && again.chunks.written === 0,
  };
}

async function expectAll(count: number, make: () => Promise<Collection>): Promise<void> {
  for (let seed = 1; seed <= count; seed++) {
    const { final, wanted, ...outcome } = await tryOut(seed, make);
    expect({ seed, isClean: final === wanted, ...outcome }).toEqual({
      seed,
      isClean: true,
      lacking: [],
      unchanged: true,
    });
  }
}

describe("two writers of one collection, kills at any write, and one run more", () => {
  test(
    `leave what a clean ingest makes, in ${schedules} schedules`,
    { timeout: 120_000 + 100 * schedules },
    async () => {
      await expectAll(schedules, async () => memoryCollection());
    },
  );

  test("do so in the embedded store", { timeout: 300_000 }, async () => {
    const store = openEmbeddedStore({ path: join(folder, ".rag"), location: ".rag" });
    let made = 0;
    try {
      await expectAll(Math.max(2, Math.floor(schedules / 100)), () => store.create(`docs_${++made}`, manifestFor(0)));
    } finally {
      await store.close();
    }
  });
});
