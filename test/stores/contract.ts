import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import type { Environment } from "../../src/config/environment.ts";
import { fuse } from "../../src/stores/shared/fusion.ts";
import type { ChunkRecord, Collection, NewManifest, Store } from "../../src/stores/types.ts";
import { nearWords } from "../../src/text/query/near-words.ts";
import { createFilter } from "../../src/filters/parse.ts";
import { type Filter, type FilterOperator, type StoredChunk, fusionMethods } from "../../src/types.ts";
import { documentId } from "../../src/util/ids.ts";
import { builtFixture } from "../fixtures/built.ts";
import { documentChunks as chunksWithoutVectors, randomNumbers, randomVector, versionsOf } from "../fixtures/chunks.ts";
import { openOwn } from "../fixtures/collections.ts";
import { type Reads, metWhile } from "./while-replaced.ts";

/** How a store under test is reached; the same settings open it again, also from another process. */
export interface StoreUnderTest {
  config: Config;
  environment: Environment;
  /** Begins the name of every collection that is made: a server may hold others. */
  prefix?: string;
  /** What a killed process leaves cannot be seen through a store: names of everything that is kept of a collection. */
  traces(collection: string): Promise<string[]>;
  /** Leaves a collection as a process does that is killed in the middle of putting another in its place. */
  cutSwapShort(collection: string): Promise<void>;
}

/** What an engine can do beyond what all of them can. */
export interface Capabilities {
  /** BM25: search by text and hybrid search, and collections that have no vectors. */
  text: boolean;
  /** A collection can be put in the place of another. */
  replaces?: boolean;
}

const textOnly: NewManifest = {
  embedding: null,
  metric: "cosine",
  chunking: { strategy: "markdown", maxChars: 1600 },
  toolVersion: "0.0.0-test",
  createdAt: "2026-01-02T03:04:05.000Z",
};

function withVectors(dimensions: number, metric: NewManifest["metric"] = "cosine"): NewManifest {
  return {
    ...textOnly,
    metric,
    embedding: { provider: "test", model: "tiny", dimensions, queryPrefix: "query: ", documentPrefix: "" },
  };
}

const WORD_DIMENSIONS = 256;

/** Counts the words of a text, each in a dimension of its own as far as 256 suffice: texts without a common word are orthogonal. */
function wordVector(text: string): Float32Array {
  const vector = new Float32Array(WORD_DIMENSIONS);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const dimension = createHash("sha256").update(word).digest()[0]!;
    vector[dimension]! += 1;
  }
  return vector;
}

/** How often readers meet a change of their collection: `RAG_TEST_CHANGES=20` for a thorough run. */
const changes = Number(process.env["RAG_TEST_CHANGES"] ?? 2);
/** Questions for each filter that few rows meet, each asked with several limits: `RAG_TEST_QUESTIONS=20` likewise. */
const questions = Number(process.env["RAG_TEST_QUESTIONS"] ?? 1);

/**
 * For tests that each have a collection of their own, or only read a common one: a server lets a call wait for its next
 * tick, and several tests wait for the same one. Any of them may have to wait for all the others.
 */
const side = { concurrent: true, timeout: 600_000 };

/** Stands in for `test` where the engine lacks what the tests are about. */
const unregistered = Object.assign(() => {}, { each: () => () => {} }) as unknown as typeof test;

/**
 * What every store must do, run against the real engine. `prepare` makes an empty store; `open` opens it, as often as
 * it is called. An engine without BM25 is searched by vectors of words, and has to refuse what needs BM25.
 */
