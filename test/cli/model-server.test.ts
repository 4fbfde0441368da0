import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { needing } from "../fixtures/needs.ts";
import { type Run, type Sandbox, createSandbox } from "./run-rag.ts";

/*
 * Runs against a server that the developer names, to see that the tool speaks what others speak:
 * RAG_TEST_OPENAI_URL (with the /v1), RAG_TEST_OPENAI_EMBEDDING_MODEL, RAG_TEST_OPENAI_CHAT_MODEL, RAG_TEST_OPENAI_KEY.
 * Either model may be left out. What servers do differently is allowed, as long as the user is told.
 */
const variables = process.env;
const baseUrl = variables["RAG_TEST_OPENAI_URL"] || undefined;
const embeddingModel = baseUrl && (variables["RAG_TEST_OPENAI_EMBEDDING_MODEL"] || undefined);
const chatModel = baseUrl && (variables["RAG_TEST_OPENAI_CHAT_MODEL"] || undefined);
const key = variables["RAG_TEST_OPENAI_KEY"] || undefined;

const documents = {
  "docs/cats.md": "# Cats\n\nA cat sleeps for most of the day. Kittens purr when their mother licks their fur.",
  "docs/engines.md": "# Engines\n\nA carburetor mixes air and fuel for a combustion engine. Gears turn the wheels.",
  "docs/storage.md": "# Storage\n\nMetadata are kept in etcd, and the records in object storage such as MinIO or S3.",
};
const question = "Where are the metadata kept?";

// A model on a machine without a GPU takes its time.
vi.setConfig({ testTimeout: 600_000 });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write(documents);
});
afterAll(() => sandbox.remove());

interface Settings {
  embedding?: Record<string, unknown>;
  llm?: Record<string, unknown>;
  ask?: Record<string, unknown>;
  key?: string | undefined;
}

/** Runs with a configuration that the user answers for, so that the key is sent. */
async function rag(argv: readonly string[], settings: Settings = {}): Promise<Run> {
  const row = { baseUrl, keyVariable: "SERVER_KEY", embeddingModel, chatModel };
  const file = `${Object.keys(settings).join("-") || "plain"}.json`;
  const { embedding, llm, ask } = settings;
  const config = {
    providers: { server: row },
    ...(embeddingModel ? { embedding: { provider: "server", ...embedding } } : {}),
    llm: { provider: chatModel ? "server" : "extractive", maxTokens: 1000, ...llm },
    ask: { ...ask },
  };
  await sandbox.write({ [file]: JSON.stringify(config) });
  const sent = "key" in settings ? settings.key : key;
  return sandbox.rag([...argv, "--config", file], { variables: sent === undefined ? {} : { SERVER_KEY: sent } });
}

/** The error that a backend failed with, which says who failed and what to do; `null` where none did. */
function failureOf(run: Run): { code: string; hint: string } | null {
  expect([0, 1, 3, 4]).toContain(run.exitCode);
  if (run.exitCode !== 4) return null;
  const { error } = JSON.parse(run.stderr);
  expect({ ...error, stdout: run.stdout }).toMatchObject({ stdout: "" });
  expect(error).toMatchObject({ message: expect.stringMatching(/^server \(/), hint: expect.stringMatching(/\w/) });
  return error;
}

interface Ingested {
  documents: Record<"found" | "added" | "failed", number>;
  chunks: { written: number; embedded: number };
  failures: { source: string; code: string }[];
  tokens: number | null;
}

describe("embeddings of the server that RAG_TEST_OPENAI_URL names", needing("embedding-server"), () => {
  test("are stored, and find what a question means in every mode", async () => {
    const run = await rag(["ingest", "docs", "--json"]);
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" });
    const ingested = JSON.parse(run.stdout) as Ingested;
    expect(ingested).toMatchObject({ documents: { added: 3, failed: 0 }, chunks: { written: 3, embedded: 3 } });
    expect(ingested.tokens ?? 1).toBeGreaterThan(0);
    for (const [mode, query] of [
      ["dense", "a small feline animal"],
      ["hybrid", "Do kittens purr?"],
      ["text", "kittens"],
    ] as const) {
      const found = JSON.parse((await rag(["search", query, "--mode", mode, "--json"])).stdout);
      expect({ mode: found.mode, first: found.hits[0]?.source }).toEqual({ mode, first: "docs/cats.md" });
    }
  });

  test("are made of many passages at once, each stored once", async () => {
    const names = Array.from({ length: 120 }, (_, index) => `many/${index}.md`);
    await sandbox.write(Object.fromEntries(names.map((name) => [name, `# ${name}\n\nNumber ${name} of its kind.`])));
    const run = await rag(["ingest", "many", "-c", "many", "--json"], { embedding: { batchSize: 5 } });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ documents: { added: 120, failed: 0 }, chunks: { embedded: 120 } });
    const found = await rag(["search", "kind", "-c", "many", "-k", "500", "--mode", "text", "--json"]);
    const sources = JSON.parse(found.stdout).hits.map(({ source }: { source: string }) => source);
    expect(sources.sort()).toEqual(names.sort());
  });

  test("of a passage that is too long leave the other documents alone", async () => {
    await sandbox.write({
      "long/a.md": documents["docs/cats.md"],
      "long/b.md": `# B\n\n${"etcd keeps ".repeat(9000)}`,
    });
    const run = await rag(["ingest", "long", "-c", "long", "--max-chars", "16000", "--json"]);
    expect(failureOf(run)).toBeNull();
    const { failures, documents: counted } = JSON.parse(run.stdout) as Ingested;
    // Some servers cut such a text, others refuse it.
    expect(failures.filter(({ source, code }) => source !== "long/b.md" || code !== "not-embedded")).toEqual([]);
    expect(counted.added).toBe(2 - failures.length);
  });

  test("of other dimensions come, or the user learns that they cannot", async () => {
    const run = await rag(["ingest", "docs", "-c", "short", "--json"], { embedding: { dimensions: 16 } });
    const hint = failureOf(run)?.hint ?? "they came, with embedding.dimensions as asked";
    expect(hint).toContain("embedding.dimensions");
  });

  test("of a model that is not there do not come, or the server has only one", async () => {
    const run = await rag(["ingest", "docs", "-c", "none", "--json"], { embedding: { model: "no-such-model-1" } });
    expect([undefined, "model-not-found"]).toContain(failureOf(run)?.code);
  });

  test("do not come for another key, or none", needing("embedding-server", "server-key"), async () => {
    const wrong = await rag(["search", "cats", "--json"], { key: "sk-not-the-key-of-anyone" });
    expect(failureOf(wrong)).toMatchObject({ code: "model-auth", hint: expect.stringMatching(/^check SERVER_KEY/) });
    expect(wrong.stderr).not.toContain("sk-not-the-key");
    expect(failureOf(await rag(["search", "cats", "--json"], { key: undefined }))).not.toBeNull();
  });
});

