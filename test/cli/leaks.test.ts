import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { done, says, stops, streams } from "../fakes/chat-answers.ts";
import { type Fault, type FakeServer, apiError, faults, startFakeServer } from "../fakes/openai-server.ts";
import { type Run, type Sandbox, createSandbox } from "./run-rag.ts";

/** Looks like no provider's key, and changes under every encoding. */
const key = 'Zx9/q+7=W&v%Kd3mR~p0"?end';
const userinfo = "gate:Pa/ss+word=1";

const forms = [key, userinfo, "Pa/ss+word=1"].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("base64url"),
]);

function expectNoSecret(run: Run): void {
  for (const form of forms) {
    expect(run.stdout).not.toContain(form);
    expect(run.stderr).not.toContain(form);
  }
}

let sandbox: Sandbox;
let server: FakeServer | undefined;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "docs/a.md": "# Keys\n\nKeys are rotated every month." });
  expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => sandbox.remove());

/** Runs with a file that the user answers for, so that the key is sent. */
async function runWith(baseUrl: string, argv: readonly string[], settings: Record<string, unknown> = {}): Promise<Run> {
  const model = { provider: "openai", model: "test-model", baseUrl, timeoutMs: 30_000, ...settings };
  await sandbox.write({ "own.json": JSON.stringify({ embedding: model, llm: model }) });
  return sandbox.rag([...argv, "--config", "own.json"], { variables: { OPENAI_API_KEY: key } });
}

const respond = (status: number, body: unknown, headers?: Record<string, string>): Fault => ({
  type: "respond",
  status,
  body,
  ...(headers === undefined ? {} : { headers }),
});
const page = `<!doctype html><title>Denied for ${key}</title><body>${encodeURIComponent(key)}</body>`;

/** A fault, the code that it is reported with, and what the message has to say of it. */
const faultList: [name: string, fault: Fault, code: string, says: string][] = [
  ["a refused key that is echoed", faults.wrongKey(key), "model-auth", "the key was refused (HTTP 401)"],
  ["a refused key in URL encoding", faults.wrongKey(encodeURIComponent(key)), "model-auth", "HTTP 401"],
  ["a refused key in Base64", faults.wrongKey(Buffer.from(key).toString("base64")), "model-auth", "HTTP 401"],
  ["a header that is echoed", respond(403, `Authorization: Bearer ${key} is not allowed`), "model-auth", "HTTP 403"],
  ["a body that is no error", respond(400, { detail: { headers: [key] } }), "model-invalid-request", "HTTP 400"],
  ["an empty account", respond(429, apiError(`exceeded your current quota: ${key}`)), "model-quota", "no quota"],
  ["too many requests", faults.rateLimited({ "retry-after": "3600" }), "model-rate-limit", "too many requests"],
  ["a web page", respond(403, page, { "content-type": "text/html" }), "model-auth", "a web page"],
  ["a web page as an answer", respond(200, page, { "content-type": "text/html" }), "model-bad-response", "a web page"],
  ["a redirect", respond(302, "", { location: `https://x.example/?k=${key}` }), "model-not-found", "redirect"],
  ["an unknown model", faults.unknownModel("test-model"), "model-not-found", "no such model"],
];

