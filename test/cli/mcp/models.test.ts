import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeServer, startFakeServer } from "../../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "../run-rag.ts";
import { type Connected, connect } from "./client.ts";

const key = "key-of-this-test-0123456789";
const answers = "Vectors are stored on disk, in segments [1].";

let sandbox: Sandbox;
let server: FakeServer;
let rag: Connected;
let isBroken = false;

beforeAll(async () => {
  sandbox = await createSandbox();
  server = await startFakeServer({
    key,
    fault: () => (isBroken ? { type: "respond", status: 404, body: { error: { message: "no such model" } } } : null),
    handlers: {
      "/v1/chat/completions": () => ({
        choices: [{ index: 0, message: { role: "assistant", content: answers }, finish_reason: "stop" }],
        usage: { prompt_tokens: 10, completion_tokens: 5 },
      }),
    },
  });
  const model = { provider: "openai", model: "m", baseUrl: server.baseUrl };
  await sandbox.write({
    ".ragrc": JSON.stringify({ embedding: model, llm: model }),
    "docs/storage.md": `# Storage\n\nVectors are stored on disk, in segments. The key is ${key}.\n`,
  });
  const run = await sandbox.rag(["ingest", "docs", "--config", ".ragrc"], { variables: { OPENAI_API_KEY: key } });
  if (run.exitCode !== 0) throw new Error(run.stderr);
  rag = await connect(sandbox.folder, ["--config", ".ragrc"], { OPENAI_API_KEY: key });
});

afterAll(async () => {
  await rag.client.close();
  await server.close();
  await sandbox.remove();
});

const question = "Where are vectors stored?";

describe("rag mcp with models", () => {
  it("answers a question with citations, and takes a dash for one", async () => {
    const { tools } = await rag.client.listTools();
    expect(tools.map(({ name }) => name)).toContain("ask");
    expect(await rag.call("ask", { question })).toMatchObject({
      answer: answers,
      refused: false,
      model: "openai/m",
      citations: [{ n: 1, source: "docs/storage.md" }],
    });
    expect(await rag.call("ask", { question: "-" })).toMatchObject({ question: "-" });
  });

  it("opens the embedding model once for many searches", async () => {
    await rag.call("search", { query: question });
    const before = server.requests.length;
    for (const query of ["disk", "segments", "key"]) {
      expect(await rag.call("search", { query })).toMatchObject({ mode: "hybrid" });
    }
    // One request for each query: the model is not asked again what it is.
    expect(server.requests.length - before).toBe(3);
  });

  it("masks a key wherever it stands", async () => {
    const { content, structuredContent } = await rag.client.callTool({
      name: "read",
      arguments: { source: "docs/storage.md" },
    });
    expect(JSON.stringify([content, structuredContent])).not.toContain(key);
    expect(JSON.stringify(content)).toContain("The key is ***");
  });

  it("says that the model is gone, and goes on once it is back", async () => {
    isBroken = true;
    expect(await rag.failure("search", { query: "disk", mode: "dense" })).toContain("no such model");
    expect(await rag.call("search", { query: "disk", mode: "text" })).toMatchObject({ mode: "text" });
    isBroken = false;
    expect(await rag.call("search", { query: "disk" })).toMatchObject({ mode: "hybrid" });
  });
});
