import { once } from "node:events";
import { readdir, rename } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { type FakeServer, apiError, startFakeServer } from "../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: FakeServer;
let refusesAfter: number;

beforeEach(async () => {
  sandbox = await createSandbox();
  refusesAfter = Infinity;
  server = await startFakeServer({
    embeddings: { dimensions: 8 },
    fault: ({ index }) =>
      index < refusesAfter ? null : { type: "respond", status: 401, body: apiError("the key was withdrawn") },
  });
  const providers = { server: { baseUrl: server.baseUrl, embeddingModel: "tiny", maxBatch: 8, dimensions: 8 } };
  await sandbox.write({
    "with-model.json": JSON.stringify({ providers, embedding: { provider: "server" } }),
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`docs/${n}.md`, `# Note ${n}\n\nEntry number ${n}.\n`]),
    ),
  });
});
afterEach(async () => {
  await server.close();
  await sandbox.remove();
});

const withModel = ["--config", "with-model.json"];

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function expectWhole(): Promise<void> {
  const { collections } = await sandbox.json<{ collections: { name: string; documents: number; chunks: number }[] }>(
    "collections",
    "list",
  );
  expect(collections).toMatchObject([{ name: "docs", documents: 60, chunks: 60 }]);
  const run = await sandbox.rag(["search", "entry number 59", "--mode", "text", "-k", "60", "--format", "paths"]);
  expect(run.stdout.split("\n")).toContain("docs/59.md");
}

describe("--recreate leaves the collection as it was", () => {
  beforeEach(async () => {
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
  });

  test("where the model fails in the middle", async () => {
    refusesAfter = 2;
    const run = await sandbox.rag(["ingest", "docs", "--recreate", ...withModel]);
    expect(run).toMatchObject({ exitCode: 4, stdout: "" });
    await expectWhole();
    expect((await readdir(path.join(sandbox.folder, ".rag"))).sort()).toEqual([".gitignore", "docs.lance"]);
  });

  test("where it is interrupted or killed, and the next ingest removes what that left", async () => {
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      const child = sandbox.start(["ingest", "docs", "--recreate", "--concurrency", "1", ...withModel]);
      const ended = once(child, "exit");
      let said = "";
      child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
      const building = path.join(sandbox.folder, ".rag", ".building");
      while (child.exitCode === null && !(await namesIn(building)).includes("docs.lance")) await sleep(5);
      child.kill(signal);
      const [exitCode] = await ended;
      // Either may come too late to end it, on a machine that has much to do.
      expect(exitCode !== 130 || said.includes("the collection docs is as it was before")).toBe(true);
      await expectWhole();
    }
    expect((await sandbox.rag(["ingest", "docs", "--recreate"])).exitCode).toBe(0);
    expect((await readdir(path.join(sandbox.folder, ".rag"))).sort()).toEqual([".gitignore", "docs.lance"]);
    await expectWhole();
  });

  test("where every file fails", async () => {
    await sandbox.write({ "broken/a.pdf": "no PDF at all" });
    const run = await sandbox.rag(["ingest", "broken", "--recreate"]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain("the collection docs stays as it was");
    await expectWhole();
  });
});

test("--recreate with nothing to write drops the collection", async () => {
  await sandbox.rag(["ingest", "docs"]);
  await sandbox.write({ "nothing/empty.md": "" });
  expect((await sandbox.rag(["ingest", "nothing", "--recreate"])).exitCode).toBe(0);
  expect(await sandbox.json("collections", "list")).toMatchObject({ collections: [] });
});