describe("no key is shown, and the error says who, what and what to do, for", () => {
  const commands: [string, string[]][] = [
    ["ingest", ["ingest", "docs", "-c", "fresh"]],
    ["ask", ["ask", "keys", "--mode", "text"]],
  ];

  test.each(commands.flatMap(([command, argv]) => faultList.map((row) => [command, row[0], argv, row] as const)))(
    "%s: %s",
    async (_, __, argv, [, fault, code, says]) => {
      server = await startFakeServer({ fault: () => fault });
      const { baseUrl } = server;
      const json = await runWith(baseUrl, [...argv, "--json"]);
      const spoken = await runWith(baseUrl, [...argv, "--verbose"]);
      expect(server.requests.some(({ headers }) => headers.authorization === `Bearer ${key}`)).toBe(true);
      expect({ exitCode: json.exitCode, stdout: json.stdout }).toEqual({ exitCode: 4, stdout: "" });
      const { error } = JSON.parse(json.stderr);
      expect(error).toMatchObject({ code, message: expect.stringContaining(says), hint: expect.stringMatching(/\w/) });
      expect(error.message).toMatch(/^OpenAI \(test-model\): /);
      expect(spoken.exitCode).toBe(4);
      expect(spoken.stderr).toContain(`error: OpenAI (test-model): `);
      expect(spoken.stderr).toContain("\nhint: ");
      for (const run of [json, spoken]) expectNoSecret(run);
    },
  );

  test.each<[string, Fault, string, string, settings?: Record<string, unknown>]>([
    ["a server that fails", faults.serverError(503), "model-server", "HTTP 503"],
    ["a server that hangs", { type: "hang" }, "model-timeout", "no answer within 0.3 s", { timeoutMs: 300 }],
    ["a connection that is reset", { type: "reset" }, "model-connection", "no connection to"],
    ["an answer that is cut off", { type: "truncate" }, "model-bad-response", "cut off"],
  ])("ask: %s", async (_, fault, code, says, settings = {}) => {
    const message = { role: "assistant", content: "An answer." };
    const handler = () => ({ choices: [{ index: 0, message, finish_reason: "stop" }] });
    server = await startFakeServer({ fault: () => fault, handlers: { "/v1/chat/completions": handler } });
    const run = await runWith(server.baseUrl, ["ask", "keys", "--mode", "text", "--json"], settings);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 4, stdout: "" });
    const { error } = JSON.parse(run.stderr);
    expect(error).toMatchObject({ code, message: expect.stringContaining(says), hint: expect.stringMatching(/\w/) });
    expect(error.message).toMatch(/^OpenAI \(test-model\): /);
    expectNoSecret(run);
  });

  test("a server that is not there", async () => {
    server = await startFakeServer();
    const { baseUrl } = server;
    await server.close();
    server = undefined;
    const run = await runWith(baseUrl, ["ask", "keys", "--mode", "text", "--verbose"]);
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain(`OpenAI (test-model): no connection to ${baseUrl} (ECONNREFUSED)`);
    expectNoSecret(run);
  });

  test.each([["ask"], ["ingest"]])("%s: an address with a password, or that is none", async (command) => {
    const argv = command === "ask" ? ["ask", "keys"] : ["ingest", "docs"];
    for (const baseUrl of [`https://${encodeURIComponent(userinfo)}@api.example/v1`, `ftp://${key}`, `${key}`]) {
      for (const flag of ["--json", "--verbose"]) {
        const run = await runWith(baseUrl, [...argv, "-c", "fresh", flag]);
        expect(run.exitCode).toBe(2);
        expectNoSecret(run);
      }
    }
  });

  test("wrong usage that repeats the key", async () => {
    for (const argv of [
      ["search", `--tokne=${key}`],
      ["search", "x", "-k", key],
      [key],
      ["search", "x", "--mode", key],
    ]) {
      const run = await runWith("https://api.example/v1", argv);
      expect(run.exitCode).toBe(2);
      expectNoSecret(run);
    }
  });

  test("a model that says the key, in pieces", async () => {
    for (const size of [1, 2, 7, key.length - 1]) {
      const pieces = `It is ${key}, and ${encodeURIComponent(key)}.`.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
      server = await startFakeServer({
        handlers: { "/v1/chat/completions": streams(...pieces.map((piece) => says(piece)), stops(), done) },
      });
      const run = await runWith(server.baseUrl, ["ask", "keys", "--mode", "text"]);
      await server.close();
      expect(run).toMatchObject({ exitCode: 0, stdout: "It is ***, and ***.\n" });
    }
  });

  test("a model that says only the beginning of the key loses none of it", async () => {
    const beginning = key.slice(0, 9);
    const rest = streams(says(`It begins with ${beginning}`), stops(), done);
    server = await startFakeServer({ handlers: { "/v1/chat/completions": rest } });
    const whole = await runWith(server.baseUrl, ["ask", "keys", "--mode", "text"]);
    expect(whole).toMatchObject({ exitCode: 0, stdout: `It begins with ${beginning}\n` });
    await server.close();
    const broken = streams(says(`It begins with ${beginning}`), { reset: true });
    server = await startFakeServer({ handlers: { "/v1/chat/completions": broken } });
    const run = await runWith(server.baseUrl, ["ask", "keys", "--mode", "text"]);
    expect(run).toMatchObject({ exitCode: 4, stdout: `It begins with ${beginning}\n` });
  });

  test("a passage or a source that holds the key", async () => {
    await sandbox.write({ "secret/k.md": `# Key\n\nThe rotated key is ${key} today.` });
    await sandbox.rag(["ingest", "secret", "-c", "secret"]);
    for (const format of ["table", "json", "ndjson", "csv", "markdown", "paths"]) {
      const argv = ["search", "rotated", "-c", "secret", "--full", "--format", format];
      const run = await sandbox.rag(argv, { variables: { OPENAI_API_KEY: key } });
      expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" });
      expectNoSecret(run);
    }
  });
});

describe("a stream that breaks", () => {
  const broken = () =>
    startFakeServer({
      handlers: { "/v1/chat/completions": streams(says("Keys are rotated "), says("every mon"), { reset: true }) },
    });

  test("shows what arrived and the error, and ends with 4", async () => {
    server = await broken();
    const run = await runWith(server.baseUrl, ["ask", "keys", "--mode", "text"]);
    expect(run.exitCode).toBe(4);
    expect(run.stdout).toContain("Keys are rotated every mon");
    expect(run.stderr).toMatch(/error: .*OpenAI \(test-model\)/);
    expect(run.stderr).toContain("incomplete");
  });

  test("leaves nothing but the error document with --json", async () => {
    server = await broken();
    const run = await runWith(server.baseUrl, ["ask", "keys", "--mode", "text", "--json"]);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 4, stdout: "" });
    expect(Object.keys(JSON.parse(run.stderr))).toEqual(["error"]);
    expect(JSON.parse(run.stderr).error).toMatchObject({ code: expect.any(String), hint: expect.any(String) });
  });

  test("that ends without having said so is broken too", async () => {
    server = await startFakeServer({ handlers: { "/v1/chat/completions": streams(says("Keys are")) } });
    const run = await runWith(server.baseUrl, ["ask", "keys", "--mode", "text", "--json"]);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 4, stdout: "" });
  });
});