describe("answers of the server that RAG_TEST_OPENAI_URL names", needing("chat-server"), () => {
  const ask = (...argv: string[]): string[] => ["ask", question, "-c", "text", "--mode", "text", ...argv];
  beforeAll(async () => {
    expect((await sandbox.rag(["ingest", "docs", "-c", "text"])).exitCode).toBe(0);
  });

  test("come as a stream", async () => {
    const run = await rag(ask());
    expect(run).toMatchObject({ exitCode: expect.toSatisfy((code) => code === 0 || code === 1) });
    expect(run.stdout.trim()).not.toBe("");
    expect(run.stderr).not.toContain("error:");
  });

  test.each([[["--json"]], [["--json", "--no-stream"]]])("come as a document with %j", async (flags) => {
    const run = await rag(ask(...flags));
    expect([0, 1]).toContain(run.exitCode);
    const { answer, model, usage, hits } = JSON.parse(run.stdout);
    expect({ answer, model, hits }).toMatchObject({
      answer: expect.stringMatching(/\S/),
      model: `server/${chatModel}`,
      hits: [{ source: "docs/storage.md" }],
    });
    // Not every server counts the tokens of a stream.
    const { inputTokens, outputTokens } = usage ?? { inputTokens: 1, outputTokens: 1 };
    expect(Math.min(inputTokens, outputTokens)).toBeGreaterThan(0);
  });

  test("that are cut off are told as such", async () => {
    for (const flags of [[], ["--no-stream"]]) {
      const run = await rag(ask(...flags), { llm: { maxTokens: 2 } });
      expect(run.stderr).toMatch(/the answer is cut short: it reached|gave an empty answer: it reached/);
    }
  });

  test("come to several who ask at once", async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => rag(ask())));
    for (const run of runs) expect([0, 1]).toContain(run.exitCode);
  });

  test("to what is too long do not come, and the user learns why", async () => {
    await sandbox.write({ "long/c.md": `# C\n\n${"metadata etcd storage ".repeat(5000)}` });
    await sandbox.rag(["ingest", "long/c.md", "-c", "wide", "--max-chars", "16000"]);
    for (const flags of [[], ["--no-stream"]]) {
      const argv = ["ask", question, "-c", "wide", "--mode", "text", "-k", "7", "--json", ...flags];
      const run = await rag(argv, { ask: { maxContextChars: 100_000 }, llm: { maxTokens: 20 } });
      // A model that takes so much answers, and a server may cut what is too long.
      expect([undefined, "model-too-long"]).toContain(failureOf(run)?.code);
    }
  });

  test("of a model that is not there do not come, or the server has only one", async () => {
    const run = await rag(ask("--json"), { llm: { model: "no-such-model-1" } });
    expect([undefined, "model-not-found"]).toContain(failureOf(run)?.code);
  });

  test("do not come for another key, or none", needing("chat-server", "server-key"), async () => {
    const wrong = await rag(ask("--json"), { key: "sk-not-the-key-of-anyone" });
    expect(failureOf(wrong)).toMatchObject({ code: "model-auth", hint: expect.stringMatching(/^check SERVER_KEY/) });
    expect(wrong.stderr).not.toContain("sk-not-the-key");
    expect(failureOf(await rag(ask("--json"), { key: undefined }))).not.toBeNull();
  });

  test("that the reader interrupts end at once", async () => {
    await rag(ask());
    const child = sandbox.start([...ask(), "--config", "plain.json"], key === undefined ? {} : { SERVER_KEY: key });
    const ended = new Promise((resolve) => child.on("close", resolve));
    await Promise.race([new Promise((resolve) => child.stdout?.once("data", resolve)), ended, sleep(30_000)]);
    child.kill("SIGINT");
    // It may have been done already.
    expect([0, 1, 130]).toContain(await ended);
  });
});
