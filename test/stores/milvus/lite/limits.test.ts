import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createFilter } from "../../../../src/filters/parse.ts";
import { type ConfigInput, configSchema } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import type { NewManifest, Store } from "../../../../src/stores/types.ts";
import { loadAnalyzer } from "../../../../src/text/analysis/analyzer.ts";
import { detectLanguage } from "../../../../src/text/analysis/detect-language.ts";
import { documentId } from "../../../../src/util/ids.ts";
import { documentChunks, randomNumbers, randomVector } from "../../../fixtures/chunks.ts";
import { openOwn } from "../../../fixtures/collections.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../../../fixtures/milvus-lite.ts";

const textOnly: NewManifest = {
  embedding: null,
  metric: "cosine",
  chunking: {},
  toolVersion: "0.0.0-test",
  createdAt: "2026-01-02T03:04:05.000Z",
};

describe.skipIf(liteUnavailable !== null)(
  `Milvus Lite at its limits${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
  () => {
    let folder: string;
    let store: Store;
    const open = (milvus: NonNullable<ConfigInput["milvus"]> = {}, configIsTrusted = true): Promise<Store> =>
      openStore(configSchema.parse({ milvus: { uri: "./test.db", idleMinutes: 1, ...milvus } }), {
        variables: process.env,
        projectRoot: folder,
        workingDirectory: folder,
        configFile: join(folder, ".ragrc"),
        configIsTrusted,
      });
    beforeAll(async () => {
      await provisionLite();
      folder = await mkdtemp(join(tmpdir(), "rag-limits-"));
      store = await open();
    }, PROVISION_MS);
    afterAll(async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    async function endEngine(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
      const pointer = await readFile(join(folder, "test.db", ".rag-engine.json"), "utf8");
      const { pid } = JSON.parse(pointer) as { pid: number };
      process.kill(pid, signal);
      await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 30_000 });
    }

    it("gives all of a document that is larger than one answer", async () => {
      const collection = await store.create("large", textOnly);
      const chunks = documentChunks(
        "large.md",
        Array.from({ length: 12_000 }, (_, i) => `passage ${i}`),
      );
      await collection.upsert(chunks);
      const ids = (await collection.chunksOf([documentId("large.md")])).map((chunk) => chunk.id);
      expect(new Set(ids)).toEqual(new Set(chunks.map((chunk) => chunk.id)));
      expect(ids).toHaveLength(12_000);
    });

    it("finds what meets a filter, however far down it is", async () => {
      const collection = await store.create("deep", textOnly);
      // The only passage that meets the filter ranks last.
      const texts = Array.from({ length: 600 }, (_, i) =>
        i === 599 ? `needle ${"hay ".repeat(200)}` : "needle needle",
      );
      const chunks = documentChunks("deep.md", texts).map((chunk) =>
        Object.assign(chunk, { metadata: { last: chunk.ordinal === 599 } }),
      );
      await collection.upsert(chunks);
      const hits = await collection.search({
        mode: "text",
        text: "needle",
        vector: null,
        limit: 3,
        filters: [createFilter("last", "=", "true")],
      });
      expect(hits.map((hit) => hit.chunk.ordinal)).toEqual([599]);
    });

    it("finds by vector the only passage that meets a filter", async () => {
      const embedding = { provider: "test", model: "tiny", dimensions: 16, queryPrefix: "", documentPrefix: "" };
      const collection = await store.create("nearest", { ...textOnly, embedding });
      const random = randomNumbers(5);
      const vectors = Array.from({ length: 3000 }, () => randomVector(random, 16));
      await collection.upsert(
        documentChunks(
          "a.md",
          vectors.map((_, i) => `passage ${i}`),
          { vectors },
        ).map((chunk) => Object.assign(chunk, { page: chunk.ordinal })),
      );
      await collection.optimize();
      // The graph that AUTOINDEX means here loses such passages, once it is built.
      expect((await collection.stats()).index).toContainEqual(
        expect.objectContaining({ name: "vector", type: "FLAT" }),
      );
      for (let page = 0; page < 3000; page += 300) {
        const filters = [createFilter("page", "=", String(page))];
        const hits = await collection.search({ mode: "dense", text: "", vector: vectors[1]!, limit: 5, filters });
        expect(hits.map(({ chunk }) => chunk.ordinal)).toEqual([page]);
      }
    });

    it("finds words of languages without spaces, and English words by their stems", async () => {
      const collection = await store.create("words", textOnly);
      await collection.upsert(
        documentChunks("a.md", ["数据存储在对象存储中。", "天气很好。", "It stores what was inserted."]),
      );
      const find = async (text: string): Promise<string[]> =>
        (await collection.search({ mode: "text", text, vector: null, limit: 3, filters: [] })).map(
          (hit) => hit.chunk.text,
        );
      expect(await find("数据怎么存储？")).toEqual(["数据存储在对象存储中。"]);
      expect(await find("storing inserts")).toEqual(["It stores what was inserted."]);
    });

    it.each(["Данные хранятся", "索引很快", "ข้อมูลถูกเก็บ", "सूचकांक तेज़ है", "C++ 2.4.6", "naïve Zürich"])(
      "keeps terms of any script whole: %s",
      async (text) => {
        const collection = await store.create(`terms_${randomUUID().replaceAll("-", "")}`, textOnly);
        const language = await detectLanguage(text);
        await collection.upsert(documentChunks("a.md", [text, "else"], { language }));
        const found = async (question: string) => {
          const request = { mode: "text" as const, text: question, vector: null, limit: 3, filters: [] };
          return (await collection.search(request)).map(({ chunk }) => chunk.text);
        };
        const words = (await loadAnalyzer(language)).queryWords(text);
        const terms = words.flatMap((word) => word.terms.map(({ term }) => term));
        for (const { word } of words) expect(await found(word)).toEqual([text]);
        // What the engine would make of a term by itself finds nothing.
        const pieces = terms.flatMap((term) => term.split(/[^\p{L}\p{N}]+/u));
        const others = pieces.filter((piece) => piece !== "" && !terms.includes(piece));
        for (const piece of others) expect(await found(piece)).toEqual([]);
      },
    );

    it.each([
      { type: "SCANN" },
      { type: "NOPE" },
      { type: "flat" },
      { type: "HNSW", params: { M: "bad" } },
      { type: "HNSW", params: { M: 1 } },
      { type: "HNSW_SQ", params: { M: true } },
      { type: "HNSW", params: { efConstruction: 1.5 } },
      { type: "IVF_FLAT", params: { nlist: 0 } },
    ])("refuses an index that it cannot build: %j", async (index) => {
      const odd = await open({ index });
      const refusal = { code: expect.stringMatching(/^index-(type|params)$/), exitCode: 2 };
      await expect(odd.createBeside("odd", textOnly)).rejects.toMatchObject(refusal);
      await expect(odd.create("odd", textOnly)).rejects.toMatchObject(refusal);
      expect(await odd.list()).not.toContain("odd");
      await odd.close();
    });

    it("names the indexes that it has", async () => {
      const odd = await open({ index: { type: "SCANN" } });
      await expect(odd.createBeside("odd", textOnly)).rejects.toMatchObject({
        hint: expect.stringMatching(/FLAT, HNSW, .*IVF_FLAT.*milvus\.index\.type/) as string,
      });
      await odd.close();
    });

    it.each([
      { type: "AUTOINDEX" },
      { type: "FLAT", params: { M: "unread" } },
      { type: "HNSW", params: { M: 8, efConstruction: "64" } },
      { type: "HNSW_SQ" },
      { type: "IVF_FLAT", params: { nlist: 1 } },
      { type: "IVF_SQ8", params: { nlist: 65_536 } },
    ])("searches by every index that it has, also with an engine that reads it from disk: %j", async (index) => {
      const configured = await open({ index });
      const embedding = { provider: "test", model: "tiny", dimensions: 8, queryPrefix: "", documentPrefix: "" };
      const collection = await configured.create(`with_${index.type}`, { ...textOnly, embedding });
      const random = randomNumbers(3);
      const vectors = Array.from({ length: 200 }, () => randomVector(random, 8));
      await collection.upsert(
        documentChunks(
          "a.md",
          vectors.map((_, i) => `passage ${i}`),
          { vectors },
        ),
      );
      await collection.optimize();
      await endEngine("SIGTERM");
      const hits = await collection.search({ mode: "dense", text: "", vector: vectors[7]!, limit: 1, filters: [] });
      expect(hits.map(({ chunk }) => chunk.ordinal)).toEqual([7]);
      await configured.close();
    });

    it.each([0, 128, 200])("makes an index anew whose file was being written at %d bytes", async (bytes) => {
      const embedding = { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" };
      const collection = await store.create(`cut_${bytes}`, { ...textOnly, embedding });
      const vectors = Array.from({ length: 50 }, (_, i) => new Float32Array([1, i]));
      const texts = vectors.map((_, i) => `passage ${i}`);
      await collection.upsert(documentChunks("a.md", texts, { vectors }));
      await collection.optimize();
      await endEngine("SIGTERM");
      const files = (await readdir(join(folder, "test.db", "collections", `cut_${bytes}`), { recursive: true }))
        .filter((file) => file.endsWith(".idx"))
        .map((file) => join(folder, "test.db", "collections", `cut_${bytes}`, file));
      expect(files).not.toEqual([]);
      for (const file of files) await truncate(file, bytes);
      const again = await openOwn(store, `cut_${bytes}`);
      expect(await again.countChunks()).toBe(50);
      const hits = await again.search({ mode: "dense", text: "", vector: vectors[7]!, limit: 1, filters: [] });
      expect(hits.map(({ chunk }) => chunk.ordinal)).toEqual([7]);
    });

    it("says what to do about a collection that cannot be loaded", async () => {
      const embedding = { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" };
      const collection = await store.create("lost", { ...textOnly, embedding });
      await collection.upsert(documentChunks("a.md", ["x"], { vectors: [new Float32Array([1, 0])] }));
      await collection.optimize();
      await endEngine("SIGKILL");
      // As earlier versions of this tool, and other programs, let it be made.
      const manifest = join(folder, "test.db", "collections", "lost", "manifest.json");
      await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"FLAT"', '"SCANN"'));
      const lost = (await store.open("lost"))!;
      await expect(lost.stats()).rejects.toMatchObject({
        code: "store-failed",
        exitCode: 4,
        message: expect.stringMatching(/"lost" cannot be loaded.*SCANN/) as string,
        hint: expect.stringMatching(/--recreate.*rag collections drop lost/) as string,
      });
      await store.drop("lost");
      expect(await store.list()).not.toContain("lost");
    });

    it("refuses a vector that is none, and a text that does not fit", async () => {
      const embedding = { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" };
      const collection = await store.create("vectors", { ...textOnly, embedding });
      const strange = documentChunks("a.md", ["x"], { vectors: [new Float32Array([1, Number.NaN])] });
      await expect(collection.upsert(strange)).rejects.toMatchObject({ code: "vector-not-finite" });
      const endless = documentChunks("a.md", ["日".repeat(30_000)], { vectors: [new Float32Array([1, 0])] });
      await expect(collection.upsert(endless)).rejects.toMatchObject({ code: "too-long" });
      expect((await collection.stats()).chunks).toBe(0);
    });

    it("keeps a title and headings of any length, cut where they do not fit", async () => {
      const collection = await store.create("titles", textOnly);
      const heading = ["a > b", "日".repeat(5_000)];
      await collection.upsert(documentChunks("a.md", ["text"], { title: "日".repeat(5_000), heading }));
      const [chunk] = await collection.chunksOf([documentId("a.md")]);
      expect(chunk?.heading).toEqual(heading);
      expect(chunk?.title).toBe("日".repeat(1_365));
    });

    it("writes what holds half of a character", async () => {
      const collection = await store.create("halves", textOnly);
      await collection.upsert(documentChunks("a.md", ["half \ud83d"], { metadata: { note: "\udc2b" } }));
      const [chunk] = await collection.chunksOf([documentId("a.md")]);
      expect([chunk?.text, chunk?.metadata]).toEqual(["half \ufffd", { note: "\ufffd" }]);
    });

    it("names a database that it does not have", async () => {
      const other = await open({ database: "nowhere" });
      await expect(other.create("docs", textOnly)).rejects.toMatchObject({
        code: "milvus-database",
        message: expect.stringContaining("nowhere") as string,
      });
      await other.close();
    });

    it("runs no program that a project's own configuration names", async () => {
      await expect(open({ python: "./evil" }, false)).rejects.toMatchObject({
        code: "untrusted-configuration",
        hint: expect.stringMatching(/name the file yourself: --config \S+$/),
      });
    });
  },
);
