import { once } from "node:events";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { done, says, stops, streams } from "../fakes/chat-answers.ts";
import { startFakeServer } from "../fakes/openai-server.ts";
import { countWrites } from "../fixtures/writes.ts";
import { type Run, type Sandbox, createSandbox } from "./run-rag.ts";

interface Check {
  name: string;
  status: "ok" | "warn" | "fail";
  message: string;
  hint: string | null;
}

const chatPath = "/v1/chat/completions";

let sandbox: Sandbox;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "docs/a.md": "# Storage\n\nData is kept in segments.\n" });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await sandbox.remove();
});

async function doctor(argv: readonly string[] = [], variables: Record<string, string> = {}) {
  const run: Run = await sandbox.rag(["doctor", "--json", ...argv], { variables });
  const { checks } = JSON.parse(run.stdout) as { checks: Check[] };
  return { exitCode: run.exitCode, checks, stderr: run.stderr };
}

/** The check that did not come to ok, which has to be the only one. */
async function theMatter(argv: readonly string[] = [], variables: Record<string, string> = {}) {
  const { exitCode, checks } = await doctor(argv, variables);
  const matters = checks.filter(({ status }) => status !== "ok");
  expect(matters).toHaveLength(1);
  return { exitCode, ...(matters[0] as Check) };
}

async function models(options: Parameters<typeof startFakeServer>[0]) {
  const server = await startFakeServer(options);
  closing.push(() => server.close());
  return server;
}

const row = (baseUrl: string) => ({ fake: { baseUrl, embeddingModel: "m", dimensions: 8, chatModel: "c" } });

async function configure(settings: object): Promise<void> {
  await sandbox.write({ ".ragrc": JSON.stringify(settings) });
}

describe("a set-up that works", () => {
  test("passes, with a model of each kind, and says where each setting came from", async () => {
    const { baseUrl } = await models({
      embeddings: { dimensions: 8 },
      handlers: { [chatPath]: streams(says("yes"), stops(), done) },
    });
    await configure({ providers: row(baseUrl), embedding: { provider: "fake" }, search: { topK: 3 } });
    expect((await sandbox.rag(["ingest", "docs", "-q"])).exitCode).toBe(0);
    const { exitCode, checks } = await doctor(["--llm", "fake"], { RAG_COLLECTION: "docs" });
    expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(exitCode).toBe(0);
    const said = Object.fromEntries(checks.map(({ name, message }) => [name, message]));
    expect(said["settings"]).toContain("search.topK = 3 (.ragrc)");
    expect(said["settings"]).toContain('collection = "docs" (RAG_COLLECTION)');
    expect(said["settings"]).toContain('llm.provider = "fake" (--llm)');
    expect(said["collection"]).toMatch(/docs: 1 document, 1 chunk,/);
    expect(said["embedding"]).toMatch(/fake\/m answers in \d+ ms with 8 dimensions/);
    expect(said["llm"]).toMatch(/fake\/c begins to answer after \d+ ms/);
  });

  test("is not asked for anything with --offline", async () => {
    const server = await models({
      embeddings: { dimensions: 8 },
      handlers: { [chatPath]: streams(says("yes"), stops(), done) },
    });
    await configure({ providers: row(server.baseUrl), embedding: { provider: "fake" }, llm: { provider: "fake" } });
    expect((await doctor(["--offline"])).exitCode).toBe(0);
    expect(server.requests).toEqual([]);
  });

  test("shows no secret", async () => {
    const secret = "sk-0123456789abcdefghij";
    const run = await sandbox.rag(["doctor", "--offline", "--llm", "openai"], {
      variables: { OPENAI_API_KEY: secret },
    });
    expect(run.exitCode).toBe(0);
    expect(run.stdout + run.stderr).not.toContain(secret);
    await configure({ milvus: { uri: "http://127.0.0.1:1", token: "root:Milvus-secret" } });
    const second = await sandbox.rag(["doctor"]);
    expect(second.stdout + second.stderr).not.toContain("Milvus-secret");
  });
});

