import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OptionalStage, search } from "../../../src/pipeline/search/search.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type { Collection, NewManifest, Store } from "../../../src/stores/types.ts";
import { documentChunks } from "../../fixtures/chunks.ts";

const textOnly: NewManifest = {
  embedding: null,
  metric: "cosine",
  chunking: {},
  toolVersion: "0",
  createdAt: "2026-01-01T00:00:00.000Z",
};
const query = { mode: null, topK: 5, filters: [], minScore: null };

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-search-"));
  store = openEmbeddedStore({ path: folder, location: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe("in a collection without vectors", () => {
  let collection: Collection;
  beforeAll(async () => {
    collection = await store.create("words", textOnly);
    await collection.upsert([
      ...documentChunks("short.md", ["Stored data, in short."], { heading: ["Notes"] }),
      ...documentChunks("about.md", ["Data is stored in a warehouse."], {
        heading: ["Guide", "Where is data stored?"],
      }),
      ...documentChunks("how.md", ["How is it, and how is that? How is this?"], { heading: ["How"] }),
    ]);
    await collection.optimize();
  });

  test("a passage under a heading that asks the question comes before one that only repeats its words", async () => {
    const { mode, hits } = await search({ collection, embedQuery: null }, { ...query, query: "How is data stored?" });
    expect(mode).toBe("text");
    expect(hits.map((hit) => hit.source)).toEqual(["about.md", "short.md"]);
    expect(hits.map((hit) => hit.rank)).toEqual([1, 2]);
    // The store's own scores are kept: there the order is the other one.
    expect(hits[0]!.scores.text).toBeLessThan(hits[1]!.scores.text!);
    expect(hits[0]!.score).toBeGreaterThan(hits[1]!.score);
  });

  test("of two passages that say the same, the one under headings with the query's words comes first", async () => {
    const parts = await store.create("parts", textOnly);
    const under = (part: string) => ({ heading: ["Guide", part, "Costs"] });
    await parts.upsert([
      ...documentChunks("a.md", ["The fee is paid once."], under("Basic plan")),
      ...documentChunks("b.md", ["The fee is paid once."], under("Large plan")),
    ]);
    await parts.optimize();
    const first = async (text: string) =>
      (await search({ collection: parts, embedQuery: null }, { ...query, query: text })).hits[0]?.source;
    expect(await first("fee of the basic plan")).toBe("a.md");
    expect(await first("fee of the large plan")).toBe("b.md");
  });

  test("words that only ask find nothing by themselves, unless nothing else is asked", async () => {
    const found = async (text: string) =>
      (await search({ collection, embedQuery: null }, { ...query, query: text })).hits.map((hit) => hit.source);
    expect(await found("how is the zebra")).toEqual([]);
    expect(await found("how is this")).toContain("how.md");
  });

  test("hits below the minimum score are left out, and no more than asked for are returned", async () => {
    const all = await search({ collection, embedQuery: null }, { ...query, query: "data" });
    const best = all.hits[0]!.score;
    const few = await search({ collection, embedQuery: null }, { ...query, query: "data", minScore: best });
    expect(few.hits.map((hit) => hit.score)).toEqual([best]);
    expect((await search({ collection, embedQuery: null }, { ...query, query: "data", topK: 1 })).hits).toHaveLength(1);
  });

  test("each stage tells its duration and what it leaves, and the boost can be left out", async () => {
    const run = async (without: OptionalStage[]) => {
      const stages: [string, number][] = [];
      const onStage = (name: string, durationMs: number, hits: number) => {
        expect(durationMs).toBeGreaterThanOrEqual(0);
        stages.push([name, hits]);
      };
      const asked = { ...query, query: "How is data stored?", topK: 1, without, onStage };
      const { hits } = await search({ collection, embedQuery: null }, asked);
      return { stages, sources: hits.map((hit) => hit.source) };
    };
    expect(await run([])).toEqual({
      // The boost chooses among more hits than are wanted.
      stages: [
        ["retrieve", 2],
        ["boost", 2],
        ["cut", 1],
      ],
      sources: ["about.md"],
    });
    expect(await run(["boost"])).toEqual({
      stages: [
        ["retrieve", 1],
        ["cut", 1],
      ],
      sources: ["short.md"],
    });
  });

  test.each(["hybrid", "dense"] as const)("%s is refused, and the message says what to do", async (mode) => {
    await expect(search({ collection, embedQuery: null }, { ...query, query: "data", mode })).rejects.toMatchObject({
      code: "no-vectors",
      // The mode may stand in a file: nobody has to have given the flag.
      message: expect.stringMatching(new RegExp(`the search mode ${mode} needs$`)),
      exitCode: 2,
      hint: expect.stringContaining("--mode text"),
    });
  });

  test.each(["", "  \n"])("the empty query %j is refused", async (text) => {
    await expect(search({ collection, embedQuery: null }, { ...query, query: text })).rejects.toMatchObject({
      code: "empty-query",
    });
  });
});

describe("in a collection with vectors", () => {
  let collection: Collection;
  beforeAll(async () => {
    const embedding = { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" };
    collection = await store.create("vectors", { ...textOnly, embedding });
    await collection.upsert([
      ...documentChunks("near.md", ["apple"], { vectors: [new Float32Array([1, 0])] }),
      ...documentChunks("far.md", ["pear"], { vectors: [new Float32Array([0, 1])] }),
    ]);
  });
  const embedQuery = async () => new Float32Array([1, 0]);

  test("hybrid is the default, and the model sees the question as it was asked", async () => {
    const asked: string[] = [];
    const remember = async (text: string) => {
      asked.push(text);
      return embedQuery();
    };
    const { mode, hits } = await search(
      { collection, embedQuery: remember },
      { ...query, query: "Where is the pear?" },
    );
    expect(mode).toBe("hybrid");
    expect(asked).toEqual(["Where is the pear?"]);
    expect(hits.map((hit) => hit.source).sort()).toEqual(["far.md", "near.md"]);
  });

  test("text serves where the model cannot be used, and dense is refused then", async () => {
    expect((await search({ collection, embedQuery: null }, { ...query, query: "pear" })).mode).toBe("text");
    await expect(
      search({ collection, embedQuery: null }, { ...query, query: "pear", mode: "dense" }),
    ).rejects.toMatchObject({ code: "no-embedding-model", message: expect.stringContaining("test/tiny") });
  });
});
