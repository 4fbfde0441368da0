import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import type { Collection, Store } from "../../src/stores/types.ts";
import type { StoredChunk } from "../../src/types.ts";
import { contents, fill, manifestFor, openOwn } from "../fixtures/collections.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
const stores: Store[] = [];
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await sandbox.remove();
});

async function storeIn(path: string, folder = sandbox.folder): Promise<Store> {
  const store = await openStore(configSchema.parse({ store: { path } }), {
    variables: {},
    projectRoot: folder,
    workingDirectory: folder,
    configFile: null,
    configIsTrusted: true,
  });
  stores.push(store);
  return store;
}

async function sourceOf(size: { documents: number; chunks: number; dimensions: number }): Promise<Collection> {
  const source = await (await storeIn(".rag")).create("docs", manifestFor(size.dimensions));
  await fill(source, size);
  return source;
}

async function copyIn(path: string, name = "docs"): Promise<Collection> {
  return openOwn(await storeIn(path), name);
}

const ingested = {
  "notes/a.md": "# Camels\n\nA camel crosses the desert.\n\n# Ferries\n\nA ferry leaves the harbour.\n",
  "notes/b.md": "# Lanterns\n\nA lantern lights the orchard.\n",
};

describe("rag collections copy", () => {
  it("prints what was copied, and the copy answers as the original does", async () => {
    await sandbox.write(ingested);
    await sandbox.rag(["ingest", "notes"]);
    const copied = await sandbox.rag(["collections", "copy", "docs", "--to", "./backup/.rag", "--as", "saved"]);
    expect(copied).toMatchObject({ exitCode: 0 });
    expect(copied.stdout).toMatch(/^copied 2 documents, 3 chunks in /);
    expect(copied.stdout).toContain("from docs (.rag) to saved (backup/.rag)");
    expect(copied.stdout).toContain("verified: 2 documents and 3 chunks on both sides");
    expect(copied.stderr).toBe(
      'note: to use the copy, set milvus.uri in .ragrc, or try: rag search "…" --uri backup/.rag -c saved\n',
    );
    const within = await sandbox.rag(["collections", "copy", "docs", "--to", "./.rag", "--as", "before"]);
    expect(within.stderr).toBe('note: to use the copy, name it: rag search "…" -c before\n');

    await sandbox.write({ "elsewhere.json": JSON.stringify({ store: { path: "backup/.rag" } }) });
    const original = await sandbox.json<{ hits: unknown[] }>("search", "ferry harbour");
    expect(original.hits).not.toEqual([]);
    for (const place of [
      ["--uri", "./backup/.rag"],
      ["--config", "elsewhere.json"],
    ]) {
      const again = await sandbox.json<{ hits: unknown[] }>("search", "ferry harbour", "-c", "saved", ...place);
      expect(again.hits).toEqual(original.hits);
    }
  });

  it("prints one JSON document", async () => {
    await sourceOf({ documents: 3, chunks: 2, dimensions: 4 });
    const { durationMs, ...rest } = await sandbox.json<Record<string, unknown>>(
      "collections",
      "copy",
      "docs",
      "--to",
      "file:backup",
    );
    expect(durationMs).toEqual(expect.any(Number));
    expect(rest).toEqual({
      failures: [],
      from: { kind: "embedded", location: ".rag", collection: "docs" },
      to: { kind: "embedded", location: "backup", collection: "docs" },
      chunks: 6,
      verified: true,
    });
  });

  it("needs no embedding model: vectors come over as they are", async () => {
    const source = await sourceOf({ documents: 3, chunks: 2, dimensions: 4 });
    const run = await sandbox.rag(["collections", "copy", "docs", "--to", "./b", "-v"]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/^verifying: /m);
    expect(await contents(await copyIn("b"))).toEqual(await contents(source));
  });

  it("copies within one store under another name, and says what was there already", async () => {
    const source = await sourceOf({ documents: 3, chunks: 2, dimensions: 0 });
    const argv = ["collections", "copy", "docs", "--to", "./.rag", "--as", "twin"];
    expect((await sandbox.rag(argv)).exitCode).toBe(0);
    expect(await contents(await copyIn(".rag", "twin"))).toEqual(await contents(source));
    expect((await sandbox.rag(argv)).stdout).toContain("3 documents were there already");
  });
});

