import { once } from "node:events";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/stores/types.ts";
import { ENGINE_START_MS, engineUnavailable, startEngine } from "../engines/engine.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { tree, versions } from "../fixtures/changing-folder.ts";
import { randomNumbers } from "../fixtures/chunks.ts";
import { openOwn, openStoreAt } from "../fixtures/collections.ts";
import { contentHash, lackingDocuments } from "../fixtures/interleaved-writers.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";
import { startRelay } from "../fixtures/relay.ts";
import { countWrites } from "../fixtures/writes.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

/** Killed runs for each store, and rounds of writers: `RAG_TEST_KILLS=200` for a thorough run. */
const kills = Number(process.env["RAG_TEST_KILLS"] ?? 2);
const writerRounds = Number(process.env["RAG_TEST_WRITERS"] ?? 1);
const roundMs = 20_000;
/** The engine that is set up already, from a home folder that is empty. */
const variables = { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache") };

/** Where a run writes, and how the test sees that it does. */
interface Place {
  uri: string;
  vectors: boolean;
  /** Calls `onWrite` with the number of writes from now on. */
  watch(sandbox: Sandbox, onWrite: (count: number) => void): { readonly count: number; close?(): void };
  close(): Promise<void>;
}

/** The place is a folder or file of the sandbox. */
function localPlace(uri: string, vectors: boolean): Place {
  return { uri, vectors, watch: ({ folder }, onWrite) => countWrites(folder, uri, onWrite), close: async () => {} };
}

async function serverPlace(): Promise<Place> {
  const engine = await startEngine("server");
  const relay = await startRelay(engine.address);
  return {
    uri: `http://${relay.address}`,
    vectors: true,
    watch: (_, onWrite) => relay.watch(onWrite),
    close: async () => {
      await relay.close();
      await engine.stop();
    },
  };
}

const serverUnavailable = await engineUnavailable("server");
/** Where `severalWriters`, runs of several machines write at once; elsewhere a lock lets one in. */
const stores: { name: string; unavailable: string | null; severalWriters: boolean; setUp(): Promise<Place> }[] = [
  {
    name: "the embedded store",
    unavailable: null,
    severalWriters: false,
    setUp: async () => localPlace(".rag", false),
  },
  {
    name: "Milvus Lite",
    unavailable: liteUnavailable,
    severalWriters: false,
    setUp: async () => {
      await provisionLite();
      return localPlace("kept.db", true);
    },
  },
  { name: "a Milvus server", unavailable: serverUnavailable, severalWriters: true, setUp: serverPlace },
];

describe.each(stores.filter(({ unavailable }) => unavailable === null))("a collection of $name", (under) => {
  const { setUp, severalWriters } = under;
  let place: Place;
  let model: FakeServer;
  let sandbox: Sandbox;
  let store: Store;
  const cleanHashes = new Map<number, string>();
  beforeAll(
    async () => {
      place = await setUp();
      model = await startFakeServer({ embeddings: { dimensions: 8 } });
    },
    Math.max(ENGINE_START_MS, PROVISION_MS),
  );
  afterAll(async () => {
    await model.close();
    await place.close();
  });
  beforeEach(async () => {
    cleanHashes.clear();
    sandbox = await createSandbox();
    store = await openStoreAt(place.uri, sandbox.folder, { ...process.env, ...variables });
  });
  afterEach(async () => {
    for (const name of await store.list()) await store.drop(name);
    await store.close();
    await sandbox.remove();
  });

  /** A checkout of the project: one folder of the sandbox for each writer. */
  async function checkOut(version: number, folder = "."): Promise<void> {
    await rm(path.join(sandbox.folder, folder, "docs"), { recursive: true, force: true });
    const files = [...tree(version)].map(([file, text]) => [path.join(folder, file), text] as const);
    const providers = { fake: { baseUrl: model.baseUrl, embeddingModel: "m", dimensions: 8, maxBatch: 10 } };
    const settings = place.vectors ? { providers, embedding: { provider: "fake" } } : {};
    await sandbox.write(Object.fromEntries([...files, [path.join(folder, ".ragrc"), JSON.stringify(settings)]]));
  }
  const ingest = (collection: string): string[] => [
    "ingest",
    "docs",
    "-c",
    collection,
    "--project",
    "one",
    "--prune",
    "--uri",
    place.uri,
  ];
  async function ingestToEnd(collection: string): Promise<void> {
    const run = await sandbox.rag([...ingest(collection), "-q"], { variables });
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" });
  }
  const hashOf = async (collection: string): Promise<string> => contentHash(await openOwn(store, collection));
  /** What a collection holds that this version of the files, and no other, was ever ingested into. */
  async function cleanHash(version: number): Promise<string> {
    if (!cleanHashes.has(version)) {
      await checkOut(version);
      await ingestToEnd(`clean_${version}`);
      cleanHashes.set(version, await hashOf(`clean_${version}`));
    }
    return cleanHashes.get(version) as string;
  }

  it(`is what the files say after each of ${kills} kills`, { timeout: 120_000 + kills * roundMs }, async () => {
    const random = randomNumbers(21);
    const below = (limit: number): number => Math.floor(random() * limit);
    let stored = 0;
    await checkOut(stored);
    await ingestToEnd("kept");
    // Writes that a whole run makes, at a guess until one has come to its end.
    let usual = 30;
    let killed = 0;
    let torn = 0;
    for (let round = 0; killed < kills; round++) {
      expect(round).toBeLessThan(3 * kills + 10);
      const next = (stored + 1 + below(versions - 1)) % versions;
      const clean = await cleanHash(stored);
      await checkOut(next);
      const child = sandbox.start([...ingest("kept"), "-q"], variables);
      const ended = once(child, "exit");
      const fatal = 1 + below(usual);
      const writes = place.watch(sandbox, (count) => count >= fatal && child.kill("SIGKILL"));
      const [, signal] = await ended;
      writes.close?.();
      if (signal === "SIGKILL") killed++;
      else usual = Math.max(1, writes.count);
      if ((await hashOf("kept")) !== clean) torn++;
      // The files are put back as often as they stay, or go on.
      const target = [stored, stored, next, below(versions)][below(4)] as number;
      const wanted = await cleanHash(target);
      await checkOut(target);
      await ingestToEnd("kept");
      expect({ round, from: stored, killed: next, target, isClean: (await hashOf("kept")) === wanted }).toMatchObject({
        isClean: true,
      });
      stored = target;
    }
    // The kills met runs that had begun to write.
    expect(torn).toBeGreaterThan(0);
    const again = await sandbox.rag([...ingest("kept"), "--json"], { variables });
    expect(JSON.parse(again.stdout)).toMatchObject({
      documents: { added: 0, changed: 0, removed: 0 },
      chunks: { written: 0, embedded: 0, deleted: 0 },
    });
  });

  it.each(severalWriters ? [2, 4] : [])(
    `is what the files say after one more run than %s at once, ${writerRounds} times`,
    { timeout: 120_000 + writerRounds * 3 * roundMs },
    async (writers) => {
      const random = randomNumbers(30 + writers);
      for (let round = 0; round < writerRounds; round++) {
        // Every second time they also find no collection, and each of them wants to create it.
        if (round % 2 === 0) for (const name of await store.list()) if (name === "kept") await store.drop(name);
        const given = Array.from({ length: writers }, () => Math.floor(random() * versions));
        for (const [index, version] of given.entries()) await checkOut(version, `../writer-${index}`);
        const runs = await Promise.all(
          given.map(async (_, index) => {
            // They begin within the time that one of them takes.
            await new Promise((resolve) => setTimeout(resolve, random() * 500));
            return sandbox.rag([...ingest("kept"), "-q"], { variables, cwd: `../writer-${index}` });
          }),
        );
        expect(runs.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
          given.map(() => ({ exitCode: 0, stderr: "" })),
        );
        expect({ round, lacking: await lackingDocuments(await openOwn(store, "kept")) }).toEqual({
          round,
          lacking: [],
        });
        const last = given[Math.floor(random() * writers)] as number;
        const wanted = await cleanHash(last);
        await checkOut(last);
        await ingestToEnd("kept");
        expect({ round, given, last, isClean: (await hashOf("kept")) === wanted }).toMatchObject({ isClean: true });
      }
    },
  );
});
