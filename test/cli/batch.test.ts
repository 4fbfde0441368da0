import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { completes } from "../fakes/chat-answers.ts";
import {
  type FakeServer,
  type FakeServerOptions,
  type Handler,
  apiError,
  startFakeServer,
} from "../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: FakeServer | undefined;

const guide = [
  "# Guide",
  "## Storage",
  "Data is stored in the folder .rag beside the configuration file.",
  "## Deleting a collection",
  "To delete a collection, run `rag collections drop`. It asks first.",
].join("\n\n");

const answerText = "Data is stored in the folder .rag beside the configuration file [1].";

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "docs/guide.md": guide });
  expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
});

afterAll(() => sandbox.remove());

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** Flags that ask the model behind a server that answers like this. */
async function model(handler: Handler, options: FakeServerOptions = {}): Promise<string[]> {
  server = await startFakeServer({ handlers: { "/v1/chat/completions": handler }, ...options });
  const llm = { provider: "ollama", model: "m", baseUrl: server.baseUrl, timeoutMs: 60_000 };
  await sandbox.write({ "llm.json": JSON.stringify({ llm }) });
  return ["--config", "llm.json"];
}

const prompted = (request: Parameters<Handler>[0]): string => JSON.stringify(request.body?.["messages"]);

describe("rag ask --batch", () => {
  it("prints one document a question, in order, and writes what the documents lack", async () => {
    const questions = [
      "How is data stored?",
      '{"question": "How do I write a component in COBOL?", "id": "cobol"}',
      '{"question": "How do I delete a collection?", "id": 3, "filter": "source~docs/*"}',
      '{"question": "How do I delete a collection?", "filter": ["source=other.md"]}',
      "Which COBOL component is there?",
    ].join("\n");
    const run = await sandbox.rag(["ask", "--batch", "-", "--gaps", "gaps.md"], { input: questions });
    expect(run.exitCode).toBe(0);
    const documents = lines(run.stdout);
    expect(documents.map(({ id, question, refused }) => [id, question, refused])).toEqual([
      [undefined, "How is data stored?", false],
      ["cobol", "How do I write a component in COBOL?", true],
      [3, "How do I delete a collection?", false],
      [undefined, "How do I delete a collection?", true],
      [undefined, "Which COBOL component is there?", true],
    ]);
    const alone = await sandbox.json<Record<string, unknown>>("ask", "How is data stored?");
    expect({ ...documents[0], durationMs: 0 }).toEqual({ ...alone, durationMs: 0 });
    expect(run.stderr).toMatch(/^note: 5 questions: 2 answered, 3 refused, 0 failed; [^\n]+\n$/);

    const gaps = await readFile(path.join(sandbox.folder, "gaps.md"), "utf8");
    expect(gaps).toContain("3 of 5 questions were refused, 0 poorly supported.");
    expect(gaps).toMatch(/^## component COBOL\n\n- cobol: How do I write a component in COBOL\?\n- Which COBOL/m);
    expect(gaps).toMatch(/^In no passage: .*COBOL/m);
  });

  it("writes the gaps as JSON, with why an answer is poorly supported and the places nearest to one", async () => {
    const flags = await model(completes({ content: "It is stored in 42 folders beside the configuration file [1]." }));
    const asked = ["ask", "--batch", "-", "--gaps", "gaps.json", ...flags];
    const run = await sandbox.rag(asked, { input: "How is data stored?\n" });
    expect(run.exitCode).toBe(0);
    const gaps = JSON.parse(await readFile(path.join(sandbox.folder, "gaps.json"), "utf8"));
    expect(gaps).toMatchObject({
      questions: 1,
      refused: 0,
      poorlySupported: 1,
      gaps: [
        {
          questions: [
            { question: "How is data stored?", refused: false, why: "the figure 42 does not stand in the passage" },
          ],
          closest: [{ source: "docs/guide.md" }],
        },
      ],
    });
    expect(run.stderr).toContain("1 answered (1 poorly supported)");
  });

  it("goes on after a question that fails, and asks several at the same time", async () => {
    const handler: Handler = (request, response) =>
      prompted(request).includes("bad question")
        ? void response
            .writeHead(400, { "content-type": "application/json" })
            .end(JSON.stringify(apiError("I cannot.")))
        : completes({ content: answerText })(request, response);
    const flags = await model(handler, { latencyMs: 100 });
    const questions = ["Where is data stored?", "A bad question about data?", ...Array(6).fill("How is data stored?")];
    const run = await sandbox.rag(["ask", "--batch", "-", ...flags], { input: questions.join("\n") });
    expect(run.exitCode).toBe(3);
    const documents = lines(run.stdout);
    expect(documents.map(({ question }) => question)).toEqual(questions);
    expect(documents[1]).toMatchObject({ error: { code: "model-invalid-request" } });
    expect(documents.filter(({ answer }) => answer === answerText)).toHaveLength(7);
    expect(run.stderr).toContain("8 questions: 7 answered, 0 refused, 1 failed");
    expect(server?.maxInFlight).toBeGreaterThan(1);
    expect(server?.maxInFlight).toBeLessThanOrEqual(4);
  });

  it("asks with --output only what has no answer yet, and keeps the order of the questions", async () => {
    let isDown = true;
    const handler: Handler = (request, response) =>
      isDown && prompted(request).includes("second")
        ? void response
            .writeHead(400, { "content-type": "application/json" })
            .end(JSON.stringify(apiError("I cannot.")))
        : completes({ content: answerText })(request, response);
    const flags = await model(handler);
    const questions = ["Is data stored first?", "Is data stored second?", "Is data stored third?"];
    const asked = ["ask", "--batch", "-", "--output", "answers.jsonl", ...flags];
    const file = path.join(sandbox.folder, "answers.jsonl");

    const first = await sandbox.rag(asked, { input: questions.join("\n") });
    expect([first.exitCode, first.stdout]).toEqual([3, ""]);
    expect(lines(await readFile(file, "utf8"))[1]).toHaveProperty("error");

    // As a process leaves it that was killed while it wrote.
    await writeFile(file, `${await readFile(file, "utf8")}{"question":"Is da`);
    isDown = false;
    const before = server?.requests.length ?? 0;
    const second = await sandbox.rag(asked, { input: [...questions, "Is data stored last?"].join("\n") });
    expect(second.exitCode).toBe(0);
    expect((server?.requests.length ?? 0) - before).toBe(2);
    expect(second.stderr).toContain("4 answered, 0 refused, 0 failed, 2 of them by an earlier run");
    const documents = lines(await readFile(file, "utf8"));
    expect(documents.map(({ question }) => question)).toEqual([...questions, "Is data stored last?"]);
    expect(documents.every(({ answer }) => answer === answerText)).toBe(true);
  });

  it("keeps what it has written where it is interrupted, and goes on from there", async () => {
    let hangs = true;
    const handler: Handler = (request, response) =>
      hangs && prompted(request).includes("third") ? undefined : completes({ content: answerText })(request, response);
    const held: Handler = (request, response) => {
      const answer = handler(request, response);
      // Answered by nobody: the connection stays open.
      return answer ?? new Promise(() => {});
    };
    const flags = await model(held);
    const questions = [
      "Is data stored first?",
      "Is data stored second?",
      "Is data stored third?",
      "Is data stored last?",
    ];
    await sandbox.write({ "questions.txt": questions.join("\n") });
    const asked = ["ask", "--batch", "questions.txt", ...flags];

    const child = sandbox.start(asked);
    let printed = "";
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    await new Promise<void>((resolve) => {
      child.stdout?.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.split("\n").length === 3) resolve();
      });
    });
    child.kill("SIGINT");
    expect(await closed).toBe(130);
    expect(lines(printed).map(({ question }) => question)).toEqual(questions.slice(0, 2));

    await sandbox.write({ "kept.jsonl": printed });
    hangs = false;
    const before = server?.requests.length ?? 0;
    const rest = await sandbox.rag([...asked, "--output", "kept.jsonl"]);
    expect(rest.exitCode).toBe(0);
    expect((server?.requests.length ?? 0) - before).toBe(2);
    expect(lines(await readFile(path.join(sandbox.folder, "kept.jsonl"), "utf8"))).toHaveLength(4);
  });

  it.each([
    [["ask"], "missing required argument 'question'"],
    [["ask", "x", "--batch", "f"], "--batch names the questions, and one more is given"],
    [["ask", "--batch", "f", "--dry-run"], "--dry-run and --batch contradict each other"],
    [["ask", "x", "--gaps", "g.md"], "--gaps is for a batch, and one question is asked"],
    [["ask", "--batch", "docs/guide.md", "--gaps", "g.txt"], "--gaps: cannot tell the format of g.txt from its name"],
    [["ask", "--batch", "none.jsonl"], "cannot read the questions none.jsonl"],
    [["ask", "--batch", "docs/guide.md", "--output", "docs/guide.md"], "docs/guide.md:1: this is no answer of a batch"],
  ])("refuses %j", async (argv, message) => {
    const { exitCode, stderr, stdout } = await sandbox.rag(argv);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});
