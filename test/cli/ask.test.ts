import { spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { configSchema } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import type { StoredChunk } from "../../src/types.ts";
import { counts, done, says, stops, streams } from "../fakes/chat-answers.ts";
import { faults, startFakeServer } from "../fakes/openai-server.ts";
import type { FakeServer, FakeServerOptions, Handler } from "../fakes/openai-server.ts";
import { documentChunks } from "../fixtures/chunks.ts";

const bin = fileURLToPath(new URL("../../bin/rag.js", import.meta.url));
const key = "sk-verysecretkey123456";
const escape = "\u001B";

let home: string;
let project: string;
let server: FakeServer | undefined;

beforeAll(async () => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "rag-ask-")));
  home = path.join(folder, "home");
  project = path.join(folder, "project");
  await mkdir(home);
  await mkdir(project);
  const environment = {
    variables: {},
    projectRoot: project,
    workingDirectory: project,
    configFile: null,
    configIsTrusted: true,
  };
  const store = await openStore(configSchema.parse({}), environment);
  const collection = await store.create("docs", {
    embedding: null,
    metric: "cosine",
    chunking: {},
    toolVersion: "0.0.0",
    createdAt: new Date(0).toISOString(),
  });
  await collection.upsert(chunks());
  await collection.optimize();
  await store.close();
});

afterAll(() => rm(path.dirname(home), { recursive: true, force: true }));

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function chunks(): StoredChunk[] {
  const where = [
    "## Where does the engine store data?",
    "",
    "The engine knows two kinds of data, records and metadata.",
    "",
    "Records are written to object storage. Metadata are kept in etcd.",
  ];
  return [
    ...documentChunks("faq.md", [where.join("\n")], {
      heading: ["FAQ", "Where does the engine store data?"],
      startLine: 34,
      endLine: 38,
    }),
    ...documentChunks("manual.pdf", ["The licence costs nothing."], {
      heading: [],
      page: 7,
      startLine: null,
      endLine: null,
    }),
    ...documentChunks("evil.md", [`The trick ${escape}[2J${escape}]0;owned\u0007 clears screens.`], {
      heading: [`${escape}[31mRed`],
    }),
  ];
}

interface Run {
  stdout: string;
  stderr: string;
  exitCode: number | null;
}

