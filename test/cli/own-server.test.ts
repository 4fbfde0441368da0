import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { completes, done, says, stops, streams } from "../fakes/chat-answers.ts";
import { type FakeServerOptions, Refusal, apiError, dialects, startFakeServer } from "../fakes/openai-server.ts";
import type { FakeServer, Fault } from "../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: FakeServer | undefined;
beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "docs/a.md": "# Keys\n\nKeys are rotated every month." });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await sandbox.remove();
});

/** Starts a server, and names it in the project's configuration for both purposes. */
async function start(options: FakeServerOptions): Promise<FakeServer> {
  server = await startFakeServer(options);
  const own = { baseUrl: server.baseUrl, keyVariable: "OWN_KEY", embeddingModel: "minilm", chatModel: "tiny" };
  const configuration = { providers: { own }, embedding: { provider: "own" }, llm: { provider: "own" } };
  await sandbox.write({ ".ragrc": JSON.stringify(configuration) });
  return server;
}

/** What llama-server answers until it has read its model. */
const loading: Fault = {
  type: "respond",
  status: 503,
  body: dialects.llamaCpp(503, "Loading model", "unavailable_error"),
};

describe("a server of one's own", () => {
  test("is waited for while it loads its model", async () => {
    let answered = 0;
    await start({ fault: () => (answered++ % 3 < 1 ? loading : null) });
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
    answered = 0;
    expect((await sandbox.rag(["search", "rotation", "--mode", "dense"])).exitCode).toBe(0);
  });

  test("that fails at a passage which is too long gets the others, and the user learns what to do", async () => {
    await start({ embeddings: { maxCharsPerText: 600, failsAtLongText: true } });
    await sandbox.write({ "docs/long.md": `# Long\n\n${"many words ".repeat(100)}` });
    const run = await sandbox.rag(["ingest", "docs"]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/failed: docs\/long\.md: lines 1-3: own \(minilm\): a text is too long \(HTTP 500\)/);
    expect(run.stderr).toContain("1 document left out for a passage that the embedding model does not take");
    expect(run.stdout).toMatch(/2 documents: 1 added, 1 failed/);
    expect((await sandbox.rag(["ingest", "docs", "--max-chars", "400"])).exitCode).toBe(0);
  });

  test("that ends a stream before it began is asked why", async () => {
    await start({
      handlers: {
        "/v1/chat/completions": (request, response) =>
          request.body?.["stream"] === true
            ? streams()(request, response)
            : new Refusal(400, apiError("This model's maximum context length is 4096 tokens.")),
      },
    });
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
    const run = await sandbox.rag(["ask", "How often are keys rotated?"]);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 4, stdout: "" });
    expect(run.stderr).toContain("own (tiny): a text is too long (HTTP 400): This model's maximum context length");
    expect(run.stderr).toContain("hint: use a smaller ask.maxContextChars");
  });

  test("that wants a key which a project may not send: the hint allows it", async () => {
    const key = "own-key-0123456789";
    const answer = streams(says("Every month [1]."), stops(), done);
    await start({ key, handlers: { "/v1/chat/completions": answer } });
    const refused = await sandbox.rag(["ingest", "docs"], { variables: { OWN_KEY: key } });
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain("own (minilm): no key was sent (HTTP 401)");
    const [, name, host] = /hint: OWN_KEY is not sent .*: export (\w+)=(\S+)/.exec(refused.stderr) ?? [];
    const variables = { OWN_KEY: key, [String(name)]: String(host) };
    expect((await sandbox.rag(["ingest", "docs"], { variables })).exitCode).toBe(0);
    const run = await sandbox.rag(["ask", "How often are keys rotated?"], { variables });
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Every month [1].") });
  });

  test("that counts the tokens of its context: a cut answer is put down to the right limit", async () => {
    const cut = completes(
      { content: "Every month [1]." },
      {
        choices: [{ index: 0, message: { content: "Every month [1]." }, finish_reason: "length" }],
        usage: { prompt_tokens: 2040, completion_tokens: 8 },
      },
    );
    await start({ handlers: { "/v1/chat/completions": cut } });
    await sandbox.rag(["ingest", "docs"]);
    const settings = JSON.stringify({
      llm: { provider: "own", maxTokens: 30 },
      providers: { own: { baseUrl: server?.baseUrl, chatModel: "tiny" } },
    });
    await sandbox.write({ "own.json": settings });
    const argv = ["ask", "How often are keys rotated?", "--mode", "text", "--config", "own.json"];
    expect((await sandbox.rag(argv)).stderr).toContain(
      "the answer is cut short: it reached the model's own limit, at 2048 tokens with the passages (ask.maxContextChars)",
    );
  });
});
