import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFileReader } from "../../src/files/read-soon.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-read-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a reader of many files", () => {
  test.each([0, 1, 4_095, 4_096, 5_000, 200_000])("gives the bytes of a file of %i", async (size) => {
    const path = join(folder, `${size}.bin`);
    const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
    await writeFile(path, bytes);
    expect((await createFileReader()(path, 1_000_000)).equals(bytes)).toBe(true);
  });

  test("reads all of a file that is too large to be read at once", async () => {
    const path = join(folder, "log.txt");
    await writeFile(path, "x".repeat(5_000));
    appendFileSync(path, "y".repeat(200_000));
    expect((await createFileReader()(path, 1_000_000)).length).toBe(205_000);
  });

  test("refuses what is too large, a folder, and what is not there", async () => {
    const read = createFileReader();
    const large = join(folder, "large.txt");
    await writeFile(large, "x".repeat(9_000));
    await expect(read(large, 8_999)).rejects.toMatchObject({ code: "too-large" });
    await mkdir(join(folder, "sub"));
    await expect(read(join(folder, "sub"), 1_000)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(read(join(folder, "missing"), 1_000)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.skipIf(process.platform === "win32")("refuses a pipe that nobody writes to, at once", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(createFileReader()(pipe, 1_000)).rejects.toMatchObject({ code: "not-a-file" });
  });

  test.skipIf(process.platform !== "linux")("reads files of the system, which say that they are empty", async () => {
    expect((await createFileReader()("/proc/self/status", 1_000_000)).toString()).toContain("Name:");
  });

  test("lets others have their turn", async () => {
    const path = join(folder, "small.txt");
    await writeFile(path, "words");
    const read = createFileReader();
    let isDone = false;
    let turns = 0;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    for (const until = performance.now() + 200; performance.now() < until;) await read(path, 1_000);
    isDone = true;
    expect(turns).toBeGreaterThan(2);
  });
});