/** Runs the tool as a process of its own, in the project's folder. */
async function rag(
  arguments_: readonly string[],
  options: { input?: string; variables?: Record<string, string> } = {},
): Promise<Run> {
  const child = spawn(process.execPath, [bin, ...arguments_], {
    cwd: project,
    env: { PATH: process.env["PATH"], HOME: home, ...options.variables },
  });
  const run: Run = { stdout: "", stderr: "", exitCode: null };
  child.stdout.on("data", (data: Buffer) => (run.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (run.stderr += data.toString()));
  child.stdin.end(options.input ?? "");
  run.exitCode = await new Promise((resolve) => child.on("close", resolve));
  return run;
}

/** Asks a model behind a server that answers like this. */
async function ragWithModel(
  arguments_: readonly string[],
  handler: Handler,
  options: FakeServerOptions = {},
): Promise<Run> {
  server = await startFakeServer({ key, handlers: { "/v1/chat/completions": handler }, ...options });
  const llm = { provider: "openai", model: "m", baseUrl: server.baseUrl, timeoutMs: 5000 };
  return rag([...arguments_, "--config", await configOf(llm)], { variables: { OPENAI_API_KEY: key } });
}

/** A configuration of the user's own that uses the project's store. */
async function configOf(llm: Record<string, unknown>): Promise<string> {
  const file = path.join(home, "rag.json");
  await writeFile(file, JSON.stringify({ store: { path: path.join(project, ".rag") }, llm }));
  return file;
}

describe("rag ask without an LLM", () => {
  it("answers with the passages' sentences and says where they stand", async () => {
    const { stdout, stderr, exitCode } = await rag(["ask", "How is data stored?"]);
    expect(stdout).toBe(
      [
        "The engine knows two kinds of data, records and metadata.",
        "",
        "Records are written to object storage. Metadata are kept in etcd. [1]",
        "",
        "Sources:",
        "[1] faq.md:36  FAQ › Where does the engine store data?",
        "",
      ].join("\n"),
    );
    expect(stderr).toContain("no LLM is configured");
    expect(stderr).toContain("--llm");
    expect(exitCode).toBe(0);
  });

  it("names the page of a document that has pages, and reads the question from standard input", async () => {
    const { stdout, exitCode } = await rag(["ask", "-", "--quiet"], { input: "What does the licence cost?\n" });
    expect(stdout).toBe("The licence costs nothing. [1]\n\nSources:\n[1] manual.pdf#page=7\n");
    expect(exitCode).toBe(0);
  });

  it("gives one JSON document", async () => {
    const { stdout, exitCode } = await rag(["ask", "What does the licence cost?", "--json", "-k", "1"]);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(result)).toEqual([
      "question",
      "answer",
      "refused",
      "model",
      "usage",
      "citations",
      "hits",
      "closest",
      "durationMs",
    ]);
    expect(result).toMatchObject({
      question: "What does the licence cost?",
      answer: "The licence costs nothing. [1]",
      refused: false,
      model: "extractive",
      usage: null,
      citations: [
        {
          n: 1,
          source: "manual.pdf",
          heading: [],
          page: 7,
          startLine: null,
          endLine: null,
          quote: "The licence costs nothing.",
          verified: true,
          supported: true,
          why: null,
        },
      ],
      closest: [],
      hits: [{ rank: 1, source: "manual.pdf" }],
      durationMs: expect.any(Number) as number,
    });
    expect(exitCode).toBe(0);
  });

  it("says that nothing was found, and exits with 1", async () => {
    const { stdout, stderr, exitCode } = await rag(["ask", "Who won marathons?"]);
    expect(stdout).toBe("No context was found for this question.\n");
    expect(stderr).toBe("");
    expect(exitCode).toBe(1);
    const json = await rag(["ask", "Who won marathons?", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ refused: true, citations: [], hits: [], closest: [] });
    expect(json.exitCode).toBe(1);
  });

  it("quotes nothing from passages that have only common words of the question", async () => {
    const { stdout, exitCode } = await rag(["ask", "Which marathon umbrella colour did the engine invent?"]);
    expect(stdout).toBe(
      "The passages that were found do not answer this question.\n\nClosest:\nfaq.md:34  FAQ › Where does the engine store data?\n",
    );
    expect(exitCode).toBe(1);
  });

  it("prints the passages with --show-context, and lets no document control the terminal", async () => {
    const { stdout } = await rag(["ask", "What does the trick clear?", "--show-context"]);
    expect(stdout).toContain("\nContext:\n[1] evil.md:1\n    The trick ");
    expect(stdout).not.toContain(escape);
    expect(stdout).not.toContain("\u0007");
  });

  it("refuses an empty question, an unknown flag, a prompt with a mistake and one that is not there", async () => {
    await writeFile(path.join(project, "short.txt"), "{{#passages}}{{text}}{{/passages}}\n{{quesion}}");
    expect(await rag(["ask", " "])).toMatchObject({ exitCode: 2, stdout: "" });
    expect(await rag(["ask", "Why?", "--prompt", "none.txt"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("none.txt") as string,
    });
    expect(await rag(["ask", "Why?", "--prompt", "short.txt"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("short.txt:2: unknown variable {{quesion}}") as string,
    });
  });
});

describe("rag ask --dry-run", () => {
  const question = "What does the licence cost?";

  it("prints the prompt and what it weighs, without a model and without a key", async () => {
    const llm = ["--llm", "openai/m"];
    const { stdout, stderr, exitCode } = await rag(["ask", question, "--dry-run", ...llm]);
    expect(stdout).toContain("system:\nYou answer questions from the passages");
    expect(stdout).toContain('<passage number="1" source="manual.pdf">\nThe licence costs nothing.\n</passage>');
    expect(stderr).toMatch(/^note: about \d+ tokens for openai\/m; nothing was sent\n$/);
    expect(exitCode).toBe(0);
    const json = JSON.parse((await rag(["ask", question, "--dry-run", "--json", ...llm])).stdout) as {
      messages: { role: string; content: string }[];
      tokens: number;
    };
    expect(json).toMatchObject({ question, model: "openai/m", hits: [{ source: "manual.pdf" }] });
    expect(json.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(stdout).toBe(json.messages.map(({ role, content }) => `${role}:\n${content}\n`).join("\n"));
    const chars = json.messages.reduce((sum, { content }) => sum + content.length, 0);
    expect(json.tokens).toBeGreaterThan(chars / 5);
    expect(json.tokens).toBeLessThan(chars);
  });

  it("prints what a model is sent", async () => {
    const good = streams(says("Nothing [1]."), stops(), done);
    await ragWithModel(["ask", question], good);
    const sent = server?.requests[0]?.body as { messages: unknown } | undefined;
    const planned = await rag(["ask", question, "--dry-run", "--json"]);
    expect((JSON.parse(planned.stdout) as { messages: unknown }).messages).toEqual(sent?.messages);
  });

  it("exits with 1 where nothing is found to send", async () => {
    expect(await rag(["ask", "Who won marathons?", "--dry-run", "-q"])).toMatchObject({ exitCode: 1 });
  });
});

describe("rag ask with a model", () => {
  const good = streams(says("Metadata are in etcd"), says(" [1]."), stops(), counts(50, 6), done);

  it("streams its answer, then the sources", async () => {
    const { stdout, stderr, exitCode } = await ragWithModel(["ask", "Where are metadata?"], good);
    expect(stderr).toBe("");
    expect(stdout).toBe(
      "Metadata are in etcd [1].\n\nSources:\n[1] faq.md:38  FAQ › Where does the engine store data?\n",
    );
    expect(exitCode).toBe(0);
    const body = server?.requests[0]?.body as { messages: { content: string }[] };
    expect(body.messages[1]?.content).toContain('<passage number="1" source="faq.md"');
  });

  it("sends an own prompt", async () => {
    await writeFile(
      path.join(project, "own.txt"),
      "{{#system}}S{{/system}}{{#passages}}{{n}}={{source}} {{text}}\n{{/passages}}Q={{question}}",
    );
    await ragWithModel(["ask", "What does licence cost?", "--top-k", "1", "--prompt", "own.txt", "--no-stream"], good);
    expect(server?.requests[0]?.body).toMatchObject({
      stream: false,
      messages: [
        { role: "system", content: "S" },
        { role: "user", content: "1=manual.pdf The licence costs nothing.\nQ=What does licence cost?" },
      ],
    });
  });

  it("prints usage and model in JSON", async () => {
    const { stdout } = await ragWithModel(["ask", "Where are metadata?", "--json"], good);
    expect(JSON.parse(stdout)).toMatchObject({
      model: "openai/m",
      usage: { inputTokens: 50, outputTokens: 6 },
      refused: false,
    });
  });

  it("exits with 1 where the model says that the context does not hold the answer", async () => {
    const refusal = streams(says("NO_ANS"), says("WER The passages do not say."), stops(), done);
    expect(await ragWithModel(["ask", "Where are metadata?"], refusal)).toEqual({
      stdout: "The passages do not say.\n\nClosest:\nfaq.md:34  FAQ › Where does the engine store data?\n",
      stderr: "",
      exitCode: 1,
    });
  });

  it("marks what it could not verify, and withholds it with --strict", async () => {
    const wrong = streams(says("The museum opens at noon [1]."), stops(), done);
    const shown = await ragWithModel(["ask", "Where are metadata?"], wrong);
    expect(shown.stdout).toMatch(/^The museum opens at noon \[1\] \(not supported\)\.\n/);
    expect(shown.stdout).toContain("(not verified): the passage lacks words of the statement: museum, open, noon");
    expect(shown.exitCode).toBe(0);
    await server?.close();
    const strict = await ragWithModel(["ask", "Where are metadata?", "--strict"], wrong);
    expect(strict.stdout).not.toContain("museum");
    expect(strict.stdout).toContain("[1] could not be verified");
    expect(strict.exitCode).toBe(1);
  });

  it("keeps what arrived of an answer that breaks off, and exits with 4", async () => {
    const broken = streams(says("Metadata are"), { reset: true });
    const { stdout, stderr, exitCode } = await ragWithModel(["ask", "Where are metadata?"], broken);
    expect(stdout).toBe("Metadata are\n");
    expect(stderr).toMatch(/error: OpenAI \(m\): the connection broke .*; the answer is incomplete\n/);
    expect(exitCode).toBe(4);
  });

  it.each([
    ["a wrong key", faults.wrongKey(key)],
    ["an unknown model", faults.unknownModel("m")],
    ["an empty account", faults.outOfQuota()],
    ["a proxy's page", faults.htmlPage(403)],
  ])("exits with 4 for %s, says what to do, and shows the key nowhere", async (_, fault) => {
    for (const flag of ["--json", "--verbose"]) {
      const { stdout, stderr, exitCode } = await ragWithModel(["ask", "Where are metadata?", flag], good, {
        fault: () => fault,
      });
      await server?.close();
      expect(exitCode).toBe(4);
      expect(stdout).toBe("");
      expect(stderr).toContain("OpenAI (m)");
      expect(stderr).toContain("hint");
      expect(stdout + stderr).not.toContain(key);
    }
  });

  it("ends the line of an answer that Ctrl-C cuts off", async () => {
    server = await startFakeServer({
      key,
      handlers: { "/v1/chat/completions": streams(says("Records are kept in per"), { hang: true }) },
    });
    const config = await configOf({ provider: "openai", model: "m", baseUrl: server.baseUrl });
    const child = spawn(process.execPath, [bin, "ask", "How is data stored?", "--config", config], {
      cwd: project,
      env: { PATH: process.env["PATH"], HOME: home, OPENAI_API_KEY: key },
    });
    const run: Run = { stdout: "", stderr: "", exitCode: null };
    child.stdout.on("data", (data: Buffer) => {
      run.stdout += data.toString();
      if (run.stdout.endsWith("in per")) child.kill("SIGINT");
    });
    child.stderr.on("data", (data: Buffer) => (run.stderr += data.toString()));
    run.exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect(run).toEqual({ stdout: "Records are kept in per\n", stderr: "error: interrupted\n", exitCode: 130 });
  });

  it("takes a reader that has enough for no failure", async () => {
    server = await startFakeServer({
      handlers: {
        "/v1/chat/completions": streams(...Array.from({ length: 50 }, () => says("word ".repeat(2000))), stops(), done),
      },
    });
    const config = await configOf({ provider: "vllm", model: "m", baseUrl: server.baseUrl });
    const child = spawn(process.execPath, [bin, "ask", "Where are metadata?", "--config", config], {
      cwd: project,
      env: { PATH: process.env["PATH"], HOME: home },
    });
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });
});
