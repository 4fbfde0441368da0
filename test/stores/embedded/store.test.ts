import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { configSchema } from "../../../src/config/schema.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { openStore } from "../../../src/stores/index.ts";
import { documentChunks } from "../../fixtures/chunks.ts";
import { openOwn } from "../../fixtures/collections.ts";
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
      };
    },
    ({ config, environment }) => openStore(config, environment),
  );
});

test("a search during a drop finds the collection or says that it is not there", async () => {
  const projectRoot = await emptyProject();
  const text = configSchema.parse({}).text;
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag", text });
  const dropper = openEmbeddedStore({ path: projectRoot, location: ".rag", text });
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
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag", text: configSchema.parse({}).text });
  const collection = await store.create("docs", manifest);
  await collection.upsert(documentChunks("a.md", ["a needle"]));
  const { connect } = await import("@lancedb/lancedb");
  await (await (await connect(projectRoot)).openTable("docs")).dropIndex("text_idx");

  const reopened = await openOwn(store, "docs");
  const question = { mode: "text", text: "needle", vector: null, limit: 5, filters: [] } as const;
  await expect(reopened.search({ ...question, filters: [] })).rejects.toMatchObject({ code: "index-missing" });
  await reopened.optimize();
  expect(await reopened.search({ ...question, filters: [] })).toHaveLength(1);
  await store.close();
});

test("a table that another program made is dropped only where that is meant", async () => {
  const projectRoot = await emptyProject();
  const { connect } = await import("@lancedb/lancedb");
  const connection = await connect(projectRoot);
  await connection.createTable("theirs", [{ id: 1, text: "theirs" }]);
  const store = openEmbeddedStore({ path: projectRoot, location: ".rag", text: configSchema.parse({}).text });
  await expect(store.drop("theirs")).rejects.toMatchObject({ code: "foreign-collection" });
  expect(await connection.tableNames()).toEqual(["theirs"]);
  await store.drop("theirs", { evenIfForeign: true });
  expect(await connection.tableNames()).toEqual([]);
  await store.close();
  connection.close();
});

test("an index whose files are damaged is made anew by the next optimize", async () => {
  const projectRoot = await emptyProject();
  const open = () => openEmbeddedStore({ path: projectRoot, location: ".rag", text: configSchema.parse({}).text });
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
