import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

/** The engine that is set up already, from a home folder that is empty. */
const variables = { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache") };

/** A collection with vectors, a BM25 function and typed fields, as a program in Python makes it. */
const script = `
import sys
from pymilvus import DataType, Function, FunctionType, MilvusClient
client = MilvusClient(sys.argv[1])
schema = client.create_schema()
schema.add_field("pk", DataType.VARCHAR, is_primary=True, max_length=100)
schema.add_field("body", DataType.VARCHAR, max_length=2000, enable_analyzer=True)
schema.add_field("url", DataType.VARCHAR, max_length=200)
schema.add_field("year", DataType.INT64)
schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=3)
schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
schema.add_function(Function(name="bm25", input_field_names=["body"], output_field_names=["words"], function_type=FunctionType.BM25))
index = client.prepare_index_params()
index.add_index("embedding", index_type="FLAT", metric_type="COSINE")
index.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
client.create_collection("articles", schema=schema, index_params=index, consistency_level="Strong")
texts = ["Camels cross the desert at night.", "The ferry leaves the harbour at noon.", "Glaciers carve valleys over thousands of years."]
client.insert("articles", [
    {"pk": f"key-{i}", "body": text, "url": f"https://site/{i}.html", "year": 2020 + i, "embedding": [float(axis == i) for axis in range(3)]}
    for i, text in enumerate(texts)
])
for name in ["twofold", "tutorial"]:
    schema = client.create_schema(enable_dynamic_field=True)
    schema.add_field("id", DataType.INT64, is_primary=True)
    index = client.prepare_index_params()
    for field in ["title_vector", "text_vector"] if name == "twofold" else ["vector"]:
        schema.add_field(field, DataType.FLOAT_VECTOR, dim=3)
        index.add_index(field, index_type="FLAT", metric_type="IP")
    client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong")
client.insert("tutorial", [{"id": 1, "vector": [1.0, 0.0, 0.0], "text": "Alan Turing", "subject": "history"}])
client.close()
`;

interface Found {
  mode: string;
  hits: { source: string; text: string; metadata: object }[];
}

describe.skipIf(liteUnavailable !== null)(
  `commands on a collection that another program made${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
  () => {
    let sandbox: Sandbox;
    let model: FakeServer;
    beforeAll(async () => {
      const python = await provisionLite();
      sandbox = await createSandbox();
      await promisify(execFile)(python, ["-I", "-c", script, join(sandbox.folder, "theirs.db")], { timeout: 60_000 });
      // Every question is near the last passage.
      const data = [{ object: "embedding", index: 0, embedding: [0.1, 0.2, 0.9] }];
      const usage = { prompt_tokens: 1, total_tokens: 1 };
      const handlers = { "/v1/embeddings": () => ({ object: "list", model: "m", data, usage }) };
      model = await startFakeServer({ handlers });
      const uri = { uri: "theirs.db", fields: { source: "url" } };
      const providers = { theirs: { baseUrl: model.baseUrl, embeddingModel: "m", dimensions: 3 } };
      await sandbox.write({
        "text.json": JSON.stringify({ collection: "articles", milvus: uri }),
        "both.json": JSON.stringify({
          collection: "articles",
          milvus: uri,
          providers,
          embedding: { provider: "theirs" },
        }),
        "other-model.json": JSON.stringify({
          collection: "articles",
          milvus: uri,
          embedding: { provider: "openai", model: "text-embedding-3-small" },
        }),
        "x.md": "# Ferries\n\nThe ferry leaves at noon.\n",
        "unnamed.json": JSON.stringify({ milvus: { uri: "theirs.db", fields: { text: "passage" } } }),
      });
    }, PROVISION_MS);
    afterAll(async () => {
      await model.close();
      await sandbox.remove();
    });

    const run = (config: string, ...argv: string[]) => sandbox.rag([...argv, "--config", config], { variables });
    const found = async (config: string, ...argv: string[]): Promise<Found> => {
      const { stdout, stderr, exitCode } = await run(config, "search", ...argv, "--json");
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      return JSON.parse(stdout) as Found;
    };

    it("search by vector and text with its model, and by text without", async () => {
      const both = await found("both.json", "when does the ferry leave?");
      expect(both.mode).toBe("hybrid");
      expect(new Set(both.hits.slice(0, 2).map(({ source }) => source))).toEqual(
        new Set(["https://site/1.html", "https://site/2.html"]),
      );
      const text = await found("text.json", "when does the ferry leave?");
      expect(text).toMatchObject({ mode: "text", hits: [{ source: "https://site/1.html", metadata: { year: 2021 } }] });
    });

    it("filter by its fields, and say by which", async () => {
      const { hits } = await found("both.json", "anything", "--filter", "year<2021", "--filter", "source~https://*");
      expect(hits.map(({ source }) => source)).toEqual(["https://site/0.html"]);
      const refused = await run("both.json", "search", "anything", "--filter", "page=1");
      expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
      expect(refused.stderr).toContain("nothing for a filter by page");
      expect(refused.stderr).toContain("it can be filtered by source, title, pk, body, url, year");
    });

    it("answer with what it holds", async () => {
      const { stdout, exitCode } = await run("text.json", "ask", "When does the ferry leave the harbour?");
      expect({ exitCode, stdout }).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("The ferry leaves the harbour at noon") as string,
      });
      expect(stdout).toContain("https://site/1.html");
    });

    it("show what it is, and what is missing before it can be searched", async () => {
      const shown = await run("text.json", "collections", "show", "articles", "--json");
      expect({ exitCode: shown.exitCode, stderr: shown.stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(JSON.parse(shown.stdout)).toMatchObject({
        name: "articles",
        chunks: 3,
        documents: 3,
        embedding: { dimensions: 3 },
        index: [{ type: "FLAT" }, { type: "SPARSE_INVERTED_INDEX" }],
      });
      const unnamed = await run("unnamed.json", "collections", "show", "articles");
      expect(unnamed).toMatchObject({ exitCode: 0 });
      expect(unnamed.stderr).toContain("`milvus.fields.text`");
      const search = await run("unnamed.json", "search", "ferry", "-c", "articles");
      expect(search).toMatchObject({ exitCode: 2 });
      expect(search.stderr).toContain("`milvus.fields.text`");
    });

    it.each(["", "--recreate", "--check", "--dry-run"])(
      "refuse to ingest into it, whatever the model: %s",
      async (flag) => {
        const flags = flag === "" ? [] : [flag];
        const before = await run("text.json", "collections", "show", "articles", "--json");
        const asked = model.requests.length;
        for (const config of ["text.json", "both.json", "other-model.json"]) {
          const { exitCode, stdout, stderr } = await run(config, "ingest", "x.md", ...flags);
          expect({ config, exitCode, stdout, stderr }).toEqual({
            config,
            exitCode: 2,
            stdout: "",
            stderr:
              'error: another program made the collection "articles": it is read, not written\nhint: ingest into a collection of another name: --collection <name>\n',
          });
        }
        expect(model.requests.length).toBe(asked);
        expect(await run("text.json", "collections", "show", "articles", "--json")).toEqual(before);
      },
    );

    it("tell what the schema tells, and null for what nobody wrote down", async () => {
      const shown = await run("text.json", "collections", "show", "tutorial", "--json");
      const embedding = { provider: null, model: null, dimensions: 3 };
      const nothing = { analyzer: null, createdAt: null };
      expect(JSON.parse(shown.stdout)).toMatchObject({
        ...nothing,
        name: "tutorial",
        embedding,
        updatedAt: null,
        manifest: {
          ...nothing,
          schemaVersion: null,
          embedding: { ...embedding, queryPrefix: null, documentPrefix: null },
          metric: "ip",
          chunking: null,
          toolVersion: null,
        },
      });
      const listed = await run("text.json", "collections", "list", "--json");
      const { collections } = JSON.parse(listed.stdout) as { collections: object[] };
      expect(collections).toMatchObject([
        { name: "articles", embedding, ...nothing },
        { name: "tutorial", embedding, ...nothing },
        { name: "twofold", embedding: { ...embedding, dimensions: null }, ...nothing },
      ]);
      const sources = await run("text.json", "collections", "sources", "tutorial", "--json");
      expect(JSON.parse(sources.stdout)).toMatchObject({ sources: [{ source: "1", updatedAt: null }] });
    });

    it("say to people what is known of it", async () => {
      const { stdout } = await run("text.json", "collections", "show", "tutorial");
      expect(stdout.replaceAll(/ +/g, " ").split("\n")).toEqual([
        "collection tutorial",
        "documents 1",
        "chunks 1",
        "embedding unknown: another program made it, 3 dimensions, ip",
        expect.stringMatching(/^index vector: FLAT/) as string,
        "size unknown",
        "created by another program",
        "updated unknown",
        "",
      ]);
      const listed = await run("text.json", "collections", "list");
      expect(listed.stdout).not.toContain("text only");
      expect(listed.stdout).not.toContain("null");
    });

    it("say that it has vectors, where it is not known which are searched", async () => {
      const shown = await run("text.json", "collections", "show", "twofold");
      expect(shown.stdout).toMatch(/^embedding +unknown: another program made it$/m);
      expect(shown.stderr).toContain(
        "`milvus.fields.vector` to the field that holds the vectors (title_vector, text_vector)",
      );
      for (const config of ["text.json", "both.json"]) {
        const { exitCode, stderr } = await run(config, "search", "x", "-c", "twofold", "--mode", "dense");
        expect({ config, exitCode }).toEqual({ config, exitCode: 2 });
        expect(stderr).toContain("`milvus.fields.vector`");
        expect(stderr).not.toContain("--recreate");
      }
    });

    it("say what --mode dense needs", async () => {
      const { exitCode, stderr } = await run("text.json", "search", "ferry", "--mode", "dense");
      expect(exitCode).toBe(2);
      expect(stderr).toContain("the embedding model that made them");
      expect(stderr).toContain("embedding.provider");
    });
  },
);