describe("--wait", () => {
  test("waits until the writer has ended, and says who it is", async () => {
    const store = openEmbeddedStore({ path: path.join(sandbox.folder, ".rag"), location: ".rag" });
    const lease = await store.lockForWriting("docs", "a test");
    try {
      const short = await sandbox.rag(["ingest", "docs", "--wait", "1", "--json"]);
      expect(short.exitCode).toBe(4);
      expect(short.stderr).toContain('"collection-locked"');

      const waiting = sandbox.start(["ingest", "docs", "--wait"]);
      const ended = once(waiting, "exit");
      const [said] = (await once(waiting.stderr!, "data")) as [Buffer];
      expect(said.toString()).toMatch(/waiting: .*a test \(process \d+ on /);
      waiting.kill("SIGINT");
      expect((await ended)[0]).toBe(130);

      const patient = sandbox.start(["ingest", "docs", "--wait", "600"]);
      const done = once(patient, "exit");
      await once(patient.stderr!, "data");
      await lease.release();
      expect((await done)[0]).toBe(0);
    } finally {
      await lease.release();
      await store.close();
    }
  });
});

describe("projects that share a store", () => {
  let other: Sandbox;
  beforeEach(async () => {
    other = await createSandbox();
  });
  afterEach(() => other.remove());

  const gitConfig = (url: string) => ({ ".git/config": `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${url}\n` });
  const shared = (): string[] => ["--uri", path.join(path.dirname(sandbox.folder), "shared", ".rag")];
  const ingestIn = (where: Sandbox, ...flags: string[]) =>
    where.rag(["ingest", "README.md", "--json", ...shared(), ...flags]);

  beforeEach(async () => {
    await sandbox.write({ "README.md": "# One\n\nThe first project.\n" });
    await other.write({ "README.md": "# Two\n\nThe second project.\n", "b.md": "# B\n" });
  });

  test("do not write into each other's collections, unless they belong together", async () => {
    expect((await ingestIn(sandbox)).exitCode).toBe(0);
    for (const flags of [[], ["--recreate"], ["--check"]]) {
      const run = await ingestIn(other, ...flags);
      expect(run).toMatchObject({ exitCode: 2, stdout: "" });
      expect(JSON.parse(run.stderr)).toMatchObject({
        error: { code: "other-project", hint: expect.stringMatching(/--collection <name>.*--project /) as string },
      });
    }
    expect((await ingestIn(sandbox)).exitCode).toBe(0);
    expect((await ingestIn(other, "-c", "theirs")).exitCode).toBe(0);
    const { manifest } = await sandbox.json<{ manifest: { project: string } }>(
      "collections",
      "show",
      "docs",
      ...shared(),
    );
    expect((await ingestIn(other, "--project", manifest.project)).exitCode).toBe(0);
  });

  test("are one where their git remotes are, from whatever machine and folder", async () => {
    await sandbox.write(gitConfig("git@git.example.com:team/handbook.git"));
    await other.write(gitConfig("https://user:secret@git.example.com/team/handbook"));
    expect((await ingestIn(sandbox)).exitCode).toBe(0);
    expect((await ingestIn(other)).exitCode).toBe(0);
    const shown = await sandbox.rag(["collections", "show", "docs", "--json", ...shared()]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ manifest: { project: "git.example.com/team/handbook" } });
    await other.write(gitConfig("https://git.example.com/team/other"));
    expect((await ingestIn(other)).exitCode).toBe(2);
  });

  test("are no matter to a store in the project's own folder, which may be moved", async () => {
    const inside = ["ingest", "README.md", "--uri", "./.rag"];
    expect((await sandbox.rag(inside)).exitCode).toBe(0);
    await rename(path.join(sandbox.folder, ".rag"), path.join(other.folder, ".rag"));
    expect((await other.rag(inside)).exitCode).toBe(0);
  });

  test("a collection without a project belongs to the one that has most of its documents", async () => {
    // A store in a project's folder remembers no project.
    await sandbox.write({ "a.md": "# A\n\nFirst.\n", "c.md": "# C\n\nThird.\n" });
    const store = ["--uri", path.join(sandbox.folder, ".rag")];
    await sandbox.rag(["ingest", "README.md", "a.md", "c.md"]);
    const refused = await other.rag(["ingest", "README.md", ...store]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/of 3 documents in it, 1 are files of this one/);
    await other.write({ "a.md": "# A\n" });
    expect((await other.rag(["ingest", "README.md", ...store])).exitCode).toBe(0);
  });
});
