import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CopyProgress, type CopyResult, copy } from "../../../src/pipeline/copy/copy.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type {
  Collection,
  ForeignCollection,
  NewManifest,
  ReadableCollection,
  Store,
} from "../../../src/stores/types.ts";
import type { SearchMode, StoredChunk } from "../../../src/types.ts";
import { chunkId } from "../../../src/util/ids.ts";
import { randomNumbers, randomVector } from "../../fixtures/chunks.ts";
import { contents, fill, manifestFor, numberedDocument, openOwn } from "../../fixtures/collections.ts";

let folder: string;
let here: Store;
let there: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-copy-"));
  here = openStore("here");
  there = openStore("there");
});
afterEach(async () => {
  await here.close();
  await there.close();
  await rm(folder, { recursive: true, force: true });
});

function openStore(name: string): Store {
  return openEmbeddedStore({ path: join(folder, name), location: name });
}

const never = new AbortController().signal;

interface RunOptions {
  name?: string;
  signal?: AbortSignal;
  onProgress?(progress: CopyProgress): void;
  /** Wraps the target, to make it fail or lie. */
  through?(target: Collection): ReadableCollection;
  refusalOf?(chunk: StoredChunk): string | null;
}

async function run(source: ReadableCollection, options: RunOptions = {}): Promise<CopyResult> {
  const {
    name = "docs",
    signal = never,
    onProgress = () => {},
    through = (same) => same,
    refusalOf = () => null,
  } = options;
  const existing = (await there.list()).includes(name) ? await openOwn(there, name) : null;
  return copy(
    {
      source,
      target: existing === null ? null : through(existing),
      createTarget: async (made) => through(await there.create(name, made)) as Collection,
      refusalOf,
    },
    { names: { source: "docs in here", target: `${name} in there` }, signal, onProgress },
  );
}

async function copied(name = "docs"): Promise<Collection> {
  return openOwn(there, name);
}

async function sourceOf(size: { documents: number; chunks: number; dimensions: number }): Promise<Collection> {
  const source = await here.create("docs", manifestFor(size.dimensions));
  await fill(source, size);
  return source;
}

/** The same collection, with some of its methods replaced. */
function replacing(collection: Collection, replaced: Partial<Collection>): Collection {
  return { ...collection, ...replaced } as Collection;
}

describe("a copy", () => {
  test.each([
    ["without vectors", 0],
    ["with vectors", 8],
  ])("%s is the same collection, row by row", async (_, dimensions) => {
    const source = await sourceOf({ documents: 30, chunks: 5, dimensions });
    await source.upsert(numberedDocument(30, 1, dimensions));
    const result = await run(source);
    expect(result).toEqual({
      failures: [],
      documents: { total: 31, copied: 31, present: 0 },
      chunks: { total: 151, written: 151, compared: 151 },
    });
    const target = await copied();
    expect(await contents(target)).toEqual(await contents(source));
    expect(target.manifest).toEqual(source.manifest);
  });

  test.each<SearchMode>(["text", "dense", "hybrid"])("is found in %s mode as the original is", async (mode) => {
    const source = await sourceOf({ documents: 40, chunks: 5, dimensions: 8 });
    await run(source);
    const target = await copied();
    const random = randomNumbers(7);
    for (const text of ["camel", "harbour lantern", "n17x3"]) {
      const vector = mode === "text" ? null : randomVector(random, 8);
      // All that match: of equal scores, either half may be left out.
      const request = { mode, text, vector, limit: 200, filters: [] };
      const [original, copy] = await Promise.all([source.search(request), target.search(request)]);
      expect(copy.length).toBeGreaterThan(0);
      expect(copy.map(({ chunk }) => chunk.id)).toEqual(original.map(({ chunk }) => chunk.id));
    }
  });

  test("of an empty collection is an empty collection", async () => {
    const source = await here.create("docs", manifestFor(8));
    expect((await run(source)).chunks).toEqual({ total: 0, written: 0, compared: 0 });
    expect((await (await copied()).stats()).chunks).toBe(0);
  });

  test("tells how far it got, and reads no more at once than it has to", async () => {
    const source = await sourceOf({ documents: 60, chunks: 100, dimensions: 0 });
    const largestRead = { chunks: 0 };
    const watched = replacing(source, {
      chunksOf: async (docIds) => {
        const chunks = await source.chunksOf(docIds);
        largestRead.chunks = Math.max(largestRead.chunks, chunks.length);
        return chunks;
      },
    });
    const seen: CopyProgress[] = [];
    await run(watched, { onProgress: (progress) => seen.push({ ...progress }) });
    expect([...new Set(seen.map(({ stage }) => stage))]).toEqual(["comparing", "copying", "optimizing", "verifying"]);
    expect(seen.at(-1)).toMatchObject({ chunksTotal: 6000, chunksPresent: 0, chunksWritten: 6000 });
    expect(largestRead.chunks).toBeLessThanOrEqual(2000);
  });

  test("made again brings over what changed, and writes nothing else", async () => {
    const source = await sourceOf({ documents: 10, chunks: 4, dimensions: 4 });
    await run(source);
    expect((await run(source)).chunks).toMatchObject({ total: 40, written: 0 });

    const shorter = numberedDocument(3, 2, 4).map((chunk) => ({
      ...chunk,
      docHash: "changed",
      id: chunkId(chunk.docId, "changed", chunk.ordinal),
    }));
    await source.deleteDocuments(
      await source.documents().then((all) => all.filter(({ docId }) => docId === shorter[0]!.docId)),
    );
    await source.upsert([...shorter, ...numberedDocument(10, 3, 4)]);
    expect(await run(source)).toMatchObject({
      documents: { total: 11, copied: 2, present: 9 },
      chunks: { total: 41, written: 5 },
    });
    expect(await contents(await copied())).toEqual(await contents(source));
  });
});

