import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunkerFor } from "../../../src/chunkers/index.ts";
import { markdownLoader } from "../../../src/loaders/markdown.ts";
import { joinNeighbours, sharedLength } from "../../../src/pipeline/passages/joined-text.ts";
import { surroundingsOf } from "../../../src/pipeline/passages/surroundings.ts";
import { search } from "../../../src/pipeline/search/search.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type { Collection, ForeignCollection, Store } from "../../../src/stores/types.ts";
import type { StoredChunk } from "../../../src/types.ts";
import { chunkId, documentId } from "../../../src/util/ids.ts";

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-passages-"));
  store = openEmbeddedStore({ path: folder, location: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page of `sections` sections, each with sentences that differ, in long paragraphs. */
function page(sections: number): string {
  const parts = Array.from({ length: sections }, (_, section) => {
    const paragraph = Array.from({ length: 30 }, (_, at) => `Sentence ${at} of part ${section} ends here.`).join(" ");
    const list = Array.from({ length: 20 }, (_, at) => `  - item ${at} of list ${section}`).join("\n");
    return `## Part ${section}\n\n${paragraph}\n\n\n${list}\n\nA last word about ${section}, with the word needle${section}.`;
  });
  return `# Page\n\nAn introduction of a line.\n\n${parts.join("\n\n")}\n`;
}

async function stored(text: string, source: string, strategy: string): Promise<StoredChunk[]> {
  const { document } = await markdownLoader.load({ source, bytes: new TextEncoder().encode(text) });
  const chunker = await chunkerFor(strategy);
  const chunks = chunker.chunk(document, {
    maxChars: 500,
    overlapChars: 120,
    separator: "# ",
    sentences: 6,
    sentenceOverlap: 2,
  });
  const docId = documentId(source);
  return chunks.map((chunk) => ({
    ...chunk,
    id: chunkId(docId, "hash", chunk.ordinal),
    docId,
    docHash: "hash",
    docChunks: chunks.length,
    source,
    title: "Page",
    format: "markdown",
    metadata: {},
    context: "",
    language: "en",
    updatedAt: 1,
    writer: "w",
    vector: null,
  }));
}

async function collectionOf(name: string, chunks: StoredChunk[]): Promise<Collection> {
  const collection = await store.create(name, {
    embedding: null,
    metric: "cosine",
    chunking: {},
    toolVersion: "0",
    createdAt: "2026-01-01T00:00:00.000Z",
  });
  await collection.upsert(chunks);
  await collection.optimize();
  return collection;
}

const linesOf = (text: string, first: number, last: number) =>
  text
    .split("\n")
    .slice(first - 1, last)
    .join("\n");

describe.each(["markdown", "recursive", "sentence"])("passages of the strategy %s", (strategy) => {
  const text = page(4);
  let chunks: StoredChunk[];
  let collection: Collection;
  beforeAll(async () => {
    chunks = await stored(text, "page.md", strategy);
    collection = await collectionOf(`of_${strategy}`, chunks);
    // Otherwise nothing below would be shown.
    expect(chunks.length).toBeGreaterThan(8);
    expect(chunks.some((chunk, at) => at > 0 && sharedLength(chunks[at - 1]!, chunk) > 20)).toBe(true);
  });

  test("joined with all of their neighbours, they are the document, character by character", async () => {
    for (const chunk of chunks) {
      const { whole, before, after } = await surroundingsOf(collection, chunk, chunks.length);
      expect(whole.text).toBe(text.trim());
      expect([whole.startLine, whole.endLine]).toEqual([1, text.trimEnd().split("\n").length]);
      // Nothing that stands in the passage is said again.
      const words = (part: string) => part.split(/\s+/).filter((word) => word !== "");
      const parts = [before?.text ?? "", chunk.text, after?.text ?? ""].flatMap(words);
      expect(parts).toEqual(words(text));
    }
  });

  test("tell the lines of the text around them", async () => {
    for (const chunk of chunks) {
      for (const extent of [1, 2]) {
        const { before, after } = await surroundingsOf(collection, chunk, extent);
        for (const around of [before, after]) {
          if (around === null) continue;
          expect(linesOf(text, around.startLine!, around.endLine!)).toContain(around.text);
        }
      }
    }
    const first = await surroundingsOf(collection, chunks[0]!, 1);
    expect(first.before).toBeNull();
    const last = await surroundingsOf(collection, chunks.at(-1)!, 1);
    expect(last.after).toBeNull();
  });
});

describe("a section", () => {
  test("is shown from its heading to its end, and not beyond, however long it is", async () => {
    const long = `# Page\n\n## Short\n\n${"A short part of the page, which is long enough to be a passage. ".repeat(8)}\n\n## Long\n\n${Array.from(
      { length: 900 },
      (_, at) => `Line ${at} of the long part says what no other line says.`,
    ).join(" ")}\n\n## End\n\n${"The end of the page is here, after all that was said above it. ".repeat(8)}\n`;
    const chunks = await stored(long, "long.md", "markdown");
    const collection = await collectionOf("sections", chunks);
    const ofLong = chunks.filter(({ heading }) => heading.at(-1) === "Long");
    // More than are read at once, on either side of the passage in the middle.
    expect(ofLong.length).toBeGreaterThan(80);
    const section = long.slice(long.indexOf("## Long"), long.indexOf("## End")).trim();
    for (const chunk of [ofLong[0]!, ofLong[45]!, ofLong.at(-1)!]) {
      expect((await surroundingsOf(collection, chunk, "section")).whole.text).toBe(section);
    }
    const { hits } = await search(
      { collection, embedQuery: null },
      { query: '"no other line"', mode: null, topK: 1, filters: [], minScore: null, expand: "section" },
    );
    expect(hits[0]!.shownStartLine).toBe(7);
    expect(hits[0]!.text.length).toBeLessThan(600);
    expect(`${hits[0]!.before ?? ""}${hits[0]!.after ?? ""}`.length).toBeGreaterThan(40_000);
  });
});

test("passages of a document without lines are joined at what they share", () => {
  const nowhere = { startLine: null, endLine: null };
  const left = { text: "One sentence. Another sentence, which is shared.", ...nowhere };
  const right = { text: "Another sentence, which is shared. A third one.", ...nowhere };
  expect(joinNeighbours(left, right).text).toBe("One sentence. Another sentence, which is shared. A third one.");
  expect(joinNeighbours(left, { text: "hared. is the end of a word alone", ...nowhere }).text).toContain("\n\nhared.");
});

test("what stands around a passage is not told of a collection that another program made", async () => {
  const foreign = { name: "theirs", foreign: { missing: [] } } as unknown as ForeignCollection;
  const chunk = (await stored(page(1), "page.md", "markdown"))[0]!;
  await expect(surroundingsOf(foreign, chunk, 1)).rejects.toMatchObject({ code: "not-own-collection" });
});
