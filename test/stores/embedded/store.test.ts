import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { configSchema } from "../../../src/config/schema.ts";
import { lancedb } from "../../../src/stores/embedded/lancedb.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { needsUpkeep } from "../../../src/stores/embedded/upkeep.ts";
import { openStore } from "../../../src/stores/index.ts";
import { createFilter } from "../../../src/filters/parse.ts";
import { documentChunks, randomNumbers, randomVector } from "../../fixtures/chunks.ts";
import { manifestFor, openOwn } from "../../fixtures/collections.ts";
import { storeContract } from "../contract.ts";

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

const manifest = {
  schemaVersion: 1,
  embedding: null,
  metric: "cosine",
  chunking: {},
  toolVersion: "0",
  createdAt: "",
} as const;

async function emptyProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rag-embedded-"));
  folders.push(folder);
  return folder;
}

describe("the embedded store", () => {
  storeContract(
    async () => {
      const projectRoot = await emptyProject();
      return {
        config: configSchema.parse({}),
        environment: {
          variables: {},
          projectRoot,
          workingDirectory: projectRoot,
          configFile: null,
          configIsTrusted: true,
        },
        async traces(collection) {
          const names = await readdir(join(projectRoot, ".rag"), { recursive: true });
          return names.filter((name) => name.endsWith(`${collection}.lance`));
        },
        async cutSwapShort(collection) {
          const [folder, table] = [join(projectRoot, ".rag"), `${collection}.lance`];
          for (const place of [".building", ".replaced"]) await mkdir(join(folder, place), { recursive: true });
          await cp(join(folder, table), join(folder, ".building", table), { recursive: true });
          await rename(join(folder, table), join(folder, ".replaced", table));
        },
      };
    },
    ({ config, environment }) => openStore(config, environment),
  );
});

test("a search during a drop finds the collection or says that it is not there", async () => {
  const projectRoot = await emptyProject();
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  const dropper = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  const question = { mode: "text", text: "needle", vector: null, limit: 5, filters: [] } as const;
  const outcomes = new Set<unknown>();
  for (let round = 0; round < 4; round++) {
    const collection = await store.create("docs", manifest);
    await collection.upsert(documentChunks("a.md", ["a needle"]));
    await collection.optimize();
    const dropped = dropper.drop("docs");
    for (let search = 0; search < 8; search++) {
      const error: unknown = await collection.search({ ...question, filters: [] }).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      outcomes.add((error as { code?: unknown } | null)?.code ?? error);
      const opened: unknown = await store.open("docs").then(
        () => null,
        (thrown: { code?: unknown }) => thrown.code ?? thrown,
      );
      outcomes.add(opened);
    }
    await dropped;
  }
  outcomes.delete(null);
  expect([...outcomes]).toEqual(["collection-not-found"]);
});

test("an index that a killed process did not get to make is made by the next optimize", async () => {
  const projectRoot = await emptyProject();
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  const collection = await store.create("docs", manifest);
  await collection.upsert(documentChunks("a.md", ["a needle"]));
  const { connect } = await import("@lancedb/lancedb");
  await (await (await connect(projectRoot)).openTable("docs")).dropIndex("terms_idx");

  const reopened = await openOwn(store, "docs");
  const question = { mode: "text", text: "needle", vector: null, limit: 5, filters: [] } as const;
  await expect(reopened.search({ ...question, filters: [] })).rejects.toMatchObject({ code: "index-missing" });
  await reopened.optimize();
  expect(await reopened.search({ ...question, filters: [] })).toHaveLength(1);
  await store.close();
});

test("a table whose first version a killed process did not get to finish is none", async () => {
  const projectRoot = await emptyProject();
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  const versions = join(projectRoot, "docs.lance", "_versions");
  await mkdir(versions, { recursive: true });
  await writeFile(join(versions, "18446744073709551614.manifest#1"), "the first half");
  expect(await store.list()).toEqual([]);
  expect(await store.open("docs")).toBeNull();
  await store.recover("docs");
  const collection = await store.create("docs", manifest);
  await collection.upsert(documentChunks("a.md", ["a needle"]));
  expect(await collection.countChunks()).toBe(1);
  await store.close();
});

test("a table that another program made is dropped only where that is meant", async () => {
  const projectRoot = await emptyProject();
  const { connect } = await import("@lancedb/lancedb");
  const connection = await connect(projectRoot);
  await connection.createTable("theirs", [{ id: 1, text: "theirs" }]);
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  await expect(store.drop("theirs")).rejects.toMatchObject({ code: "foreign-collection" });
  expect(await connection.tableNames()).toEqual(["theirs"]);
  await store.drop("theirs", { evenIfForeign: true });
  expect(await connection.tableNames()).toEqual([]);
  await store.close();
  connection.close();
});

test("a table that cannot be read is dropped or replaced only where that is meant", async () => {
  const projectRoot = await emptyProject();
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  await mkdir(join(projectRoot, "newer.lance", "_versions"), { recursive: true });
  await writeFile(join(projectRoot, "newer.lance", "_versions", "1.manifest"), "of a LanceDB to come");
  const refusal = { code: "unreadable-collection", hint: expect.stringContaining("--yes") as string };
  await expect(store.drop("newer")).rejects.toMatchObject(refusal);
  await expect(store.createBeside("newer", manifestFor(0))).rejects.toMatchObject(refusal);
  expect(await readdir(projectRoot)).toEqual(["newer.lance"]);
  await store.drop("newer", { evenIfForeign: true });
  expect(await store.list()).toEqual([]);
  await store.close();
});

