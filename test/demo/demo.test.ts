import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const demo = fileURLToPath(new URL("demo.mjs", import.meta.url));
const repository = fileURLToPath(new URL("../..", import.meta.url));

let temporary: string;
beforeAll(async () => {
  temporary = await realpath(await mkdtemp(path.join(tmpdir(), "rag-demo-test-")));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

it("answers from the project's own documentation, and leaves the store for the reader", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [demo], {
    cwd: temporary,
    env: {
      PATH: process.env["PATH"],
      HOME: temporary,
      TMPDIR: temporary,
      TMP: temporary,
      TEMP: temporary,
      // Must not lead the demo to anything of the reader's.
      MILVUS_URI: "http://127.0.0.1:9",
      RAG_COLLECTION: "precious",
    },
  });
  expect(stdout.match(/^\$ rag \w+/gm)).toEqual([
    "$ rag ingest",
    "$ rag collections",
    "$ rag search",
    "$ rag ask",
    "$ rag ask",
    "$ rag collections",
  ]);
  const [, place, line, cited] = /^Sources:\n\[\d+\] (docs\/\S+?):(\d+) {2}(.*)$/m.exec(stdout) ?? [];
  expect(cited).toBeTruthy();
  const lines = (await readFile(path.join(repository, place!), "utf8")).split("\n");
  expect(lines.length).toBeGreaterThanOrEqual(Number(line));

  const [, folder] = /^\$ cd (.+)$/m.exec(stdout) ?? [];
  expect(path.dirname(folder!)).toBe(temporary);
  expect(await readdir(path.join(folder!, ".rag"))).toContain("demo.lance");
  expect(stdout).toContain("$ unset MILVUS_URI RAG_COLLECTION");
});
