import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFilter } from "../../../../src/filters/parse.ts";
import { configSchema, type ConfigInput } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import type { ForeignCollection, Store } from "../../../../src/stores/types.ts";
import type { Filter } from "../../../../src/types.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../../../fixtures/milvus-lite.ts";

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

/** An explicit schema with every type of field, a vector and a BM25 function; and one whose function has no index. */
const explicit = `
import sys
from pymilvus import DataType, Function, FunctionType, MilvusClient
client = MilvusClient(sys.argv[1])

def create(name, dynamic, bm25_index):
    schema = client.create_schema(auto_id=True, enable_dynamic_field=dynamic)
    schema.add_field("pk", DataType.INT64, is_primary=True)
    schema.add_field("body", DataType.VARCHAR, max_length=2000, enable_analyzer=True)
    schema.add_field("url", DataType.VARCHAR, max_length=200)
    schema.add_field("lang", DataType.VARCHAR, max_length=20, nullable=True)
    schema.add_field("year", DataType.INT64)
    schema.add_field("rating", DataType.FLOAT)
    schema.add_field("public", DataType.BOOL)
    schema.add_field("facts", DataType.JSON)
    schema.add_field("tags", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=5, max_length=20)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=3)
    schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(Function(name="bm25", input_field_names=["body"], output_field_names=["words"], function_type=FunctionType.BM25))
    index = client.prepare_index_params()
    index.add_index("embedding", index_type="FLAT", metric_type="COSINE")
    if bm25_index:
        index.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
    client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong")
    client.insert(name, [
        {
            "body": "needle " * (1 if i == 0 else 3) + f"number{i}", "url": f"https://site/{i}", "lang": None if i == 2 else "en" if i < 600 else "ja",
            "year": 2000 + i, "rating": i / 2, "public": i % 2 == 0, "facts": {"a": i}, "tags": ["all", f"t{i}"],
            "embedding": [1.0, i / 700, 0.0],
            **({"subject": "history" if i % 2 else "biology", "pages": [i, i + 1], "delta": -i} if dynamic else {}),
        }
        for i in range(700)
    ])

client.create_collection("notes", dimension=3, consistency_level="Strong")
client.insert("notes", [{"id": i, "vector": [1.0, float(i), 0.0], "body": f"note {i}"} for i in range(3)])

create("articles", True, True)
create("fixed", False, True)
create("unindexed", False, False)
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
      for (const [script, database] of [
        [tutorial, "theirs.db"],
        [explicit, "explicit.db"],
      ] as const) {
        await run(python, ["-I", "-c", script, join(folder, database)], { timeout: 60_000 });
      }
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
    async function collection(milvus?: NonNullable<ConfigInput["milvus"]>): Promise<ForeignCollection> {
      return (await (await store(milvus)).open("tutorial")) as ForeignCollection;
    }
    const nearFirst = { mode: "dense", text: "", vector: new Float32Array([1, 0.5, 0]), limit: 2 } as const;

    it("says what it is, and what is missing before it can be searched", async () => {
      const theirs = await collection({ fields: { vector: "nowhere" } });
      expect(theirs.foreign.missing).toEqual([expect.stringContaining("milvus.fields.vector")]);
      expect((await collection()).manifest).toMatchObject({ metric: "ip", embedding: { dimensions: 3 } });
      expect(await theirs.stats()).toMatchObject({ chunks: 3 });
      await expect(theirs.search({ ...nearFirst, filters: [] })).rejects.toMatchObject({
        code: "foreign-fields",
        hint: expect.stringContaining("milvus.fields.vector") as string,
      });
    });

    it("needs no setting, where its rows have the fields of the tutorials", async () => {
      const theirs = await collection();
      expect(theirs.foreign.missing).toEqual([]);
      const hits = await theirs.search({ ...nearFirst, filters: [] });
      expect(hits.map(({ chunk }) => chunk.text)).toEqual(["text 0 日本語", "text 1 日本語"]);
      expect(await theirs.overview()).toMatchObject({ documents: 3, chunks: 3, gap: null });
    });

    it("says what its rows have instead, where they have no field of that name", async () => {
      const notes = (await (await store({ uri: "explicit.db" })).open("notes")) as ForeignCollection;
      await expect(notes.search({ ...nearFirst, filters: [] })).rejects.toMatchObject({
        code: "foreign-fields",
        hint: expect.stringMatching(/milvus\.fields\.text.*they have body/) as string,
      });
    });

    it("is searched, once its fields are named", async () => {
      const theirs = await collection({ fields: { text: "text", title: "subject" } });
      expect(theirs.foreign.missing).toEqual([]);
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
      const filters = [createFilter("subject", "=", "history")];
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
      const theirs = (await opened.open("tutorial")) as ForeignCollection;
      for (const write of ["upsert", "deleteDocuments", "deleteStale", "optimize"])
        expect(theirs).not.toHaveProperty(write);
      await expect(opened.drop("tutorial")).rejects.toMatchObject({
        code: "foreign-collection",
        hint: expect.stringContaining("rag collections drop tutorial --yes") as string,
      });
      expect(await opened.list()).toEqual(["tutorial"]);
      await opened.drop("tutorial", { evenIfForeign: true });
      expect(await opened.list()).toEqual([]);
    });

    describe("with a schema of its own", () => {
      const articles = async (
        name = "articles",
        fields: NonNullable<ConfigInput["milvus"]>["fields"] = { source: "url" },
      ): Promise<ForeignCollection> =>
        (await (await store({ uri: "explicit.db", fields })).open(name)) as ForeignCollection;
      const vector = new Float32Array([1, 0, 0]);
      const filter = createFilter;

      it("is searched by vector, by text, and by both", async () => {
        const theirs = await articles();
        expect(theirs.foreign.missing).toEqual([]);
        expect(theirs.modes).toEqual(["hybrid", "dense", "text"]);
        const request = { text: "number650", vector, limit: 3, filters: [] };
        const [hybrid, dense, text] = await Promise.all(
          (["hybrid", "dense", "text"] as const).map((mode) => theirs.search({ ...request, mode })),
        );
        expect(dense?.map(({ chunk }) => chunk.source)).toEqual(["https://site/0", "https://site/1", "https://site/2"]);
        expect(text?.[0]?.chunk).toMatchObject({
          source: "https://site/650",
          text: "needle needle needle number650",
          metadata: { year: 2650, lang: "ja", subject: "biology", tags: ["all", "t650"] },
        });
        const sources = hybrid?.map(({ chunk }) => chunk.source) ?? [];
        // The first of either list, and the second of the only one that has a second.
        expect(new Set(sources.slice(0, 2))).toEqual(new Set(["https://site/0", "https://site/650"]));
        expect(sources[2]).toBe("https://site/1");
        // The only hit by text has all that text weighs.
        expect(hybrid?.[0]?.score).toBeCloseTo(0.7);
      });

      it.each<[string, Filter[], number[]]>([
        ["a number", [filter("year", "=", "2650")], [650]],
        ["a number between two integers", [filter("year", ">", "2697.5")], [698, 699]],
        ["a fraction", [filter("rating", ">=", "349")], [698, 699]],
        ["what is no number", [filter("year", "=", "recent")], []],
        ["truth", [filter("public", "=", "false"), filter("year", ">", "2696")], [697, 699]],
        ["text", [filter("lang", "=", "ja"), filter("year", "<=", "2601")], [600, 601]],
        ["text that may be missing", [filter("lang", "!=", "en"), filter("year", "<", "2600")], [2]],
        ["a glob", [filter("source", "~", "*/69?")], [690, 691, 692, 693, 694, 695, 696, 697, 698, 699]],
        [
          "the start of an address",
          [filter("source", "~", "https://site/69*")],
          [69, 690, 691, 692, 693, 694, 695, 696, 697, 698, 699],
        ],
        ["the field that stands for the source, by its own name", [filter("url", "=", "https://site/7")], [7]],
        ["one of a list", [filter("tags", "=", "t3")], [3]],
        ["a dynamic field", [filter("subject", "=", "history"), filter("year", ">=", "2697")], [697, 699]],
        ["one of a dynamic list", [filter("pages", "=", "650")], [649, 650]],
        ["a negative number in a dynamic field", [filter("delta", "=", "-650")], [650]],
        ["a dynamic field that no row has", [filter("author", "=", "me")], []],
        ["one that differs", [filter("subject", "!=", "history"), filter("year", ">", "2697")], [698]],
        ["quotes", [filter("lang", "=", '" or 1==1 or "')], []],
      ])("is filtered by %s, however far down the passage is", async (_, filters, numbers) => {
        const theirs = await articles();
        for (const mode of ["dense", "text", "hybrid"] as const) {
          const hits = await theirs.search({ mode, text: "needle", vector, limit: 20, filters });
          const found = hits.map(({ chunk }) => Number(chunk.source.split("/").at(-1)));
          expect(
            [...found].sort((a, b) => a - b),
            mode,
          ).toEqual(numbers);
        }
      });

      it("is filtered by its keys, where no field says where a passage is from", async () => {
        const theirs = await articles("fixed", {});
        const request = { mode: "dense", text: "", vector, limit: 1 } as const;
        const [first] = await theirs.search({ ...request, filters: [] });
        const [second] = await theirs.search({ ...request, filters: [filter("source", "!=", first!.chunk.source)] });
        expect(second?.chunk.source).not.toBe(first?.chunk.source);
        const again = await theirs.search({ ...request, filters: [filter("source", "=", second!.chunk.source)] });
        expect(again.map(({ chunk }) => chunk.id)).toEqual([second?.chunk.id]);
      });

      it.each([
        ["page", "fixed", /has nothing for a filter by page/],
        ["heading", "articles", /has nothing for a filter by heading/],
        ["author", "fixed", /has no field "author"/],
        ["facts", "articles", /the field "facts".* holds what no filter reaches into/],
        ["embedding", "articles", /the field "embedding".* holds vectors/],
      ])("refuses a filter by %s of %s, and names what it can be filtered by", async (field, name, message) => {
        const theirs = await articles(name);
        const filters = [filter(field, "=", "1")];
        await expect(
          theirs.search({ mode: "text", text: "needle", vector: null, limit: 1, filters }),
        ).rejects.toMatchObject({
          code: "foreign-filter",
          exitCode: 2,
          message: expect.stringMatching(message) as string,
          hint: expect.stringContaining("year") as string,
        });
      });

      it("serves by vector alone, where its BM25 function has no index", async () => {
        const theirs = await articles("unindexed");
        expect(theirs.modes).toEqual(["dense"]);
        await expect(
          theirs.search({ mode: "text", text: "needle", vector: null, limit: 1, filters: [] }),
        ).rejects.toMatchObject({ code: "no-text-index", hint: expect.stringContaining("dense") as string });
      });

      it("says which fields there are, where the configuration names others", async () => {
        const theirs = await articles("fixed", { id: "id", vector: "vector", text: "passage" });
        const missing = theirs.foreign.missing.join("\n");
        expect(missing).toContain("primary key, pk");
        expect(missing).toContain("(embedding)");
        expect(missing).toContain('"passage"');
      });
    });
  },
);
