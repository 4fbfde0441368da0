import { chmod, mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Sandbox, createSandbox } from "./run-rag.ts";

const isWindows = process.platform === "win32";

let sandbox: Sandbox;
let cache: string;
let compiled: string;
beforeEach(async () => {
  sandbox = await createSandbox();
  cache = path.join(sandbox.folder, "cache");
  compiled = path.join(cache, "milvus-rag", "compiled");
});
afterEach(() => sandbox.remove());

const variables = () => ({ XDG_CACHE_HOME: cache, LOCALAPPDATA: "" });
const help = (more: Record<string, string> = {}) =>
  sandbox.rag(["search", "--help"], { variables: { ...variables(), ...more } });

/** Every file below the folder for compiled code, by its path. */
async function keptFiles(): Promise<string[]> {
  const entries = await readdir(compiled, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

test("the first run keeps what was compiled, for this user alone, and the next one leaves it", async () => {
  const first = await help();
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  const kept = await keptFiles();
  expect(kept).not.toEqual([]);
  const forOthers = isWindows ? 0 : (await stat(compiled)).mode & 0o077;
  expect(forOthers).toBe(0);

  const before = await Promise.all(kept.map(async (file) => (await stat(file)).ino));
  expect(await help()).toEqual(first);
  expect((await keptFiles()).sort()).toEqual([...kept].sort());
  expect(await Promise.all(kept.map(async (file) => (await stat(file)).ino))).toEqual(before);
});

test("what is damaged is compiled again, and written anew", async () => {
  const first = await help();
  const kept = await keptFiles();
  const largest = (await Promise.all(kept.map(async (file) => ({ file, bytes: await readFile(file) })))).sort(
    (a, b) => b.bytes.length - a.bytes.length,
  )[0]!;
  for (const damage of [
    (bytes: Buffer) => bytes.fill(0x55, 40, 4000),
    (bytes: Buffer) => bytes.fill(0),
    (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
    (bytes: Buffer) => bytes.subarray(0, 2),
    () => Buffer.alloc(0),
  ]) {
    const damaged = damage(Buffer.from(largest.bytes));
    await writeFile(largest.file, damaged);
    expect(await help()).toEqual(first);
    expect((await readFile(largest.file)).equals(damaged)).toBe(false);
  }
});

test("nothing is kept where Node is told not to", async () => {
  expect(await help({ NODE_DISABLE_COMPILE_CACHE: "1" })).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await keptFiles()).toEqual([]);
});

test("a cache folder that cannot be made changes nothing", async () => {
  const expected = await help({ NODE_DISABLE_COMPILE_CACHE: "1" });
  await writeFile(cache, "a file");
  expect(await help()).toEqual(expected);
});

test("a system that says of a new folder that something is not there is asked no further", async () => {
  const expected = await help({ NODE_DISABLE_COMPILE_CACHE: "1" });
  expect(await help({ XDG_CACHE_HOME: "/proc/nothing/here" })).toEqual(expected);
});

test("where nothing can be written into the cache folder, code is compiled", async () => {
  const expected = await help();
  const [version = ""] = await readdir(compiled);
  const [engine = ""] = await readdir(path.join(compiled, version));
  await rm(path.join(compiled, version, engine), { recursive: true });
  await writeFile(path.join(compiled, version, engine), "a file");
  expect(await help()).toEqual(expected);
});

test.skipIf(isWindows)("a folder that others may write to, or that is a link, is not used", async () => {
  const expected = await help();
  const [version = ""] = await readdir(compiled);
  const folder = path.join(compiled, version);
  await rm(folder, { recursive: true });
  await mkdir(folder);
  await chmod(folder, 0o777);
  expect(await help()).toEqual(expected);
  expect(await keptFiles()).toEqual([]);

  await rm(folder, { recursive: true });
  const elsewhere = path.join(sandbox.folder, "elsewhere");
  await mkdir(elsewhere, { mode: 0o700 });
  await symlink(elsewhere, folder);
  expect(await help()).toEqual(expected);
  expect(await readdir(elsewhere)).toEqual([]);
});

test("what versions that are long unused left is removed when a new one begins", async () => {
  const long = path.join(compiled, "0.0.1");
  const lately = path.join(compiled, "0.0.2");
  await mkdir(long, { recursive: true, mode: 0o700 });
  await mkdir(lately);
  const days = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000);
  await utimes(long, days(31), days(31));
  await utimes(lately, days(29), days(29));
  await help();
  const left = await readdir(compiled);
  expect(left).not.toContain("0.0.1");
  expect(left).toContain("0.0.2");
  expect(left).toHaveLength(2);
});