describe("a document that the other store cannot hold", () => {
  const refusalOf = ({ source, docHash }: StoredChunk): string | null =>
    source === "docs/3.md" && docHash !== "small" ? "its metadata takes 70000 bytes" : null;

  test("is left out by name, and the others are copied and verified, each time", async () => {
    const source = await sourceOf({ documents: 10, chunks: 4, dimensions: 4 });
    const expected = (await contents(source)).filter((chunk) => chunk.source !== "docs/3.md");
    const failures = [{ source: "docs/3.md", message: "its metadata takes 70000 bytes" }];
    for (const [copiedNow, present] of [[9, 0] as const, [0, 9] as const]) {
      expect(await run(source, { refusalOf })).toMatchObject({
        failures,
        documents: { total: 9, copied: copiedNow, present },
        chunks: { total: 36, written: 4 * copiedNow },
      });
      expect(await contents(await copied())).toEqual(expected);
    }
  });

  test("stays as it was, where that store holds an older version of it", async () => {
    const source = await sourceOf({ documents: 5, chunks: 4, dimensions: 4 });
    await run(source);
    const target = await copied();
    await target.deleteDocuments((await target.documents()).filter(({ source: file }) => file === "docs/3.md"));
    await target.upsert(numberedDocument(3, 2, 4).map((chunk) => ({ ...chunk, docHash: "small" })));
    expect(await run(source, { refusalOf })).toMatchObject({
      failures: [{ source: "docs/3.md" }],
      documents: { total: 4, copied: 0, present: 4 },
    });
    expect((await (await copied()).stats()).chunks).toBe(4 * 4 + 2);
  });
});