export function storeContract(
  prepare: () => Promise<StoreUnderTest>,
  open: (store: StoreUnderTest) => Promise<Store>,
  can: Capabilities = { text: true },
): void {
  const [textTest, denseTest] = can.text ? [test, unregistered] : [unregistered, test];
  const [replaceTest, keepTest] = can.replaces === false ? [unregistered, test] : [test, unregistered];
  const plain = can.text ? textOnly : withVectors(WORD_DIMENSIONS);
  let under: StoreUnderTest;
  let store: Store;
  beforeAll(async () => {
    under = await prepare();
    store = await open(under);
  });
  afterAll(async () => {
    if (under.prefix !== undefined) {
      for (const name of await store.list()) if (name.startsWith(under.prefix)) await store.drop(name);
    }
    await store.close();
  });

  let names = 0;
  const create = async (manifest: NewManifest = plain): Promise<Collection> =>
    store.create(`${under.prefix ?? ""}contract_${++names}`, manifest);
  /** As many rows as texts, which fit a collection that `create` made without a manifest. */
  const documentChunks: typeof chunksWithoutVectors = (source, texts, extra = {}) =>
    chunksWithoutVectors(
      source,
      texts,
      can.text || extra.vectors ? extra : { ...extra, vectors: texts.map(wordVector) },
    );
  const reopened = async <T>(use: (again: Store) => Promise<T>): Promise<T> => {
    const again = await open(under);
    try {
      return await use(again);
    } finally {
      await again.close();
    }
  };
  /** The rows that share a word with the question, the best first. */
  const searchText = async (collection: Collection, text: string, filters: Filter[] = [], limit = 10) => {
    if (can.text) return collection.search({ mode: "text", text, vector: null, limit, filters });
    const hits = await collection.search({ mode: "dense", text, vector: wordVector(text), limit, filters });
    return hits.filter(({ score }) => score > 0.001);
  };

  describe("a collection in the place of another", () => {
    const sourcesOf = async (collection: Collection): Promise<string[]> =>
      (await collection.documents()).map(({ source }) => source).sort();
    const found = async (name: string): Promise<string[]> =>
      reopened(async (again) => sourcesOf(await openOwn(again, name)));
    const listed = async (name: string): Promise<string[]> =>
      (await store.list()).filter((candidate) => candidate === name || candidate.startsWith(`${name}__`));

    replaceTest("is not found before the swap, and alone afterwards, any number of times", async () => {
      const old = await create();
      const { name } = old;
      await old.upsert(documentChunks("old.md", ["the old needle"]));
      await old.optimize();
      for (const round of [1, 2, 3]) {
        const before = await found(name);
        const reader = await openOwn(store, name);
        const { collection, swap } = await store.createBeside(name, plain);
        expect(collection.name).toBe(name);
        await collection.upsert(documentChunks(`new-${round}.md`, [`needle of round ${round}`]));
        await collection.optimize();
        expect(await found(name)).toEqual(before);
        expect(await listed(name)).toEqual([name]);
        await swap();
        expect(await found(name)).toEqual([`new-${round}.md`]);
        expect(await listed(name)).toEqual([name]);
        expect((await under.traces(name)).length).toBe(1);
        // Whoever opened the old one goes on with the new one.
        expect((await searchText(reader, "needle")).map(({ chunk }) => chunk.source)).toEqual([`new-${round}.md`]);
      }
      const replaced = await openOwn(store, name);
      await replaced.upsert(documentChunks("more.md", ["another needle"]));
      expect(await found(name)).toEqual(["more.md", "new-3.md"]);
      expect((await replaced.stats()).chunks).toBe(2);
      await expect(store.create(name, plain)).rejects.toMatchObject({ code: "collection-exists" });
      await store.drop(name);
      expect(await store.open(name)).toBeNull();
      expect(await under.traces(name)).toEqual([]);
      await store.create(name, plain);
    });

    // Elsewhere a lock lets one process write.
    replaceTest("gets no row from a writer of the old one", async () => {
      const { name, severalWriters } = await create();
      if (!severalWriters) return;
      // The first one moves the old collection away, the second does not.
      for (const round of [1, 2]) {
        const writer = await openOwn(store, name);
        await writer.upsert(documentChunks("old.md", ["the old needle"]));
        const { collection, swap } = await store.createBeside(name, plain);
        await collection.upsert(documentChunks(`new-${round}.md`, ["a needle"]));
        await swap();
        const late = documentChunks("late.md", ["a late needle"]);
        await expect(writer.upsert(late)).rejects.toMatchObject({ code: "collection-replaced", exitCode: 4 });
        await expect(writer.deleteDocuments(versionsOf(late))).rejects.toMatchObject({ code: "collection-replaced" });
        expect(await found(name)).toEqual([`new-${round}.md`]);
      }
    });

    replaceTest("leaves no trace where it is discarded", async () => {
      const old = await create();
      await old.upsert(documentChunks("old.md", ["the old needle"]));
      const { collection, discard } = await store.createBeside(old.name, plain);
      await collection.upsert(documentChunks("new.md", ["a needle"]));
      await discard();
      expect(await found(old.name)).toEqual(["old.md"]);
      expect((await under.traces(old.name)).length).toBe(1);
    });

    replaceTest("is removed by the next writer where its builder was killed, and not before", async () => {
      const old = await create();
      await old.upsert(documentChunks("old.md", ["the old needle"]));
      const builder = fork(
        builtFixture("build-beside"),
        [JSON.stringify({ ...under, collection: old.name, manifest: plain })],
        { stdio: ["ignore", "ignore", "inherit", "ipc"] },
      );
      await once(builder, "message");
      expect((await under.traces(old.name)).length).toBe(2);
      // Elsewhere the lock keeps others away while it is built.
      if (store.kind === "milvus") {
        await store.recover(old.name);
        expect((await under.traces(old.name)).length).toBe(2);
      }
      builder.kill("SIGKILL");
      await once(builder, "exit");
      expect(await found(old.name)).toEqual(["old.md"]);
      expect(await listed(old.name)).toEqual([old.name]);
      await store.recover(old.name);
      expect((await under.traces(old.name)).length).toBe(1);
      expect(await found(old.name)).toEqual(["old.md"]);
    });

    replaceTest("that a killed process did not get to put there leaves the old one, which is found", async () => {
      const old = await create();
      await old.upsert(documentChunks("old.md", ["the old needle"]));
      await old.optimize();
      await under.cutSwapShort(old.name);
      const again = await open(under);
      try {
        expect(await sourcesOf(await openOwn(again, old.name))).toEqual(["old.md"]);
        expect((await again.list()).includes(old.name)).toBe(true);
        await expect(again.create(old.name, plain)).rejects.toMatchObject({ code: "collection-exists" });
        await again.recover(old.name);
        expect(await sourcesOf(await openOwn(again, old.name))).toEqual(["old.md"]);
        expect(await under.traces(old.name)).toEqual([expect.stringContaining(old.name)]);
      } finally {
        await again.close();
      }
    });

    keepTest("is refused, and the old one stays", async () => {
      const old = await create();
      await expect(store.createBeside(old.name, plain)).rejects.toMatchObject({ code: "no-replacement", exitCode: 2 });
      expect(await found(old.name)).toEqual([]);
    });
  });

  describe("collections", () => {
    test("a collection that is not there opens as null and is not made by looking", async () => {
      expect(await store.open("nobody")).toBeNull();
      expect(await store.list()).not.toContain("nobody");
    });

    test("what was created is listed, keeps its manifest and can be dropped", async () => {
      const created = await create(withVectors(4, "ip"));
      expect(await store.list()).toContain(created.name);
      await reopened(async (again) => {
        const { manifest, modes } = await openOwn(again, created.name);
        expect(manifest).toEqual(created.manifest);
        expect(manifest).toMatchObject(withVectors(4, "ip"));
        expect(manifest.analyzer).not.toBe("");
        expect(modes).toEqual(can.text ? ["hybrid", "dense", "text"] : ["dense"]);
      });
      await store.drop(created.name);
      expect(await store.list()).not.toContain(created.name);
      expect(await store.open(created.name)).toBeNull();
    });

    denseTest("what needs BM25 is refused, and says so", async () => {
      const name = `${under.prefix ?? ""}text_only`;
      await expect(store.create(name, textOnly)).rejects.toMatchObject({ code: "no-text-index" });
      expect(await store.list()).not.toContain(name);
      const collection = await create(withVectors(3));
      const vector = new Float32Array([1, 0, 0]);
      for (const mode of ["text", "hybrid"] as const) {
        const search = collection.search({ mode, text: "x", vector, limit: 1, filters: [] });
        await expect(search).rejects.toMatchObject({ code: "no-text-index" });
      }
    });

    textTest("a collection made without a model serves text only", async () => {
      const collection = await create();
      expect(collection.modes).toEqual(["text"]);
      await expect(
        collection.search({ mode: "dense", text: "x", vector: new Float32Array(4), limit: 1, filters: [] }),
      ).rejects.toMatchObject({ code: "no-vectors" });
    });

    test.each(["", "1st", "a b", "../up", "-a", "a.b", "x".repeat(256)])("refuses the name %j", async (name) => {
      await expect(store.create(name, plain)).rejects.toMatchObject({ code: "invalid-collection-name" });
    });

    test("a name that is taken is not made again", async () => {
      const { name } = await create();
      await expect(store.create(name, plain)).rejects.toMatchObject({ code: "collection-exists" });
      expect(await store.open(name)).not.toBeNull();
    });
  });

  describe("rows", side, () => {
    const awkward = documentChunks(
      "päth/with \"quotes\" and 'apostrophes'/日本語 🐫.md",
      ["back\\slash \n newline \t tab", "emoji 👩‍👩‍👧 and 𠮷 and \u{10ffff}", "' OR 1=1 --"],
      {
        title: 'A "title" — with \\ everything',
        heading: ["第一章", "It's “quoted”", "Settings > Network"],
        context: "第一章 🐫 > It's “quoted”\n\n",
        metadata: {
          year: 2020,
          ratio: 0.5,
          draft: false,
          tags: ["a", 'b"c', "d\\e"],
          "dotted.key": "x",
          'odd "key"': "ü",
        },
      },
    );

    test("come back as they were written, after reopening too", async () => {
      const collection = await create(withVectors(3));
      const vectors = [new Float32Array([1, 0, 0]), new Float32Array([0.25, -0.5, 0.125]), new Float32Array([0, 0, 3])];
      const written = awkward.map((chunk, i) => Object.assign(chunk, { vector: vectors[i] ?? null }));
      await collection.upsert(written);
      await reopened(async (again) => {
        const found = await (await openOwn(again, collection.name)).chunksOf([written[0]!.docId]);
        expect(found.sort((a, b) => a.ordinal - b.ordinal)).toEqual(written);
      });
    });

    test("are counted for a list as they are for the collection alone", async () => {
      const collection = await create(withVectors(3));
      const vectors = Array.from({ length: 3 }, () => new Float32Array([1, 0, 0]));
      await collection.upsert(documentChunks("a.md", ["one", "two", "three"], { vectors }));
      await collection.upsert(documentChunks("b.md", ["four"], { vectors }));
      const { documents, chunks } = await collection.stats();
      expect(await collection.overview()).toMatchObject({ documents: 2, chunks: 4, gap: null });
      expect({ documents, chunks }).toEqual({ documents: 2, chunks: 4 });
    });

    test("pages and lines may be absent", async () => {
      const collection = await create();
      const written = documentChunks("a.pdf", ["first page", "second page"], {
        startLine: null,
        endLine: null,
        page: 2,
        heading: [],
      });
      await collection.upsert(written);
      const found = await collection.chunksOf([documentId("a.pdf")]);
      expect(found.sort((a, b) => a.ordinal - b.ordinal)).toEqual(written);
    });

    test("of one version of a document are read by their ordinals, in order", async () => {
      const collection = await create();
      const texts = Array.from({ length: 12 }, (_, ordinal) => `passage ${ordinal}`);
      const old = documentChunks("a.md", texts, { docHash: "old" });
      const rows = documentChunks("a.md", texts, { docHash: "new" });
      // What is read to be shown comes without its vectors.
      const written = rows.map((row) => ({ ...row, vector: null }));
      await collection.upsert([...old.slice(1), ...documentChunks("b.md", texts, { docHash: "new" })]);
      // Row 0 has the same key in both versions, and the rows are not written in their order.
      await collection.upsert(rows.toReversed());
      const version = { docId: documentId("a.md"), docHash: "new" };
      const read = async (first: number, last: number) =>
        (await collection.passages(version, first, last)).map((chunk) => ({ ...chunk, vector: null }));
      expect(await read(3, 5)).toEqual(written.slice(3, 6));
      expect(await read(9, 11)).toEqual(written.slice(9));
      expect(await collection.passages({ ...version, docHash: "neither" }, 0, 11)).toEqual([]);
      expect((await collection.passages({ ...version, docHash: "old" }, 0, 2)).map(({ ordinal }) => ordinal)).toEqual([
        1, 2,
      ]);
    });

    test("that hold a word like another one are found for a mistyped word", async () => {
      const collection = await create();
      await collection.upsert([
        ...documentChunks("a.md", ["A sitemap lists all pages.", "Configuration of the crawler"]),
        ...documentChunks("b.md", ["nothing of the kind"]),
      ]);
      await collection.optimize();
      const near = async (word: string, distance: number) =>
        nearWords(await collection.textsWithWordLike(word, distance), word, distance).map((one) => one.word);
      expect(await near("sitmap", 1)).toEqual(["sitemap"]);
      expect(await near("craweler", 2)).toEqual(["crawler"]);
      expect(await near("unlike", 1)).toEqual([]);
    });

    test("that are known to be new are written like others, and replaced like others", async () => {
      const collection = await create();
      const docHash = "hash";
      await collection.upsert(documentChunks("a.md", ["one", "two"], { docHash }), { areNew: true });
      await collection.upsert(documentChunks("b.md", ["one"], { docHash }), { areNew: true });
      await collection.upsert(documentChunks("a.md", ["other", "two"], { docHash }));
      const sources = [documentId("a.md"), documentId("b.md")];
      const texts = (await collection.chunksOf(sources)).map(({ source, text }) => `${source} ${text}`).sort();
      expect(texts).toEqual(["a.md other", "a.md two", "b.md one"]);
    });

    test("of equal id are replaced whole, in the same session and in the next", async () => {
      const collection = await create();
      const docHash = "hash";
      await collection.upsert(documentChunks("a.md", ["old one", "old two"], { docHash, metadata: { gone: "yes" } }));
      await collection.upsert(documentChunks("a.md", ["new one", "old two"], { docHash }));
      const texts = async (from: Collection) =>
        (await from.chunksOf([documentId("a.md")]))
          .sort((a, b) => a.ordinal - b.ordinal)
          .map((chunk) => [chunk.text, chunk.metadata]);
      expect(await texts(collection)).toEqual([
        ["new one", {}],
        ["old two", {}],
      ]);
      await reopened(async (again) => {
        const next = await openOwn(again, collection.name);
        await next.upsert(documentChunks("a.md", ["newest one", "old two"], { docHash }));
        expect((await texts(next))[0]).toEqual(["newest one", {}]);
        expect((await next.stats()).chunks).toBe(2);
      });
    });

    test("of a document can be deleted: all, or those that an older version left", async () => {
      const collection = await create();
      for (const source of ["a.md", "b.md", "c.md"]) {
        await collection.upsert(documentChunks(source, ["zero", "one", "two", "three"], { docHash: `old ${source}` }));
      }
      const version = (source: string, docHash = `old ${source}`, updatedAt = 1_750_000_000_000) => ({
        docId: documentId(source),
        docHash,
        updatedAt,
      });
      await collection.deleteDocuments([version("b.md"), version("never-there.md")]);
      const next = documentChunks("c.md", ["new zero", "new one"], {
        docHash: "new c.md",
        updatedAt: 1_750_000_000_001,
      });
      await collection.upsert(next.slice(1));
      // Written again since, or never there.
      await collection.deleteUncommitted([version("c.md", "new c.md"), version("a.md", "new a.md")]);
      await collection.deleteDocuments([version("c.md", "new c.md"), version("a.md", "old a.md", 1_749_999_999_999)]);
      expect(await collection.countChunks()).toBe(9);
      await collection.deleteUncommitted([version("c.md")]);
      const left = (await collection.chunksOf([documentId("c.md")])).sort((a, b) => a.ordinal - b.ordinal);
      expect(left.map((chunk) => chunk.text)).toEqual(["zero", "new one"]);
      expect((await collection.stats()).chunks).toBe(6);
      expect((await collection.documents()).map((record) => record.source).sort()).toEqual(["a.md", "c.md"]);
      expect((await searchText(collection, "three")).map((hit) => hit.chunk.source)).toEqual(["a.md"]);
    });

    test("a document without its first chunk has no commit record", async () => {
      const collection = await create();
      const chunks = documentChunks("half.md", ["zero", "one"]);
      await collection.upsert(chunks.slice(1));
      expect(await collection.documents()).toEqual([]);
      await collection.upsert(chunks.slice(0, 1));
      expect(await collection.documents()).toEqual([
        {
          docId: chunks[0]!.docId,
          source: "half.md",
          title: "Title of half.md",
          docHash: chunks[0]!.docHash,
          docChunks: 2,
          updatedAt: 1_750_000_000_000,
        },
      ]);
    });

    test("without a commit record are counted and told, with who wrote them", async () => {
      const collection = await create();
      const whole = documentChunks("whole.md", ["zero", "one"]);
      const half = documentChunks("half.md", ["zero", "one", "two"], { writer: "another", updatedAt: 12 });
      await collection.upsert(whole);
      await collection.upsert(half.slice(1));
      expect(await collection.countChunks()).toBe(4);
      const told = [...whole.slice(1), ...half.slice(1)].map(({ docId, docHash, ordinal, updatedAt, writer }) => ({
        docId,
        docHash,
        ordinal,
        updatedAt,
        writer,
      }));
      const inOrder = (records: readonly ChunkRecord[]) =>
        records.toSorted((a, b) => a.updatedAt - b.updatedAt || a.ordinal - b.ordinal);
      expect(inOrder(await collection.chunkRecords())).toEqual(inOrder(told));
      await collection.deleteUncommitted([{ docId: half[0]!.docId, docHash: half[0]!.docHash, updatedAt: 12 }]);
      expect(await collection.countChunks()).toBe(2);
      expect(await collection.chunkRecords()).toEqual(told.slice(0, 1));
    });

    test("of two versions stand beside each other, but for the commit record", async () => {
      const collection = await create();
      await collection.upsert(documentChunks("a.md", ["zero", "one", "two"], { docHash: "old a.md" }));
      await collection.upsert(documentChunks("a.md", ["new zero", "new one"], { docHash: "new a.md" }));
      expect((await collection.documents()).map(({ docHash, docChunks }) => [docHash, docChunks])).toEqual([
        ["new a.md", 2],
      ]);
      const chunks = await collection.chunksOf([documentId("a.md")]);
      expect(chunks.map((chunk) => chunk.text).sort()).toEqual(["new one", "new zero", "one", "two"]);
    });

    test("ten thousand of them are all kept, listed and found", async () => {
      const collection = await create();
      const documents = 2000;
      for (let start = 0; start < documents; start += 200) {
        const batch = Array.from({ length: 200 }, (_, i) => start + i).flatMap((number) =>
          documentChunks(
            `doc-${number}.md`,
            Array.from({ length: 5 }, (_, part) => `common words and number${number} in part${part}`),
          ),
        );
        await collection.upsert(batch);
      }
      await collection.optimize();
      const stats = await collection.stats();
      expect([stats.documents, stats.chunks]).toEqual([documents, 5 * documents]);
      const sources = new Set((await collection.documents()).map((record) => record.source));
      expect(sources.size).toBe(documents);
      const one = can.text
        ? (await searchText(collection, "number1234")).map((hit) => hit.chunk)
        : await collection.chunksOf([documentId("doc-1234.md")]);
      expect(new Set(one.map((chunk) => chunk.source))).toEqual(new Set(["doc-1234.md"]));
      expect(one).toHaveLength(5);
      expect(await searchText(collection, "common", [], 1000)).toHaveLength(1000);
    });
  });

  describe("search", side, () => {
    textTest("by text ranks by BM25 and leaves out what has no word of the question", async () => {
      const collection = await create();
      await collection.upsert(
        documentChunks("a.md", [
          "Milvus stores inserted data in object storage.",
          "The weather is fine today, and nothing else is said here.",
          "Object storage, object storage: object storage is where data is kept.",
        ]),
      );
      const hits = await searchText(collection, "object storage");
      expect(hits.map((hit) => hit.chunk.ordinal)).toEqual([2, 0]);
      expect(hits[0]!.score).toBeGreaterThan(hits[1]!.score);
      expect(hits[1]!.score).toBeGreaterThan(0);
      expect(hits[0]!.scores).toEqual({ dense: null, text: hits[0]!.score });
      expect(await searchText(collection, "zebra")).toEqual([]);
    });

    const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    textTest.each([
      ["maxNameLength", "Set proxy.maxNameLength in milvus.yaml."],
      ["proxy", "Set proxy.maxNameLength in milvus.yaml."],
      ["milvus.yaml", "Set proxy.maxNameLength in milvus.yaml."],
      ["index type", "The parameter index_type is optional."],
      ["index_type", "The parameter index_type is optional."],
      ["2.4", "Since v2.4.6 it is."],
      ["Zurich", "Le café était fermé à Zürich."],
      ["Zürich", "It rains in Zurich."],
      ["cooperate", "They coöperate."],
      ["lieu", "Dữ liệu ở đây."],
      [hash, `The file's hash is ${hash}.`],
    ])("finds by %j what says %j, and gives the text back as it was", async (question, text) => {
      const collection = await create();
      await collection.upsert(documentChunks("a.md", [text, "Nothing of the sort."]));
      await collection.optimize();
      expect((await searchText(collection, question)).map(({ chunk }) => chunk.text)).toEqual([text]);
    });

    textTest("finds a passage by its context, which the text it returns does not show", async () => {
      const collection = await create();
      await collection.upsert(documentChunks("a.md", ["the limit is 64"], { context: "Zeppelin manual > Limits\n\n" }));
      const [hit] = await searchText(collection, "zeppelin");
      expect(hit!.chunk).toMatchObject({ text: "the limit is 64", context: "Zeppelin manual > Limits\n\n" });
    });

    textTest("counts the chunks that hold each word of a question, however it is inflected", async () => {
      const collection = await create();
      await collection.upsert([
        ...documentChunks("a.md", ["Segments are sealed.", "A sealed segment is stored.", "Nothing of the sort."]),
        ...documentChunks("b.md", ["The storing of segments."]),
      ]);
      await collection.optimize();
      const found = await collection.wordFrequencies("How is a sealed segment stored in a zeppelin?");
      expect(found).toMatchObject({ chunks: 4, languages: ["en"] });
      expect(found?.words.map(({ word, chunks }) => [word, chunks])).toEqual([
        ["sealed", 2],
        ["segment", 3],
        ["stored", 2],
        ["zeppelin", 0],
      ]);
      expect(await collection.wordFrequencies("?!")).toMatchObject({ words: [] });
    });

    test("sees what was written a moment ago, and not what was deleted", async () => {
      const collection = await create();
      const words = documentChunks("a.md", ["alpha words"]);
      await collection.upsert(words);
      await collection.optimize();
      await collection.upsert(documentChunks("b.md", ["alpha again"]));
      expect((await searchText(collection, "alpha")).map((hit) => hit.chunk.source).sort()).toEqual(["a.md", "b.md"]);
      await collection.deleteDocuments(versionsOf(words));
      expect((await searchText(collection, "alpha")).map((hit) => hit.chunk.source)).toEqual(["b.md"]);
    });

    textTest("takes any question", async () => {
      const collection = await create();
      await collection.upsert(documentChunks("a.md", ["plain words"]));
      for (const question of [
        '"',
        "AND OR NOT",
        "a:b*?~^[]{}()\\",
        "' OR 1=1 --",
        "?!",
        "日本語",
        "🐫",
        "x".repeat(20_000),
      ]) {
        await expect(searchText(collection, question)).resolves.toBeInstanceOf(Array);
      }
    });

    textTest.each([
      '"plain"',
      'what are "plain words"',
      '"words plain"',
      '+plain -"words"',
      '"plain" "else"',
      "plain*",
    ])("takes marks for what they stand beside: %s", async (question) => {
      const collection = await create();
      await collection.upsert(documentChunks("a.md", ['"plain words"']));
      await collection.optimize();
      expect(await searchText(collection, question)).toHaveLength(1);
    });

    test.each([
      ["cosine", ["near", "middle", "far"], 1 / Math.hypot(1, 0.1)],
      ["ip", ["far2", "near", "far"], 4],
      ["l2", ["near", "middle", "far"], 1 / 1.01],
    ] as const)("by vector orders by %s, higher is better", async (metric, order, best) => {
      const collection = await create(withVectors(3, metric));
      const vectors = { near: [1, 0.1, 0], middle: [1, 1, 0], far: [0, 0, 1], far2: [4, 0, 8] };
      const placed = Object.entries(vectors).map(([source, vector]) =>
        documentChunks(source, [`text ${source}`], { vectors: [new Float32Array(vector)] }),
      );
      await collection.upsert(placed.flat().filter((chunk) => (order as readonly string[]).includes(chunk.source)));
      const vector = new Float32Array([1, 0, 0]);
      const hits = await collection.search({ mode: "dense", text: "", vector, limit: 3, filters: [] });
      expect(hits.map((hit) => hit.chunk.source)).toEqual(order);
      expect(hits[0]!.score).toBeCloseTo(best, 4);
      expect(hits[0]!.scores).toEqual({ dense: hits[0]!.score, text: null });
    });

    textTest("hybrid finds what either finds and puts first what both find", async () => {
      const collection = await create(withVectors(3));
      await collection.upsert([
        ...documentChunks("both.md", ["apple pie"], { vectors: [new Float32Array([1, 0, 0])] }),
        ...documentChunks("text.md", ["apple apple"], { vectors: [new Float32Array([-1, 0, 0])] }),
        ...documentChunks("dense.md", ["pear tart"], { vectors: [new Float32Array([1, 0.1, 0])] }),
      ]);
      const hits = await collection.search({
        mode: "hybrid",
        text: "apple",
        vector: new Float32Array([1, 0, 0]),
        limit: 3,
        filters: [],
      });
      expect(hits[0]!.chunk.source).toBe("both.md");
      expect(new Set(hits.map((hit) => hit.chunk.source))).toEqual(new Set(["both.md", "text.md", "dense.md"]));
      expect(hits[0]!.scores).toEqual({ dense: expect.any(Number) as number, text: expect.any(Number) as number });
      for (const { score } of hits) expect([score > 0, score <= 1]).toEqual([true, true]);
    });

    textTest.each(fusionMethods)("hybrid fuses by %s as on every store", async (fusion) => {
      const collection = await create(withVectors(3));
      const vectors = { "a.md": [1, 0, 0], "b.md": [1, 0.5, 0], "c.md": [1, 2, 0], "d.md": [0, 1, 0] };
      await collection.upsert(
        Object.entries(vectors).flatMap(([source, vector]) =>
          documentChunks(source, [source === "d.md" ? "only the apple" : `something else ${source}`], {
            vectors: [new Float32Array(vector)],
          }),
        ),
      );
      const request = { text: "apple", vector: new Float32Array([1, 0, 0]), limit: 10, filters: [] };
      const [dense, text] = await Promise.all(
        (["dense", "text"] as const).map((mode) => collection.search({ ...request, mode })),
      );
      const hits = await collection.search({ ...request, mode: "hybrid", fusion });
      const expected = fuse({ dense: dense!, text: text! }, fusion, { limit: 10 });
      expect(hits.map(({ chunk }) => chunk.source)).toEqual(expected.map(({ chunk }) => chunk.source));
      for (const [index, { score }] of hits.entries()) expect(score).toBeCloseTo(expected[index]!.score, 4);
    });

    test("of a vector with other dimensions is refused", async () => {
      const collection = await create(withVectors(3));
      await expect(
        collection.search({ mode: "dense", text: "", vector: new Float32Array(5), limit: 3, filters: [] }),
      ).rejects.toMatchObject({ code: "dimension-mismatch" });
    });

    test("returns the chunk with everything that a citation needs", async () => {
      const collection = await create();
      const [chunk] = documentChunks("dir/a.md", ["needle"], { page: 7, metadata: { lang: "de" } });
      await collection.upsert([chunk!]);
      const { vector: _, language: __, updatedAt: ___, writer: ____, ...expected } = chunk!;
      const [hit] = await searchText(collection, "needle");
      expect(hit!.chunk).toMatchObject(expected);
    });

    test("finds the vectors that are nearest among several thousand", async () => {
      const random = randomNumbers(7);
      const collection = await create(withVectors(16));
      const vectors = Array.from({ length: 4000 }, () => randomVector(random, 16));
      await collection.upsert(
        vectors.map((vector, i) => documentChunks(`v${i}.md`, [`row ${i}`], { vectors: [vector] })[0]!),
      );
      await collection.optimize();
      let found = 0;
      for (let query = 0; query < 20; query++) {
        const vector = randomVector(random, 16);
        const exact = new Set(
          vectors
            .map((candidate, i) => ({ i, dot: candidate.reduce((sum, value, d) => sum + value * vector[d]!, 0) }))
            .sort((a, b) => b.dot - a.dot)
            .slice(0, 10)
            .map(({ i }) => `v${i}.md`),
        );
        const hits = await collection.search({ mode: "dense", text: "", vector, limit: 10, filters: [] });
        found += hits.filter((hit) => exact.has(hit.chunk.source)).length;
      }
      expect(found / 200).toBeGreaterThanOrEqual(0.95);
    });
  });

  describe("filters", side, () => {
    let collection: Collection;
    beforeAll(async () => {
      collection = await create();
      const rows: [string, Partial<StoredChunk>][] = [
        [
          "a",
          {
            source: "guide/intro.md",
            title: "Intro",
            heading: ["Guide", "Start"],
            metadata: { year: 2020, lang: "en", draft: true, tags: ["x", "y"] },
          },
        ],
        [
          "b",
          {
            source: "guide/end.md",
            title: "2020",
            heading: ["Guide"],
            metadata: { year: 2021.5, lang: "de", draft: false, tags: ["y,z"] },
          },
        ],
        [
          "c",
          {
            source: "faq.pdf",
            title: 'It\'s a "FAQ"',
            heading: [],
            page: 3,
            format: "pdf",
            metadata: { year: "2020", lang: "日本語" },
          },
        ],
        [
          "d",
          {
            source: "faq.pdf2",
            title: "back\\slash",
            page: 12,
            format: "pdf",
            metadata: { "dotted.key": "v", 'odd "key': "w", note: 'say "hi", "year":2020,', size: -3 },
          },
        ],
        [
          "e",
          {
            source: "e.txt",
            title: "e",
            format: "text",
            metadata: { date: "2024-05-06", title: "inner", empty: "", tags: ["a]b", 5] },
          },
        ],
      ];
      await collection.upsert(
        rows.flatMap(([key, fields]) => documentChunks(fields.source!, [`needle ${key}`], { ...fields })),
      );
    });

    const cases: [string, FilterOperator, string, string][] = [
      ["source", "=", "guide/intro.md", "a"],
      ["source", "!=", "guide/intro.md", "bcde"],
      ["source", "~", "guide/*", "ab"],
      ["source", "~", "*.pdf", "c"],
      ["source", "~", "faq.pdf?", "d"],
      ["source", "~", "GUIDE/*", ""],
      ["source", "~", "guide", ""],
      ["source", "<", "f", "e"],
      ["source", ">=", "g", "ab"],
      ["title", "=", "2020", "b"],
      ["title", "=", 'It\'s a "FAQ"', "c"],
      ["title", "=", "back\\slash", "d"],
      ["title", "~", "*\\*", "d"],
      ["title", ">", "1000", ""],
      ["heading", "=", "Guide > Start", "a"],
      ["heading", "~", "Guide*", "abde"],
      ["format", "=", "pdf", "cd"],
      ["format", "!=", "pdf", "abe"],
      ["page", "=", "3", "c"],
      ["page", ">", "3", "d"],
      ["page", ">=", "3", "cd"],
      ["page", "<", "100", "cd"],
      ["page", "!=", "3", "abde"],
      ["page", "=", "three", ""],
      ["page", ">", "-1e309", "cd"],
      ["year", ">", "-1e309", "ab"],
      ["year", "<", "1e309", "ab"],
      ["year", "<=", "-1e309", ""],
      ["year", "=", "1e309", ""],
      ["year", "!=", "1e309", "abcde"],
      ["title", "<", "1e309", ""],
      ["page", "~", "1?", "d"],
      ["year", "=", "2020", "ac"],
      ["year", "=", "2020.0", "a"],
      ["year", "!=", "2020", "bde"],
      ["year", ">", "2020", "b"],
      ["year", ">=", "2020", "ab"],
      ["year", "<", "2021.6", "ab"],
      ["year", "<=", "2020", "a"],
      ["year", "~", "202*", "abc"],
      ["size", "<", "0", "d"],
      ["size", "=", "-3", "d"],
      ["lang", "=", "de", "b"],
      ["lang", "=", "日本語", "c"],
      ["lang", "~", "日*", "c"],
      ["lang", "~", "?e", "b"],
      ["lang", "!=", "de", "acde"],
      ["lang", ">", "df", "ac"],
      ["draft", "=", "true", "a"],
      ["draft", "!=", "true", "bcde"],
      ["draft", "=", "false", "b"],
      ["draft", ">", "false", ""],
      ["tags", "=", "x", "a"],
      ["tags", "=", "y", "a"],
      ["tags", "!=", "y", "bcde"],
      ["tags", "=", "y,z", "b"],
      ["tags", "=", "a]b", "e"],
      ["tags", "=", "5", "e"],
      ["tags", "~", "y*", "ab"],
      ["dotted.key", "=", "v", "d"],
      ['odd "key', "=", "w", "d"],
      ["note", "=", 'say "hi", "year":2020,', "d"],
      ["note", "~", 'say "*', "d"],
      ["date", ">=", "2024-05-01", "e"],
      ["date", "<", "2024-05-01", ""],
      ["metadata.title", "=", "inner", "e"],
      ["empty", "=", "", "e"],
      ["empty", "~", "*", "e"],
      ["nowhere", "=", "x", ""],
      ["nowhere", "!=", "x", "abcde"],
      ["nowhere", "~", "*", ""],
      // User text that tries to become part of the expression.
      ["title", "=", `" or 1==1 or "`, ""],
      ["title", "=", `' OR 1=1 OR '`, ""],
      ["lang", "=", `" or 1==1 or "`, ""],
      ["lang", "=", `') OR true OR ('`, ""],
      ["lang", "~", `*" or 1==1 or "*`, ""],
      [`x") or true or ("`, "=", "1", ""],
      [`x' OR 'a'='a`, "=", "1", ""],
      [`lang"] == "de" or metadata["lang`, "=", "x", ""],
      ["source", "~", "*e*e*e*e*z", ""],
      ["lang", "~", "*?".repeat(500), ""],
      ["tags", "~", "\u0001".repeat(1_000), ""],
      ["lang", "<", "true", ""],
      ["title", "<", "true", "abcde"],
      ["source", "~", ".*", ""],
      ["source", "~", "%", ""],
      ["source", "~", "guide_intro.md", ""],
      ["title", "=", "line\nbreak", ""],
      ["lang", "!=", "𠮷🐫\\", "abcde"],
    ];
    test.each(cases)("%s %s %j", async (field, operator, value, expected) => {
      const hits = await searchText(collection, "needle", [createFilter(field, operator, value)]);
      expect(
        hits
          .map((hit) => hit.chunk.text.at(-1))
          .sort()
          .join(""),
      ).toBe(expected);
    });

    test("a glob over headings finds one that stands in the passage", async () => {
      const several = await create();
      const text = "# Guide\n\nneedle\n\n## Installing on ARM ##\n\nneedle\n\n### C#\n";
      await several.upsert([
        ...documentChunks("inside.md", [text], { heading: ["Guide"], format: "markdown" }),
        ...documentChunks("comment.py", ["needle\n# Installing on ARM"], { heading: [], format: "code" }),
        ...documentChunks("words.md", ["needle Installing on ARM"], { heading: ["Guide"], format: "markdown" }),
      ]);
      const sourcesFor = async (operator: FilterOperator, value: string) =>
        (await searchText(several, "needle", [createFilter("heading", operator, value)]))
          .map(({ chunk }) => chunk.source)
          .sort();
      expect(await sourcesFor("~", "Installing*")).toEqual(["inside.md"]);
      expect(await sourcesFor("~", "*on ARM")).toEqual(["inside.md"]);
      expect(await sourcesFor("~", "C#")).toEqual(["inside.md"]);
      expect(await sourcesFor("~", "Installing")).toEqual([]);
      expect(await sourcesFor("~", "Gu?de")).toEqual(["inside.md", "words.md"]);
      expect(await sourcesFor("=", "Installing on ARM")).toEqual([]);
    });

    test("several hold together, in every mode", async () => {
      const filters: Filter[] = [createFilter("source", "~", "guide/*"), createFilter("year", ">", "2020")];
      expect((await searchText(collection, "needle", filters)).map((hit) => hit.chunk.text)).toEqual(["needle b"]);
      const dense = await create(withVectors(2));
      await dense.upsert(
        Array.from(
          { length: 50 },
          (_, i) =>
            documentChunks(`n${i}.md`, ["needle"], { vectors: [new Float32Array([1, i / 50])], metadata: { i } })[0]!,
        ),
      );
      for (const mode of can.text ? (["dense", "hybrid"] as const) : (["dense"] as const)) {
        const hits = await dense.search({
          mode,
          text: "needle",
          vector: new Float32Array([1, 0]),
          limit: 3,
          filters: [createFilter("i", ">=", "45")],
        });
        expect(hits).toHaveLength(3);
        expect(hits.every((hit) => Number(hit.chunk.metadata["i"]) >= 45)).toBe(true);
      }
    });
  });

  describe("filters that few rows meet", side, () => {
    const rows = 6_000;
    const rare = (number: number): boolean => number % 600 === 7;
    let collection: Collection;
    let chunks: StoredChunk[];
    beforeAll(async () => {
      const random = randomNumbers(23);
      collection = await create(withVectors(8));
      const texts = Array.from({ length: rows }, (_, number) => `passage number${number}`);
      const vectors = texts.map(() => randomVector(random, 8));
      chunks = chunksWithoutVectors("few.md", texts, { vectors }).map((chunk, number) =>
        Object.assign(chunk, { page: rare(number) ? 1 : 2, metadata: { lang: rare(number) ? "xyz" : "other" } }),
      );
      for (let start = 0; start < rows; start += 1_000) await collection.upsert(chunks.slice(start, start + 1_000));
    });

    test.each([
      ["page", "<", "2"],
      ["lang", "=", "xyz"],
      ["lang", "~", "x?z"],
    ] as [string, FilterOperator, string][])("%s %s %s: cost none of their hits", async (field, operator, value) => {
      const random = randomNumbers(29);
      const filters = [createFilter(field, operator, value)];
      for (let question = 0; question < questions; question++) {
        const vector = randomVector(random, 8);
        const ranked = chunks
          .filter((_, number) => rare(number))
          .map(({ ordinal, vector: stored }) => ({
            ordinal,
            product: stored!.reduce((sum, value, dimension) => sum + value * vector[dimension]!, 0),
          }))
          .toSorted((a, b) => b.product - a.product);
        for (const limit of [3, 10, 20]) {
          const hits = await collection.search({ mode: "dense", text: "", vector, limit, filters });
          expect(hits.map(({ chunk }) => chunk.ordinal)).toEqual(ranked.slice(0, limit).map(({ ordinal }) => ordinal));
          expect(hits[0]!.score).toBeCloseTo(ranked[0]!.product, 4);
          expect(hits[0]!.chunk.text).toBe(`passage number${ranked[0]!.ordinal}`);
        }
        if (!can.text) continue;
        const hits = await collection.search({ mode: "hybrid", text: "passage", vector, limit: 20, filters });
        expect(hits.map(({ chunk }) => chunk.ordinal).toSorted((a, b) => a - b)).toEqual(
          ranked.map(({ ordinal }) => ordinal).toSorted((a, b) => a - b),
        );
      }
    });
  });

  test("ranks the best first while nothing has been optimized yet", async () => {
    const collection = await create();
    const texts = Array.from(
      { length: 30 },
      (_, i) => `filler words ${i === 20 ? "needle needle needle" : "needle"} filler`,
    );
    await collection.upsert(documentChunks("a.md", texts));
    expect((await searchText(collection, "needle", [], 1)).map((hit) => hit.chunk.ordinal)).toEqual([20]);
  });

  describe("several at once", () => {
    test("readers see whole states while a writer writes", async () => {
      const collection = await create();
      await collection.upsert(documentChunks("base.md", ["needle base"]));
      await reopened(async (other) => {
        const reader = await openOwn(other, collection.name);
        const writing = new AbortController();
        const reading = (async () => {
          let reads = 0;
          while (!writing.signal.aborted) {
            const hits = await searchText(reader, "base");
            expect(hits.map((hit) => hit.chunk.source)).toContain("base.md");
            reads++;
          }
          return reads;
        })();
        for (let i = 0; i < 10; i++) {
          await collection.upsert(documentChunks(`w${i}.md`, ["needle more", "needle most"]));
          await collection.optimize();
        }
        writing.abort();
        expect(await reading).toBeGreaterThan(0);
        expect(await searchText(await openOwn(other, collection.name), "needle", [], 100)).toHaveLength(21);
      });
    });

    /** Every way to read that a person's command takes. */
    const reads: Reads = {
      search: (collection) => searchText(collection, "needle"),
      filter: (collection) => searchText(collection, "needle", [createFilter("format", "=", "markdown")]),
      documents: (collection) => collection.documents(),
      overview: (collection) => collection.overview(),
      stats: (collection) => collection.stats(),
      words: (collection) => collection.wordFrequencies("needle"),
    };
    const readingOf = (name: string) => ({ name, reads, open: () => open(under) });

    test("readers of a collection that is dropped are told that there is none", { timeout: 600_000 }, async () => {
      const met = new Set<string>();
      for (let round = 0; round < changes; round++) {
        const collection = await create();
        await collection.upsert(documentChunks("a.md", ["needle one", "needle two"]));
        await collection.optimize();
        const drop = () => store.drop(collection.name);
        for (const outcome of await metWhile(drop, readingOf(collection.name))) met.add(outcome);
      }
      met.delete("collection-not-found");
      expect([...met].sort()).toEqual(["found", "nothing"]);
    });

    replaceTest(
      "readers of a collection that is replaced find the old one or the new one",
      { timeout: 600_000 },
      async () => {
        const { name, upsert, optimize } = await create();
        await upsert(documentChunks("old.md", ["the old needle"]));
        await optimize();
        // The first one moves the old collection away, the others do not.
        for (let round = 0; round < changes; round++) {
          const { collection, swap } = await store.createBeside(name, plain);
          await collection.upsert(documentChunks("new.md", ["needle one", "needle two"]));
          await collection.optimize();
          expect(await metWhile(swap, readingOf(name))).toEqual(["found"]);
        }
      },
    );

    test("a writer that was killed leaves every acknowledged row and a collection that works", async () => {
      const collection = await create();
      const vector = can.text ? null : [...wordVector("written in batch")];
      for (let round = 0; round < 3; round++) {
        const child = fork(
          builtFixture("upsert-forever"),
          [JSON.stringify({ ...under, collection: collection.name, round, vector })],
          { stdio: ["ignore", "ignore", "inherit", "ipc"] },
        );
        let acknowledged = 0;
        child.on("message", (batches) => {
          acknowledged = Number(batches);
          if (acknowledged >= 3 + round) child.kill("SIGKILL");
        });
        await once(child, "exit");
        expect(acknowledged).toBeGreaterThanOrEqual(3 + round);
        await reopened(async (again) => {
          const survivor = await openOwn(again, collection.name);
          const ids = Array.from({ length: acknowledged }, (_, batch) => documentId(`round${round}-batch${batch}.md`));
          expect(await survivor.chunksOf(ids)).toHaveLength(acknowledged * 20);
          await survivor.upsert(documentChunks(`after-${round}.md`, ["needle after"]));
          expect((await searchText(survivor, "needle", [], 100)).length).toBe(round + 1);
        });
      }
    });
  });
}
