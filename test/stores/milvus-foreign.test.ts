import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configSchema, type ConfigInput } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import type { Collection, Store } from "../../src/stores/types.ts";
import { documentChunks } from "../fixtures/chunks.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";

const run = promisify(execFile);

/** What the tutorials for Python do: an integer key, a vector, everything else dynamic, inner product. */
const tutorial = `
import sys
from pymilvus import MilvusClient
client = MilvusClient(sys.argv[1])
client.create_collection("tutorial", dimension=3, metric_type="IP", consistency_level="Strong")
client.insert("tutorial", [
    {"id": i, "vector": [float(i == axis) for axis in range(3)], "text": f"text {i} 日本語", "subject": "history" if i else "biology"}
    for i in range(3)
])
client.close()
`;

describe.skipIf(liteUnavailable !== null)(
  `a collection that another program made${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
  () => {
    let folder: string;
    const open: Store[] = [];
    beforeAll(async () => {
      const python = await provisionLite();
      folder = await mkdtemp(join(tmpdir(), "rag-foreign-"));
      await run(python, ["-I", "-c", tutorial, join(folder, "theirs.db")], { timeout: 60_000 });
    }, PROVISION_MS);
    afterAll(async () => {
      await Promise.all(open.map((store) => store.close()));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    async function store(milvus: NonNullable<ConfigInput["milvus"]> = {}): Promise<Store> {
      const config = configSchema.parse({ milvus: { uri: "theirs.db", idleMinutes: 1, ...milvus } });
      const opened = await openStore(config, {
        variables: process.env,
        projectRoot: folder,
        workingDirectory: folder,
        configFile: null,
        configIsTrusted: true,
      });
      open.push(opened);
      return opened;
    }
    async function collection(milvus?: NonNullable<ConfigInput["milvus"]>): Promise<Collection> {
      return (await (await store(milvus)).open("tutorial")) as Collection;
    }
    const nearFirst = { mode: "dense", text: "", vector: new Float32Array([1, 0.5, 0]), limit: 2 } as const;

    it("says what it is, and what is missing before it can be searched", async () => {
      const theirs = await collection();
      expect(theirs.foreign?.missing).toEqual([expect.stringContaining("milvus.fields.text")]);
      expect(theirs.manifest).toMatchObject({ metric: "ip", embedding: { dimensions: 3 } });
      expect(await theirs.stats()).toMatchObject({ chunks: 3 });
      await expect(theirs.search({ ...nearFirst, filters: [] })).rejects.toMatchObject({
        code: "foreign-fields",
        hint: expect.stringContaining("milvus.fields.text") as string,
      });
    });

    it("is searched, once its fields are named", async () => {
      const theirs = await collection({ fields: { text: "text", title: "subject" } });
      expect(theirs.foreign?.missing).toEqual([]);
      expect(theirs.modes).toEqual(["dense"]);
      const hits = await theirs.search({ ...nearFirst, filters: [] });
      expect(hits.map(({ chunk }) => [chunk.id, chunk.text, chunk.title])).toEqual([
        ["0", "text 0 日本語", "biology"],
        ["1", "text 1 日本語", "history"],
      ]);
      expect(hits[0]?.score).toBeCloseTo(1);
    });

    it("is filtered by its own fields", async () => {
      const theirs = await collection({ fields: { text: "text" } });
      const filters = [{ field: "subject", operator: "=", value: "history" } as const];
      const hits = await theirs.search({ ...nearFirst, filters });
      expect(hits.map(({ chunk }) => [chunk.id, chunk.metadata])).toEqual([
        ["1", { subject: "history" }],
        ["2", { subject: "history" }],
      ]);
    });

    it("tells its documents, by the field that says where a passage is from", async () => {
      const theirs = await collection({ fields: { text: "text", source: "subject" } });
      const documents = await theirs.documents();
      expect(documents.map(({ source, docChunks }) => [source, docChunks]).sort()).toEqual([
        ["biology", 1],
        ["history", 2],
      ]);
    });

    it("is not written, and not dropped unless that is meant", async () => {
      const opened = await store();
      const theirs = (await opened.open("tutorial")) as Collection;
      await expect(theirs.upsert(documentChunks("a.md", ["x"]))).rejects.toMatchObject({ code: "foreign-collection" });
      await expect(theirs.deleteDocuments([])).rejects.toMatchObject({ code: "foreign-collection" });
      await expect(opened.drop("tutorial")).rejects.toMatchObject({ code: "foreign-collection" });
      expect(await opened.list()).toEqual(["tutorial"]);
      await opened.drop("tutorial", { evenIfForeign: true });
      expect(await opened.list()).toEqual([]);
    });
  },
);