describe("interrupted", () => {
  test("at any write, the next run completes it", { timeout: 240_000 }, async () => {
    const source = await sourceOf({ documents: 9, chunks: 600, dimensions: 4 });
    const expected = await contents(source);
    let interruptions = 0;
    for (let n = 1; n <= 8; n++) {
      const name = `docs${n}`;
      let calls = 0;
      const failing = async (target: Collection, rows: readonly StoredChunk[]) => {
        if (++calls < n) return target.upsert(rows);
        // Half of what was asked for is there when the process ends.
        await target.upsert(rows.slice(0, Math.floor(rows.length / 2)));
        throw new Error("power cut");
      };
      const through = (target: Collection) =>
        replacing(target, { upsertIsAtomic: false, upsert: (rows) => failing(target, rows) });
      const cut = await run(source, { name, through }).catch((error: Error) => error.message);
      if (cut === "power cut") interruptions++;
      const next = await run(source, { name });
      expect(next.documents.copied + next.documents.present).toBe(9);
      expect(await contents(await copied(name))).toEqual(expected);
    }
    expect(interruptions).toBeGreaterThanOrEqual(5);
  });

  test("by the user, it says how far it got and goes on from there", async () => {
    const source = await sourceOf({ documents: 100, chunks: 100, dimensions: 0 });
    const controller = new AbortController();
    const stopped = run(source, {
      signal: controller.signal,
      onProgress: ({ chunksWritten }) => {
        if (chunksWritten > 0) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({
      code: "interrupted",
      exitCode: 130,
      message: expect.stringMatching(/of 10,000 chunks copied/),
    });
    const { documents: kept } = await (await copied()).stats();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(100);
    expect((await run(source)).documents).toEqual({ total: 100, copied: 100 - kept, present: kept });
    expect(await contents(await copied())).toEqual(await contents(source));
  });
});

describe("refused before anything is written", () => {
  test.each<[string, (manifest: NewManifest) => NewManifest, RegExp]>([
    ["another model", (made) => ({ ...made, embedding: { ...made.embedding!, model: "other" } }), /test\/other/],
    ["other dimensions", (made) => ({ ...made, embedding: { ...made.embedding!, dimensions: 8 } }), /8 dimensions/],
    ["another prefix", (made) => ({ ...made, embedding: { ...made.embedding!, queryPrefix: "q: " } }), /"q: "/],
    ["another metric", (made) => ({ ...made, metric: "l2" }), /l2/],
    ["no model", (made) => ({ ...made, embedding: null }), /no embedding model/],
  ])("a target made with %s", async (_, change, named) => {
    const source = await sourceOf({ documents: 2, chunks: 2, dimensions: 4 });
    const target = await there.create("docs", change(manifestFor(4)));
    const refusal = run(source);
    await expect(refusal).rejects.toMatchObject({ code: "embedding-mismatch", exitCode: 2 });
    await expect(refusal).rejects.toThrow(named);
    await expect(refusal).rejects.toThrow("test/tiny (4 dimensions, cosine");
    expect((await target.stats()).chunks).toBe(0);
  });

  test("a collection that another program made, on either side", async () => {
    const source = await sourceOf({ documents: 2, chunks: 2, dimensions: 0 });
    const asForeign = (own: Collection) => ({ ...own, foreign: { missing: [] } }) as unknown as ForeignCollection;
    await expect(run(asForeign(source))).rejects.toMatchObject({ code: "foreign-collection", exitCode: 2 });
    expect(await there.list()).toEqual([]);
    await there.create("docs", manifestFor(0));
    await expect(run(source, { through: asForeign })).rejects.toThrow("docs in there");
  });

  test("a target that holds documents of its own", async () => {
    const source = await sourceOf({ documents: 2, chunks: 2, dimensions: 0 });
    const target = await there.create("docs", manifestFor(0));
    await target.upsert(numberedDocument(77, 3, 0));
    await expect(run(source)).rejects.toMatchObject({
      code: "target-has-others",
      exitCode: 2,
      message: "collection docs in there holds a document that docs in here has not, e.g. docs/77.md",
      hint: expect.stringContaining("--as"),
    });
    expect((await target.stats()).documents).toBe(1);
  });
});

describe("a source that an ingest left incomplete", () => {
  test("is not copied as if it were whole", async () => {
    const source = await sourceOf({ documents: 2, chunks: 4, dimensions: 0 });
    // The second version's first row, its commit record, was never written.
    await source.upsert(
      numberedDocument(1, 4, 0)
        .slice(1)
        .map((chunk) => ({ ...chunk, docHash: "newer" })),
    );
    await expect(run(source)).rejects.toMatchObject({
      code: "source-incomplete",
      message: "docs/1.md is not complete in collection docs in here: 1 of 4 chunks are there",
    });
  });
});

describe("a source that another process writes", () => {
  test.each(["changed", "removed"])(
    "is copied when it rests, where a document is %s before it is read",
    async (how) => {
      const source = await sourceOf({ documents: 2, chunks: 4, dimensions: 0 });
      const version = (await source.documents()).find(({ source: file }) => file === "docs/1.md");
      const written = replacing(source, {
        async chunksOf(docIds) {
          await source.deleteDocuments([version!]);
          if (how === "changed") {
            const newer = numberedDocument(1, 3, 0).map((chunk) => ({ ...chunk, docHash: "newer" }));
            await source.upsert(newer.map((chunk) => ({ ...chunk, id: chunkId(chunk.docId, "newer", chunk.ordinal) })));
          }
          return source.chunksOf(docIds);
        },
      });
      await expect(run(written)).rejects.toMatchObject({
        code: "source-changed",
        exitCode: 4,
        message: "another process changed docs/1.md while collection docs in here was copied",
      });
      await run(source);
      expect(await contents(await copied())).toEqual(await contents(source));
    },
  );
});

describe("verification", () => {
  const rows = (change: (rows: readonly StoredChunk[]) => readonly StoredChunk[]) => (target: Collection) =>
    replacing(target, { upsert: (written) => target.upsert(change(written)) });
  const altered = (change: Partial<StoredChunk>) =>
    rows((written) =>
      written.map((row) => (row.source === "docs/3.md" && row.ordinal === 2 ? { ...row, ...change } : row)),
    );

  test.each<[string, (target: Collection) => Collection, string]>([
    [
      "a lost row",
      rows((written) => written.filter(({ text }) => !text.includes("n3x2"))),
      "it holds 39 chunks instead of 40",
    ],
    [
      "a lost document",
      rows((written) => written.filter(({ source }) => source !== "docs/3.md")),
      "docs/3.md is not there",
    ],
    ["a surplus row", rows((written) => [...written, ...numberedDocument(3, 9, 4).slice(8)]), "instead of 40"],
    ["another text", altered({ text: "something else" }), "the text of chunk 2 of docs/3.md"],
    ["a lost context", altered({ context: "" }), "the context of chunk 2 of docs/3.md"],
    ["another heading", altered({ heading: ["Guide"] }), "the heading of chunk 2 of docs/3.md"],
    [
      "headings that became one",
      rows((written) => written.map((row) => ({ ...row, heading: [row.heading.join(" > ")] }))),
      "the heading of chunk 0 of docs/",
    ],
    ["a cut title", altered({ title: "Title of docs/" }), "the title of chunk 2 of docs/3.md"],
    ["lost metadata", altered({ metadata: {} }), "the metadata of chunk 2 of docs/3.md"],
    ["a lost line", altered({ endLine: null }), "the endLine of chunk 2 of docs/3.md"],
    ["another vector", altered({ vector: new Float32Array([1, 2, 3, 4]) }), "the vector of chunk 2 of docs/3.md"],
  ])("notices %s", async (_, through, difference) => {
    const source = await sourceOf({ documents: 10, chunks: 4, dimensions: 4 });
    const copying = run(source, { through });
    await expect(copying).rejects.toMatchObject({ code: "copy-mismatch", exitCode: 4 });
    await expect(copying).rejects.toThrow(difference);
  });

  test("notices a vector that lost precision", async () => {
    const source = await sourceOf({ documents: 2, chunks: 2, dimensions: 4 });
    const halved = (vector: Float32Array) => {
      const bits = new Uint32Array(vector.slice().buffer).map((word) => word & 0xff_ff_00_00);
      return new Float32Array(bits.buffer);
    };
    const through = rows((written) => written.map((row) => ({ ...row, vector: halved(row.vector!) })));
    await expect(run(source, { through })).rejects.toThrow("the vector of chunk 0 of docs/0.md");
  });

  test("takes a sample of a large collection, from its whole length", async () => {
    const source = await sourceOf({ documents: 2000, chunks: 3, dimensions: 0 });
    const { chunks } = await run(source);
    expect(chunks.compared).toBeGreaterThanOrEqual(600);
    expect(chunks.compared).toBeLessThanOrEqual(603);

    await there.drop("docs");
    // One document in eight is damaged: a sample that saw only a part of the collection would pass.
    const records = await source.documents();
    const damaged = new Set(records.slice(-250).map(({ docId }) => docId));
    const through = rows((written) => written.map((row) => (damaged.has(row.docId) ? { ...row, text: "lost" } : row)));
    await expect(run(source, { through })).rejects.toMatchObject({ code: "copy-mismatch" });
  });

  test("does not read few large documents a second time", async () => {
    const source = await sourceOf({ documents: 4, chunks: 4000, dimensions: 0 });
    const { chunks } = await run(source);
    expect(chunks.total).toBe(16_000);
    expect(chunks.compared).toBeLessThanOrEqual(12_000);
  });
});
