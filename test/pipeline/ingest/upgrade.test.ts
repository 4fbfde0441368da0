import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copy } from "../../../src/pipeline/copy/copy.ts";
import { isOutdated, upgrade } from "../../../src/pipeline/ingest/upgrade.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type { Collection, NewManifest, Store } from "../../../src/stores/types.ts";
import type { StoredChunk } from "../../../src/types.ts";
import { chunkId } from "../../../src/util/ids.ts";
import { documentChunks } from "../../fixtures/chunks.ts";
import { writeCollectionOfForm1 } from "../../fixtures/collection-of-form-1.ts";
import { contents, openOwn } from "../../fixtures/collections.ts";

let folder: string;
let store: Store;
const opened: Store[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-upgrade-"));
  store = open(folder);
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  await rm(folder, { recursive: true, force: true });
});

function open(path: string): Store {
  const made = openEmbeddedStore({ path, location: path });
  opened.push(made);
  return made;
}

const vectors = [new Float32Array([0.25, 1]), new Float32Array([-1, 0.5]), new Float32Array([3, 4])];
const context = "Manual > Chapter\n\n";
const english = documentChunks("docs/en.md", ["the camel is in the desert", "and that is a harbour"], {
  vectors,
  context,
  language: "en",
  metadata: { year: 2020 },
});
const russian = documentChunks("docs/ru.md", ["Верблюды живут в пустынях и степях", "Корабли стоят в гаванях"], {
  vectors,
  context,
  language: "ru",
});
/** Of the second version, only the last chunk was written before the process was killed. */
const mixed = documentChunks("docs/mixed.md", ["one", "two", "three"], { vectors, context });
mixed[2]!.docHash = "another";

const beside = { createBeside: (manifest: NewManifest) => store.createBeside("docs", manifest) };

async function old(): Promise<Collection> {
  await writeCollectionOfForm1(folder, "docs", [...english, ...russian, ...mixed], 2);
  return openOwn(store, "docs");
}

const sourcesOf = async (collection: Collection, text: string): Promise<string[]> =>
  (await collection.search({ mode: "text", text, vector: null, limit: 5, filters: [] })).map(
    ({ chunk }) => chunk.source,
  );

/** In the order of `contents`, as they are written now. */
const expected = [...english, ...russian].map((chunk): StoredChunk => ({ ...chunk, writer: "", updatedAt: 0 }));

describe("a collection of form 1", () => {
  test("is read and searched as it was made", async () => {
    const collection = await old();
    expect(isOutdated(collection.manifest)).toBe(true);
    expect((await collection.documents()).map(({ source }) => source).sort()).toEqual([
      "docs/en.md",
      "docs/mixed.md",
      "docs/ru.md",
    ]);
    expect(await sourcesOf(collection, "where is the camel?")).toEqual(["docs/en.md"]);
    const [hit] = await collection.search({ mode: "text", text: "harbour", vector: null, limit: 1, filters: [] });
    expect(hit?.chunk).toMatchObject({ text: "and that is a harbour", context });
    expect((await collection.stats()).chunks).toBe(7);
    const [nearest] = await collection.search({ mode: "dense", text: "", vector: vectors[1]!, limit: 1, filters: [] });
    expect(nearest?.chunk.ordinal).toBe(1);
  });

  test("is rewritten with the keys, the terms and the vectors that it should have", async () => {
    const { leftOut } = await upgrade(await old(), beside, new AbortController().signal);
    expect(leftOut).toEqual(["docs/mixed.md"]);
    const collection = await openOwn(open(folder), "docs");
    expect(isOutdated(collection.manifest)).toBe(false);
    expect(collection.manifest).toMatchObject({ schemaVersion: 2, analyzer: "multilingual", toolVersion: "0.1.0" });
    expect(await contents(collection)).toEqual(expected);
    expect((await collection.documents()).map(({ updatedAt }) => updatedAt)).toEqual([
      english[0]!.updatedAt,
      russian[0]!.updatedAt,
    ]);
    // Another case of the word.
    expect(await sourcesOf(collection, "верблюд в пустыне")).toContain("docs/ru.md");
  });

  test("stays as it was where the rewriting fails or is stopped", async () => {
    const collection = await old();
    const before = await collection.chunksOf((await collection.documents()).map(({ docId }) => docId));
    const stop = new AbortController();
    stop.abort();
    await expect(upgrade(collection, beside, stop.signal)).rejects.toThrow(/abort/);
    const after = await openOwn(open(folder), "docs");
    expect(await after.chunksOf(before.map(({ docId }) => docId))).toEqual(before);
    expect(await open(join(folder, "beside")).list()).toEqual([]);
  });

  test("is copied in the present form, once its documents are complete", async () => {
    const request = {
      names: { source: "docs", target: "copy" },
      signal: new AbortController().signal,
      onProgress() {},
    };
    const source = await old();
    const createTarget = () => store.create("copy", { ...source.manifest });
    await expect(copy({ refusalOf: () => null, source, target: null, createTarget }, request)).rejects.toMatchObject({
      code: "source-incomplete",
      hint: expect.stringContaining("rag ingest docs/mixed.md") as string,
    });
    await source.deleteDocuments((await source.documents()).filter((record) => record.source === "docs/mixed.md"));
    await source.deleteUncommitted([{ docId: mixed[2]!.docId, docHash: "another", updatedAt: mixed[2]!.updatedAt }]);
    const target = await store.open("copy");
    await copy({ refusalOf: () => null, source, target, createTarget }, request);
    const copied = await openOwn(store, "copy");
    expect(await contents(copied)).toEqual(expected);
    expect(copied.manifest.schemaVersion).toBe(2);
    expect(expected[1]!.id).toBe(chunkId(english[0]!.docId, english[0]!.docHash, 1));
    await expect(
      copy({ refusalOf: () => null, source: copied, target: source, createTarget }, request),
    ).rejects.toMatchObject({
      code: "older-collection",
    });
  });
});
