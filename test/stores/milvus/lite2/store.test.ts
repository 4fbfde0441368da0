import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { configSchema } from "../../../../src/config/schema.ts";
import { copyBetweenStores } from "../../../../src/pipeline/copy/copy-between-stores.ts";
import { openStore } from "../../../../src/stores/index.ts";
import { connectMilvus } from "../../../../src/stores/milvus/wire/connection.ts";
import { DataType } from "../../../../src/stores/milvus/wire/protocol.ts";
import type { Store } from "../../../../src/stores/types.ts";
import { ENGINE_START_MS, engineTitle, engineUnavailable, startEngine } from "../../../engines/engine.ts";
import { contents, fill, manifestFor, openOwn } from "../../../fixtures/collections.ts";

const reason = await engineUnavailable("core");

/** As the tutorials for Python do it: an integer key, a vector, and everything else dynamic. */
async function makeTutorial(target: string): Promise<void> {
  const connection = connectMilvus({
    endpoint: async () => ({ target, authorization: null }),
    revives: false,
    tls: null,
    database: null,
    timeoutMs: 60_000,
    location: target,
  });
  const named = { collection_name: "tutorial" };
  const { encodeSchema } = await connection.protocol;
  const fields = [
    { name: "id", data_type: DataType.int64, is_primary_key: true, type_params: [] },
    { name: "vector", data_type: DataType.floatVector, type_params: [{ key: "dim", value: "3" }] },
  ];
  const schema = encodeSchema({ name: "tutorial", description: "", fields, functions: [], enable_dynamic_field: true });
  await connection.call("CreateCollection", { ...named, schema, shards_num: 1, consistency_level: 0, properties: [] });
  const index = [
    { key: "index_type", value: "FLAT" },
    { key: "metric_type", value: "COSINE" },
  ];
  await connection.call("CreateIndex", { ...named, field_name: "vector", index_name: "vector", extra_params: index });
  await connection.call("LoadCollection", named);
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const vectors = new Float32Array([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  await connection.call("Upsert", {
    ...named,
    num_rows: 3,
    fields_data: [
      { type: DataType.int64, field_name: "id", scalars: { long_data: { data: [0, 1, 2] } } },
      {
        type: DataType.floatVector,
        field_name: "vector",
        vectors: { dim: 3, float_vector: { data: new Uint8Array(vectors.buffer) } },
      },
      {
        type: DataType.json,
        field_name: "",
        is_dynamic: true,
        scalars: {
          json_data: {
            data: [0, 1, 2].map((id) =>
              bytes({ text: `text ${id} 日本語`, subject: id === 0 ? "biology" : "history" }),
            ),
          },
        },
      },
    ],
  });
  connection.close();
}

describe.skipIf(reason !== null)(
  `the single file of ${engineTitle("core")}${reason === null ? "" : ` (${reason})`}`,
  () => {
    let folder: string;
    let file: string;
    let hash: string;
    const opened: Store[] = [];

    async function open(uri: string): Promise<Store> {
      const environment = {
        variables: process.env,
        projectRoot: folder,
        workingDirectory: folder,
        configFile: null,
        configIsTrusted: true,
      };
      const store = await openStore(configSchema.parse({ milvus: { uri } }), environment);
      opened.push(store);
      return store;
    }

    const hashOfFile = async (): Promise<string> =>
      createHash("sha256")
        .update(await readFile(file))
        .digest("hex");

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "rag-lite2-"));
      file = join(folder, "demo.db");
      process.env["RAG_TEST_MILVUS_DB"] = file;
      const engine = await startEngine("core").finally(() => delete process.env["RAG_TEST_MILVUS_DB"]);
      const store = await open(`http://${engine.address}`);
      await fill(await store.create("own", manifestFor(4)), { documents: 7, chunks: 3, dimensions: 4 });
      await makeTutorial(engine.address);
      await store.close();
      await engine.stop();
      hash = await hashOfFile();
      // Installs the engine of this tool, where that was not done before.
      const first = await open("demo.db");
      await first.list();
      await first.close();
    }, ENGINE_START_MS);

    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
      // The engine is gone with the command, and leaves the file as it was.
      expect(await readdir(folder)).not.toContain(".demo.db.lock");
      expect(await hashOfFile()).toBe(hash);
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it("is listed and searched in every mode", async () => {
      const store = await open("demo.db");
      expect(store).toMatchObject({ kind: "milvus-lite", location: "demo.db" });
      expect(await store.list()).toEqual(["own", "tutorial"]);
      const own = await openOwn(store, "own");
      expect(await own.stats()).toMatchObject({ documents: 7, chunks: 21 });
      expect(await own.overview()).toMatchObject({ documents: 7, chunks: 21, gap: null });
      const [wanted] = await own.chunksOf([
        (await own.documents()).find(({ source }) => source === "docs/4.md")!.docId,
      ]);
      const request = { text: "n4x0", vector: wanted!.vector, limit: 1, filters: [] };
      for (const mode of ["text", "dense", "hybrid"] as const) {
        const [hit] = await own.search({ ...request, mode });
        expect(hit?.chunk.source, mode).toBe("docs/4.md");
      }
    });

    it("gives what the tutorials put into it without a setting", async () => {
      const tutorial = await (await open("demo.db")).open("tutorial");
      expect(tutorial).toMatchObject({ modes: ["dense"], foreign: { missing: [] } });
      expect(await tutorial?.overview()).toMatchObject({ documents: 3, chunks: 3, gap: null });
      const vector = new Float32Array([0, 1, 0.1]);
      const hits = await tutorial?.search({ mode: "dense", text: "", vector, limit: 2, filters: [] });
      expect(hits?.map(({ chunk }) => [chunk.text, chunk.metadata])).toEqual([
        ["text 1 日本語", { subject: "history" }],
        ["text 2 日本語", { subject: "history" }],
      ]);
    });

    it.each([
      ["own", "rag collections copy own --to demo-3.db"],
      ["tutorial", "rag ingest <paths...> --uri demo-3.db"],
      ["new", "rag ingest <paths...> --uri demo-3.db"],
    ])("is not written: %s is brought over by %s", async (name, hint) => {
      const store = await open("demo.db");
      const refusal = { code: "read-only-database", hint: expect.stringContaining(hint) as string };
      await expect(store.lockForWriting(name, "ingest")).rejects.toMatchObject(refusal);
      await expect(store.create(name, manifestFor(4))).rejects.toMatchObject(refusal);
      await expect(store.drop(name, { evenIfForeign: true })).rejects.toMatchObject(refusal);
    });

    it("is copied to another store, vectors included", async () => {
      const [from, to] = [await open("demo.db"), await open("./copied")];
      const source = await openOwn(from, "own");
      const { chunks } = await copyBetweenStores({
        source,
        from: { store: from, name: "own" },
        to: { store: to, name: "own" },
        isSameStore: false,
        signal: new AbortController().signal,
        onProgress() {},
      });
      expect(chunks).toMatchObject({ total: 21, written: 21 });
      expect(await contents(await openOwn(to, "own"))).toEqual(await contents(source));
    });

    it("is shared by commands that come one after another, and waits for the other to end", async () => {
      const [first, second] = [await open("demo.db"), await open("demo.db")];
      expect(await first.list()).toHaveLength(2);
      const waiting = second.list();
      await first.close();
      expect(await waiting).toHaveLength(2);
    });
  },
);