describe("a set-up that is broken is found, with what mends it:", () => {
  const ingested = async (): Promise<void> => {
    expect((await sandbox.rag(["ingest", "docs", "-q"])).exitCode).toBe(0);
  };

  test("a setting that is none", async () => {
    await configure({ search: { topK: "many" }, stroe: {} });
    const matter = await theMatter();
    expect(matter).toMatchObject({ exitCode: 2, name: "configuration", status: "fail" });
    expect(matter.message).toContain("search.topK");
    expect(matter.message).toContain("stroe");
  });

  test("a configuration that is no JSON and no YAML", async () => {
    await sandbox.write({ ".ragrc": "{ collection: [" });
    expect(await theMatter()).toMatchObject({ exitCode: 2, name: "configuration", status: "fail" });
  });

  test("a configuration under a name that is not read", async () => {
    await ingested();
    await sandbox.write({ ".ragrc.toml": 'collection = "docs"' });
    expect(await theMatter()).toMatchObject({ exitCode: 0, name: "configuration", status: "warn" });
  });

  test("a project's configuration that sends documents elsewhere", async () => {
    await ingested();
    await configure({ providers: row("https://elsewhere.test/v1"), embedding: { provider: "fake" } });
    const matter = await theMatter(["--offline"]);
    expect(matter).toMatchObject({ exitCode: 2, name: "trust", status: "fail" });
    expect(matter.hint).toContain("rag trust");
  });

  test("no collection yet", async () => {
    const matter = await theMatter();
    expect(matter).toMatchObject({ exitCode: 0, name: "collection", status: "warn" });
    expect(matter.hint).toContain("rag ingest");
  });

  test("a collection of another name", async () => {
    await ingested();
    const matter = await theMatter(["-c", "dosc"]);
    expect(matter).toMatchObject({ exitCode: 2, name: "collection", status: "fail" });
    expect(matter.hint).toContain("docs");
  });

  test("a store that is a file", async () => {
    await sandbox.write({ ".rag": "not a folder" });
    expect(await theMatter()).toMatchObject({ exitCode: 4, name: "store", status: "fail" });
  });

  test("a folder in which nothing can be written", async () => {
    // The superuser may write everywhere, and asks as somebody else.
    const run = await sandbox.shell(`
      chmod 755 .. && chmod 555 .
      as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --clear-groups "$@"; else "$@"; fi; }
      HOME=/nonexistent as "$NODE" "$RAG" doctor --json`);
    await chmod(sandbox.folder, 0o755);
    const { checks } = JSON.parse(run.stdout) as { checks: Check[] };
    expect(checks.find(({ status }) => status === "fail")).toMatchObject({ name: "disk" });
    expect(run.exitCode).toBe(4);
  });

  test("a collection that is damaged", async () => {
    await ingested();
    const versions = path.join(sandbox.folder, ".rag/docs.lance/_versions");
    for (const version of await readdir(versions)) await writeFile(path.join(versions, version), "damaged");
    expect(await theMatter()).toMatchObject({ exitCode: 4, name: "collection", status: "fail" });
  });

  test("an ingest that did not finish", { timeout: 120_000 }, async () => {
    let rows: Check | undefined;
    for (let round = 1; rows?.status !== "warn" && round < 30; round++) {
      const files = Array.from({ length: 60 }, (_, number) => [
        `docs/${number}.md`,
        Array.from({ length: 4 }, (_, part) => `# ${part} of ${number}\n\nround ${round}\n`).join("\n"),
      ]);
      await sandbox.write(Object.fromEntries(files));
      const child = sandbox.start(["ingest", "docs", "-q"]);
      const ended = once(child, "exit");
      const fatal = 4 + round;
      const writes = countWrites(sandbox.folder, ".rag/docs.lance/data", (count) => {
        if (count >= fatal) child.kill("SIGKILL");
      });
      await ended;
      writes.close();
      const { checks } = await doctor();
      rows = checks.find(({ name }) => name === "collection rows");
    }
    expect(rows?.message).toContain("the last ingest did not finish");
    expect(rows?.hint).toContain("rag ingest");
  });

  test("a server that does not answer", async () => {
    expect(await theMatter(["--uri", "http://127.0.0.1:1"])).toMatchObject({ exitCode: 4, name: "store" });
  });

  test("a server that is no Milvus", async () => {
    const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(async () => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await theMatter(["--uri", `http://127.0.0.1:${port}`])).toMatchObject({ exitCode: 4, name: "store" });
  });

  test("a collection of another model than the configured one", async () => {
    await ingested();
    const { baseUrl } = await models({ embeddings: { dimensions: 8 } });
    await configure({ providers: row(baseUrl), embedding: { provider: "fake" } });
    const matter = await theMatter();
    expect(matter).toMatchObject({ exitCode: 2, name: "collection model", status: "fail" });
    expect(matter.hint).toContain("--recreate");
  });

  test("a collection that was cut otherwise than is configured", async () => {
    await ingested();
    await configure({ chunking: { maxChars: 400, overlapChars: 0 } });
    expect(await theMatter()).toMatchObject({ exitCode: 0, name: "collection chunking", status: "warn" });
  });

  test("a key that is missing", async () => {
    await ingested();
    const matter = await theMatter(["--llm", "openai"]);
    expect(matter).toMatchObject({ exitCode: 2, name: "llm", status: "fail" });
    expect(matter.hint).toContain("OPENAI_API_KEY");
  });

  test("a reranker that is not what it says", async () => {
    await ingested();
    const { baseUrl } = await models({ handlers: { "/v1/rerank": () => ({ results: "none" }) } });
    await configure({
      providers: { fake: { baseUrl, rerankModel: "r" } },
      search: { rerank: "fake" },
    });
    const matter = await theMatter();
    expect(matter).toMatchObject({ exitCode: 4, name: "reranker", status: "fail" });
    await configure({ search: { rerank: "cohere" } });
    expect(await theMatter()).toMatchObject({
      exitCode: 2,
      name: "reranker",
      hint: expect.stringContaining("COHERE_API_KEY"),
    });
  });

  test("a model that answers with an error", async () => {
    await ingested();
    const { baseUrl } = await models({ key: "another key" });
    await configure({ providers: row(baseUrl), llm: { provider: "fake" } });
    expect(await theMatter()).toMatchObject({ exitCode: 4, name: "llm", status: "fail" });
  });

  test("a Milvus Lite without Python, and one that is not set up", async () => {
    const cache = { XDG_CACHE_HOME: path.join(sandbox.folder, "cache") };
    const without = await theMatter(["--uri", "./x.db"], { ...cache, PATH: path.dirname(process.execPath) + "-none" });
    expect(without).toMatchObject({ exitCode: 4, name: "store", status: "fail" });
    expect(without.message).toContain("Python");
    const pending = await theMatter(["--uri", "./x.db"], cache);
    expect(pending).toMatchObject({ exitCode: 0, name: "store", status: "warn" });
    expect(pending.message).toContain("not set up");
    expect(await readdir(sandbox.folder)).not.toContain("x.db");
  });
});