describe("rag collections copy refuses", () => {
  it.each<[string, string[], string]>([
    ["a copy onto itself", ["docs", "--to", "../project/.rag"], "copy-onto-itself"],
    ["a bare name", ["docs", "--to", "backup"], "invalid-value"],
    ["a collection that is not there", ["dosc", "--to", "./backup"], "collection-not-found"],
    ["a name that no store takes", ["docs", "--to", "./backup", "--as", "not a name"], "invalid-collection-name"],
    ["no target", ["docs"], "usage"],
  ])("%s", async (_, argv, code) => {
    await sourceOf({ documents: 1, chunks: 1, dimensions: 0 });
    const run = await sandbox.rag(["collections", "copy", ...argv, "--json"]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(run.stderr).error.code).toBe(code);
    expect(await readdir(sandbox.folder)).toEqual([".rag"]);
  });

  it("a collection made with another model, and names both", async () => {
    await sourceOf({ documents: 1, chunks: 1, dimensions: 4 });
    await (await storeIn("backup")).create("docs", manifestFor(8));
    const run = await sandbox.rag(["collections", "copy", "docs", "--to", "./backup"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("docs in backup was made with test/tiny (8 dimensions");
    expect(run.stderr).toContain("docs in .rag with test/tiny (4 dimensions");
    expect(run.stderr).toContain("--as");
  });

  it("to write or read what another process writes", async () => {
    await sourceOf({ documents: 1, chunks: 1, dimensions: 0 });
    for (const held of [".rag", "backup"]) {
      const lease = await (await storeIn(held)).lockForWriting("docs", "ingest");
      const run = await sandbox.rag(["collections", "copy", "docs", "--to", "./backup"]);
      expect(run.exitCode).toBe(4);
      expect(run.stderr).toContain(`by another process: ingest (process ${process.pid}`);
      await lease.release();
    }
    expect((await sandbox.rag(["collections", "copy", "docs", "--to", "./backup"])).exitCode).toBe(0);
  });

  it("without showing a password", async () => {
    await sourceOf({ documents: 1, chunks: 1, dimensions: 0 });
    const run = await sandbox.rag(["collections", "copy", "docs", "--to", "http://root:s3cr3t-pw@127.0.0.1:1", "-v"]);
    expect(run.exitCode).toBe(4);
    expect(run.stdout + run.stderr).not.toContain("s3cr3t");
  });
});

describe("a copy that is interrupted", { timeout: 300_000 }, () => {
  const argv = ["collections", "copy", "docs", "--to", "./backup"];
  /** What each test finds, and what it holds. */
  let original: string;
  let originalContents: StoredChunk[];
  beforeAll(async () => {
    original = await mkdtemp(join(tmpdir(), "rag-copy-"));
    const source = await (await storeIn(".rag", original)).create("docs", manifestFor(64));
    await fill(source, { documents: 120, chunks: 100, dimensions: 64 });
    originalContents = await contents(source);
    for (const store of stores.splice(0)) await store.close();
  });
  beforeEach(() => cp(join(original, ".rag"), join(sandbox.folder, ".rag"), { recursive: true }));
  afterAll(() => rm(original, { recursive: true, force: true }));

  /** Starts a copy and returns when some of it, and not all, is written. */
  async function startedCopy(): Promise<ChildProcess> {
    const child = sandbox.start(argv);
    child.stdout?.resume();
    while (child.exitCode === null && child.signalCode === null) {
      const written = await readdir(join(sandbox.folder, "backup", "docs.lance", "data")).catch(() => []);
      if (written.length >= 4) return child;
      await sleep(2);
    }
    throw new Error("the copy ended before it could be interrupted");
  }

  it("by Ctrl-C keeps what it did, says so, and goes on with the next run", async () => {
    const child = await startedCopy();
    const stderr: Buffer[] = [];
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.kill("SIGINT");
    const [exitCode] = await once(child, "close");
    expect(exitCode).toBe(130);
    // Where the part that is written at the moment takes longer than a command has to end by itself, it has no count.
    expect(Buffer.concat(stderr).toString()).toMatch(/interrupted(?: with [1-9][\d,]* of 12,000 chunks copied)?\n/);
    expect(Buffer.concat(stderr).toString()).toContain("run the same command again to go on");
    const { documents } = await (await copyIn("backup")).stats();
    expect(documents).toBeGreaterThan(0);
    expect(documents).toBeLessThan(120);
    const next = await sandbox.rag(argv);
    expect(next.stdout).toContain("verified: 120 documents and 12,000 chunks");
    expect(await contents(await copyIn("backup"))).toEqual(originalContents);
  });

  it("by kill -9 is completed by the next run", async () => {
    const child = await startedCopy();
    child.kill("SIGKILL");
    await once(child, "close");
    const next = await sandbox.rag(argv);
    expect(next.stdout).toContain("verified: 120 documents and 12,000 chunks");
    expect(await contents(await copyIn("backup"))).toEqual(originalContents);
  });
});
