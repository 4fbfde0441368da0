import { appendFile, mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type VectorCache, openVectorCache } from "../../../../src/pipeline/embed/cache/vector-cache.ts";

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "rag-vectors-"));
  folder = join(root, "cache", "embeddings");
});
afterEach(() => rm(root, { recursive: true, force: true }));

const model = { model: "there/model", dimensions: 4 };
const opened = (wanted: { model: string; dimensions: number | null } = model, maxBytes = 1e9): VectorCache =>
  openVectorCache({ folder, maxBytes }, wanted);
const vectorOf = (number: number): Float32Array => Float32Array.of(number, number / 3, -number, 1);

function put(texts: string[], first = 1, cache = opened()): void {
  cache.put(
    texts,
    texts.map((_, index) => vectorOf(first + index)),
  );
  cache.close();
}

async function files(ending: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

describe("openVectorCache", () => {
  it("gives back what was put, bit by bit, in the same run and in later ones", () => {
    const texts = Array.from({ length: 5000 }, (_, index) => `passage ${index}`);
    put(texts);
    const cache = opened();
    expect(texts.every((text, index) => Buffer.compare(bytes(cache.get(text)), bytes(vectorOf(index + 1))) === 0)).toBe(
      true,
    );
    expect(cache.get("passage")).toBeNull();
    expect(cache.has("passage 4999")).toBe(true);
    cache.close();
  });

  it("tells models and lengths of vectors from each other", () => {
    put(["one"]);
    expect(opened({ ...model, model: "there/other" }).get("one")).toBeNull();
    expect(opened({ ...model, dimensions: 8 }).get("one")).toBeNull();
    expect(opened({ ...model, dimensions: null }).has("one")).toBe(true);
    const longer = opened({ ...model, dimensions: 2 });
    longer.put(["one"], [Float32Array.of(1, 2)]);
    expect(opened({ ...model, dimensions: 2 }).get("one")).toEqual(Float32Array.of(1, 2));
    expect(opened().get("one")).toEqual(vectorOf(1));
    // Of two lengths, nobody can say which one will be asked for.
    expect(opened({ ...model, dimensions: null }).has("one")).toBe(false);
  });

  it("keeps nothing of another length than the model's", () => {
    const cache = opened();
    cache.put(["short"], [Float32Array.of(1)]);
    expect(opened().get("short")).toBeNull();
  });

  it("has several writers at once, whose vectors all are found", () => {
    const [one, other] = [opened(), opened()];
    for (let turn = 0; turn < 20; turn++) {
      one.put([`one ${turn}`], [vectorOf(turn)]);
      other.put([`other ${turn}`], [vectorOf(-turn)]);
    }
    const cache = opened();
    for (let turn = 0; turn < 20; turn++) {
      expect(cache.get(`one ${turn}`)).toEqual(vectorOf(turn));
      expect(cache.get(`other ${turn}`)).toEqual(vectorOf(-turn));
    }
  });

  it.each([
    ["a byte of a vector differs", ".vectors", async (file: string) => overwrite(file, 17, 0x55)],
    ["a byte of a checksum differs", ".keys", async (file: string) => overwrite(file, 20 + 17, 0x55)],
    ["the vectors end early", ".vectors", (file: string) => truncate(file, 20)],
    ["the keys end within an entry", ".keys", (file: string) => truncate(file, 20 + 7)],
  ])("leaves out a damaged entry, and no other: %s", async (_, ending, damage) => {
    put(["first", "second"]);
    const [file] = await files(ending);
    await damage(file!);
    const cache = opened();
    expect(cache.get("first")).toEqual(vectorOf(1));
    expect(cache.get("second")).toBeNull();
    cache.put(["second"], [vectorOf(2)]);
    expect(opened().has("second")).toBe(true);
  });

  it("takes a folder of anything for an empty one", async () => {
    put(["first"]);
    const [keys] = await files(".keys");
    const [vectors] = await files(".vectors");
    await rm(vectors!);
    await writeFile(join(keys!, "..", "4-abc.keys"), "what is this");
    await writeFile(join(keys!, "..", "notes.txt"), "mine");
    expect(opened().get("first")).toBeNull();
    put(["first"]);
    expect(opened().get("first")).toEqual(vectorOf(1));
  });

  it("goes on without keeping anything where the folder cannot be made", async () => {
    await writeFile(join(root, "cache"), "a file in the way");
    const cache = opened();
    cache.put(["first"], [vectorOf(1)]);
    expect(cache.get("first")).toBeNull();
    cache.close();
  });

  it.skipIf(process.platform === "win32")("lets nobody else read it", async () => {
    put(["first"]);
    for (const file of [...(await files(".keys")), ...(await files(".vectors"))]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it("takes no more room than it may, and forgets first what was used least lately", async () => {
    const limit = 3 * (100 * 36);
    const batch = (name: string) => Array.from({ length: 100 }, (_, index) => `${name} ${index}`);
    for (const [age, name] of ["old", "used", "new"].entries()) {
      put(batch(name));
      for (const file of [...(await files(".keys")), ...(await files(".vectors"))]) {
        if ((await stat(file)).mtimeMs < Date.now() - 10_000) continue;
        const then = new Date(Date.now() - 100_000_000 + age * 1000);
        await utimes(file, then, then);
      }
    }
    const reader = opened();
    reader.get("used 1");
    reader.close();
    put(batch("newest"), 1, opened(model, limit));
    const cache = opened();
    expect(["old 1", "used 1", "new 1", "newest 1"].map((text) => cache.has(text))).toEqual([false, true, true, true]);
    put(batch("last"), 1, opened(model, limit / 2));
    const sizes = await Promise.all((await files("")).map(async (file) => (await stat(file)).size));
    expect(await files(".keys")).toHaveLength((await files(".vectors")).length);
    expect(opened().has("last 99")).toBe(true);
    expect(sizes.length).toBeGreaterThan(0);
  });

  it("makes one segment of many small ones, except those of processes that may still be writing", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `text ${index}`);
    for (const [index, name] of names.entries()) put([name], index);
    const before = new Date(Date.now() - 3_600_000);
    for (const file of (await files(".vectors")).slice(0, 50)) await utimes(file, before, before);
    put(["last"]);
    expect(await files(".keys")).toHaveLength(12);
    expect(await files(".vectors")).toHaveLength(12);
    const cache = opened();
    for (const [index, name] of names.entries()) expect(cache.get(name)).toEqual(vectorOf(index));
    cache.close();
  });

  it("does not append to what a killed process left unfinished", async () => {
    put(["first"]);
    const [vectors] = await files(".vectors");
    // Vectors without keys: the process was killed between the two.
    await appendFile(vectors!, Buffer.from(vectorOf(9).buffer));
    const before = await readFile(vectors!);
    put(["second"], 2);
    expect(await readFile(vectors!)).toEqual(before);
    expect(opened().get("first")).toEqual(vectorOf(1));
    expect(opened().get("second")).toEqual(vectorOf(2));
  });
});

function bytes(vector: Float32Array | null): Uint8Array {
  return vector === null ? new Uint8Array() : new Uint8Array(vector.buffer);
}

async function overwrite(file: string, position: number, value: number): Promise<void> {
  const content = await readFile(file);
  content[position] = content[position]! ^ value;
  await writeFile(file, content);
}
