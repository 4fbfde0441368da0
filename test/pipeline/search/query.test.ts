import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { search } from "../../../src/pipeline/search/search.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type { Collection, Store } from "../../../src/stores/types.ts";
import type { SearchMode } from "../../../src/types.ts";
import { documentChunks } from "../../fixtures/chunks.ts";

let folder: string;
let store: Store;
let collection: Collection;
const vector = (at: number) => Float32Array.from([Math.cos(at / 1000), Math.sin(at / 1000)]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-query-"));
  store = openEmbeddedStore({ path: folder, location: folder });
  collection = await store.create("words", {
    embedding: { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" },
    metric: "cosine",
    chunking: {},
    toolVersion: "0",
    createdAt: "2026-01-01T00:00:00.000Z",
  });
  const texts: Record<string, [heading: string, text: string]> = {
    "directives.md": ["Directives", "v-if v-for v-if v-for: v-if with v-for, and v-for with v-if, v-if and v-for."],
    "both.md": ["v-if with v-for", "## v-if with v-for\n\nIt is not recommended to have both of them on one element."],
    "sitemap.md": ["Search engines", "A sitemap lists all pages for a crawler."],
    "tar.md": ["Archives", "Unpack an archive with `tar -xzf file.tar.gz`."],
    "database.md": ["Storage", "A database keeps records in pairs. Kubernetes runs it, with data beside it."],
    "zip.md": ["Other archives", "Unpack an archive of another kind, xzf by name, with unzip."],
  };
  const chunks = Object.entries(texts).flatMap(([source, [heading, text]]) =>
    documentChunks(source, [text], { heading: ["Guide", heading] }),
  );
  // Two hundred passages say both words more often than the one that says the phrase, which is the farthest for vectors.
  const many = Array.from({ length: 200 }, (_, at) =>
    documentChunks(
      `many/${at}.md`,
      [`Tables grow large; large tables grow ${at}. Large tables grow, and grow large.`],
      {
        heading: ["Many"],
      },
    ),
  );
  const rare = documentChunks(
    "rare.md",
    [`About **grow** tables, once. ${"Some other words follow here. ".repeat(20)}`],
    {
      heading: ["Rare"],
    },
  );
  const still = Array.from({ length: 4 }, (_, at) =>
    documentChunks(`still/${at}.md`, [`Large tables stay as they are, and growth is another matter ${at}.`], {
      heading: ["Still"],
    }),
  );
  const all = [...chunks, ...many.flat(), ...rare, ...still.flat()];
  await collection.upsert(all.map((chunk, at) => ({ ...chunk, vector: vector(at) })));
  await collection.optimize();
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function found(query: string, more: Partial<Parameters<typeof search>[1]> = {}) {
  const notices: string[] = [];
  const { hits } = await search(
    { collection, embedQuery: async () => vector(0) },
    {
      query,
      mode: "text",
      topK: 5,
      filters: [],
      minScore: null,
      syntax: "query",
      onNotice: (text) => notices.push(text),
      ...more,
    },
  );
  return { sources: hits.map(({ source }) => source), hits, notices };
}
const modes: SearchMode[] = ["text", "dense", "hybrid"];

describe.each(modes)("in mode %s", (mode) => {
  test("a phrase stands in every hit, however deep it has to be looked for", async () => {
    expect((await found('"grow tables"', { mode })).sources).toEqual(["rare.md"]);
    expect((await found('once "tables grow"', { mode, topK: 300 })).hits).toHaveLength(200);
    expect((await found('tables "about grow tables"', { mode })).sources).toEqual(["rare.md"]);
    expect((await found('tables "tables about grow"', { mode })).sources).toEqual([]);
  });

  test("a word that is excluded stands in no hit, and the hits are as many as are wanted", async () => {
    const { sources } = await found("large tables -grow", { mode, topK: 3 });
    expect(sources).toHaveLength(3);
    const { hits } = await found("large tables -grow", { mode, topK: 300 });
    expect(hits.map(({ text }) => text).filter((text) => /\bgrow\b/.test(text))).toEqual([]);
    const still = hits.map(({ source }) => source).filter((source) => source.startsWith("still/"));
    expect(still.sort()).toEqual(["still/0.md", "still/1.md", "still/2.md", "still/3.md"]);
    const archives = await found("unpack an archive -xzf", { mode, topK: 300 });
    expect(archives.sources).toContain("tar.md");
    expect(archives.sources).not.toContain("zip.md");
  });

  test("a section that is called what the query says comes first", async () => {
    const { sources, hits } = await found("v-if with v-for", { mode });
    expect(sources[0]).toBe("both.md");
    expect(hits[0]!.score).toBeGreaterThanOrEqual(hits[1]!.score);
    expect((await found("V-if with `v-for`?", { mode })).sources[0]).toBe("both.md");
  });

  test("a word that nothing holds is taken for the one that was meant, with a notice", async () => {
    const { sources, notices } = await found("sitmap", { mode });
    expect(notices).toEqual(['nothing holds "sitmap"; searched for "sitemap"']);
    expect(mode === "dense" ? ["sitemap.md"] : sources).toContain("sitemap.md");
  });
});

test("what a question in natural language puts in quotation marks or behind a hyphen is not demanded", async () => {
  const { sources } = await found('What is "not in any passage" of tables -grow?', { syntax: "question" });
  expect(sources).toHaveLength(5);
  expect(sources.some((source) => source.startsWith("many/"))).toBe(true);
});

describe("a mistyped word", () => {
  test("is corrected beside others, and what is right stays", async () => {
    const { sources, notices } = await found("crawler sitmap pages");
    expect(sources[0]).toBe("sitemap.md");
    expect(notices).toEqual(['nothing holds "sitmap"; searched for "sitemap"']);
  });

  test.each([
    ["where is the databse", "databse", "database"],
    ["how to run Kuberntes", "Kuberntes", "kubernetes"],
  ])("of %s is corrected though its beginning is common", async (query, word, meant) => {
    expect((await found(query)).notices).toEqual([`nothing holds "${word}"; searched for "${meant}"`]);
  });

  test.each([
    "sitemap",
    "sitemaps",
    "who lives in Paris",
    "large stored records",
    "keeping records",
    "tables grow",
    '"sitmap"',
    "sitmap2",
    "qqqqqqq",
    "xzf",
  ])("is not seen in %s", async (query) => {
    expect((await found(query)).notices).toEqual([]);
  });

  test("costs nothing where all words are found", async () => {
    let searches = 0;
    const counting: Collection = {
      ...collection,
      search: (request) => {
        searches += 1;
        return collection.search(request);
      },
      textsWithWordLike: () => Promise.reject(new Error("asked for words")),
    };
    const query = { query: "large tables grow", mode: "text" as const, topK: 5, filters: [], minScore: null };
    await search({ collection: counting, embedQuery: null }, query);
    expect(searches).toBe(1);
  });
});