test("optimizing leaves the data of a few writes as it is, and joins that of many", async () => {
  const projectRoot = await emptyProject();
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  const collection = await store.create("docs", manifest);
  const data = () => readdir(join(projectRoot, "docs.lance", "data"));
  const indexed = async () => (await collection.stats()).index.map(({ rows }) => rows);
  for (const name of ["a.md", "b.md", "c.md"]) await collection.upsert(documentChunks(name, [`words of ${name}`]));
  const written = await data();
  await collection.optimize();
  expect(await data()).toEqual(written);
  expect(await indexed()).toEqual([3]);

  for (let number = 0; number < 20; number++) {
    await collection.upsert(documentChunks(`more-${number}.md`, [`more words of ${number}`]));
  }
  await collection.optimize();
  const hits = await collection.search({ mode: "text", text: "words", vector: null, limit: 30, filters: [] });
  expect(hits).toHaveLength(23);
  expect(await indexed()).toEqual([23]);
  // Twenty that were written, and what they became; the old ones are kept for readers.
  expect((await data()).length).toBeGreaterThan(23);
});

test("a large table waits for more changes before it is rewritten, and what changed is found all the same", async () => {
  const projectRoot = await emptyProject();
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag" });
  const collection = await store.create("docs", manifest);
  const texts = Array.from({ length: 400 }, (_, number) => `words of passage ${number}`);
  await collection.upsert(documentChunks("a.md", texts));
  await collection.optimize();
  await collection.upsert(documentChunks("b.md", ["a needle", "words"]));

  const folder = join(projectRoot, "docs.lance");
  const table = await (await (await lancedb()).connect(projectRoot)).openTable("docs");
  expect(await needsUpkeep(table, folder, { retainMs: 0 })).toBe(true);
  expect(await needsUpkeep(table, folder, { retainMs: 10_000, smallRows: 100 })).toBe(false);
  const hits = await collection.search({ mode: "text", text: "needle", vector: null, limit: 5, filters: [] });
  expect(hits.map(({ chunk }) => chunk.source)).toEqual(["b.md"]);

  await collection.upsert(documentChunks("c.md", ["more", "words", "and", "more"]));
  await table.checkoutLatest();
  expect(await needsUpkeep(table, folder, { retainMs: 10_000, smallRows: 100 })).toBe(true);
});

test("an index whose files are damaged is made anew by the next optimize", async () => {
  const projectRoot = await emptyProject();
  const open = () => openEmbeddedStore({ path: projectRoot, location: ".rag" });
  const first = open();
  const collection = await first.create("docs", manifest);
  await collection.upsert(documentChunks("a.md", ["a needle in the hay"]));
  await collection.optimize();
  await first.close();
  const indexes = join(projectRoot, "docs.lance/_indices");
  for (const entry of await readdir(indexes, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.startsWith("part_")) await rm(join(entry.parentPath, entry.name));
  }

  const second = open();
  const damaged = await openOwn(second, "docs");
  const search = () => damaged.search({ mode: "text", text: "needle", vector: null, limit: 5, filters: [] });
  const error: unknown = await search().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "store-failed", hint: expect.stringContaining("rag ingest") });
  expect(String(error)).not.toMatch(/\.rs:|Caused by|LanceError/);
  await damaged.optimize();
  expect(await search()).toHaveLength(1);
  await second.close();
});

test("an index of many partitions costs a filter none of its hits, nor rows that were written since", async () => {
  const store = openEmbeddedStore({
    path: await emptyProject(),
    location: ".rag",
    sizes: { exactRows: 500, partitionRows: 25 },
  });
  const collection = await store.create("docs", {
    embedding: { provider: "test", model: "tiny", dimensions: 16, queryPrefix: "", documentPrefix: "" },
    metric: "cosine",
    chunking: {},
    toolVersion: "0",
    createdAt: "",
  });
  const random = randomNumbers(31);
  const vectors = Array.from({ length: 4_000 }, () => randomVector(random, 16));
  const chunks = documentChunks(
    "a.md",
    vectors.map((_, number) => `passage ${number}`),
    { vectors },
  ).map((chunk, number) => Object.assign(chunk, { page: number % 1_000 }));
  await collection.upsert(chunks.slice(0, 3_000));
  await collection.optimize();
  expect((await collection.stats()).index).toContainEqual(expect.objectContaining({ type: "IvfFlat", rows: 3_000 }));
  await collection.upsert(chunks.slice(3_000));

  // 4, 400 and 2,000 rows meet the filter; the last are more than are compared one by one.
  for (const [pages, atLeast] of [
    [1, 1],
    [100, 1],
    [500, 0.8],
  ] as const) {
    const filters = [createFilter("page", "<", String(pages))];
    let found = 0;
    let wanted = 0;
    for (let question = 0; question < 10; question++) {
      const vector = randomVector(random, 16);
      const nearest = chunks
        .filter(({ page }) => page! < pages)
        .map(({ id, vector: stored }) => ({
          id,
          product: stored!.reduce((sum, value, dimension) => sum + value * vector[dimension]!, 0),
        }))
        .toSorted((a, b) => b.product - a.product)
        .slice(0, 10);
      const hits = await collection.search({ mode: "dense", text: "", vector, limit: 10, filters });
      expect(hits).toHaveLength(nearest.length);
      const ids = new Set(hits.map(({ chunk }) => chunk.id));
      found += nearest.filter(({ id }) => ids.has(id)).length;
      wanted += nearest.length;
    }
    expect(found / wanted).toBeGreaterThanOrEqual(atLeast);
  }
  await store.close();
});
