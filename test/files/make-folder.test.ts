import { mkdtemp, rm, rmdir, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "../../src/files/make-folder.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "rag-folder-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("a folder is made with those above it, once", async () => {
  const path = join(root, "a/b/c");
  expect(await makeFolder(path)).toBe(true);
  expect((await stat(path)).isDirectory()).toBe(true);
  expect(await makeFolder(path)).toBe(false);
  expect(await makeFolder(`${path}/`)).toBe(false);
});

test("several make the same folder at once", async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(root, "a/b/c"))));
  expect(made.filter(Boolean)).toHaveLength(1);
});

test("a folder is made that others remove in the same moments", async () => {
  const path = join(root, "a");
  const makeAndRemove = async (): Promise<void> => {
    for (let round = 0; round < 200; round++) {
      await makeFolder(path);
      await rmdir(path).catch(() => {});
    }
  };
  await Promise.all([makeAndRemove(), makeAndRemove(), makeAndRemove()]);
  expect(await makeFolder(path)).toBe(true);
});

test("what is in the way is an error", async () => {
  await writeFile(join(root, "file"), "");
  await expect(makeFolder(join(root, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(root, "file/a"))).rejects.toMatchObject({ code: expect.any(String) as string });
});

test.skipIf(process.platform === "win32")("a link to a folder will do, one to nowhere will not", async () => {
  await symlink(".", join(root, "here"));
  expect(await makeFolder(join(root, "here"))).toBe(false);
  await symlink("gone", join(root, "nowhere"));
  await expect(makeFolder(join(root, "nowhere"))).rejects.toMatchObject({ code: "EEXIST" });
});

test.skipIf(process.platform !== "linux")("where no folder can be made, it comes to an end", async () => {
  for (const path of ["/proc/nope", "/proc/nope/below"]) {
    await expect(makeFolder(path)).rejects.toMatchObject({ code: "ENOENT" });
  }
});
