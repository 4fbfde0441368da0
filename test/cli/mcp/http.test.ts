import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Sandbox, createSandbox } from "../run-rag.ts";
import { callsOf } from "./client.ts";

let sandbox: Sandbox;
let server: Serving;

interface Serving {
  child: ChildProcess;
  address: URL;
  token: string | null;
  stderr(): string;
}

/** Starts the server on a free port, and waits until it listens. */
async function serve(variables: Record<string, string> = {}): Promise<Serving> {
  const child = sandbox.start(["mcp", "--http", "0"], variables);
  let stderr = "";
  let stdout = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  for await (const chunk of child.stderr!) {
    stderr += String(chunk);
    if (/listening on .*\n/.test(stderr)) break;
  }
  const [, address = ""] = /listening on (\S+)/.exec(stderr) ?? [];
  const [, token = null] = /token: (\S+)/.exec(stderr) ?? [];
  return { child, address: new URL(address), token, stderr: () => stderr + stdout };
}

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "a.md": "# Storage\n\nVectors are stored on disk.\n" });
  const run = await sandbox.rag(["ingest", "a.md"]);
  if (run.exitCode !== 0) throw new Error(run.stderr);
  server = await serve();
});

afterAll(async () => {
  server.child.kill("SIGTERM");
  await once(server.child, "close");
  await sandbox.remove();
});

/** One raw request; the answer's status. */
function send(options: {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}): Promise<number> {
  const { method = "POST", path = server.address.pathname, headers = {}, body = ping } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: server.address.hostname,
        port: server.address.port,
        method,
        path,
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          authorization: `Bearer ${server.token}`,
          ...headers,
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on("error", reject);
    sent.end(method === "GET" ? undefined : body);
  });
}

const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });

it("serves the official client that has the token", async () => {
  expect(server.token).toMatch(/^[\w-]{32}$/);
  expect(server.address.hostname).toBe("127.0.0.1");
  const client = new Client({ name: "test", version: "1" });
  const headers = { authorization: `Bearer ${server.token}` };
  await client.connect(new StreamableHTTPClientTransport(server.address, { requestInit: { headers } }));
  const { call, failure } = callsOf(client);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain("search");
  const found = await call<{ hits: { source: string }[] }>("search", { query: "where are vectors stored" });
  expect(found.hits.map(({ source }) => source)).toEqual(["a.md"]);
  expect(await call("read", { source: "a.md:3" })).toMatchObject({ source: "a.md" });
  expect(await failure("read", { source: "b.md" })).toContain("did you mean a.md?");
  await client.close();
});

it.each([
  ["a request that has all it needs", {}, 200],
  ["no token", { headers: { authorization: "" } }, 401],
  ["another token", { headers: { authorization: `Bearer ${"x".repeat(32)}` } }, 401],
  ["a name that a page has given this machine", { headers: { host: "evil.example:80" } }, 403],
  ["a page of another site", { headers: { origin: "https://evil.example" } }, 403],
  ["a page without a site", { headers: { origin: "null" } }, 403],
  ["another path", { path: "/" }, 404],
  ["another method", { method: "GET" }, 405],
  ["a body that is too large", { body: Buffer.alloc(1_100_000, " ") }, 413],
  ["no JSON", { body: "{" }, 400],
])("answers %s", async (_, options, status) => {
  expect(await send(options)).toBe(status);
});

it("takes a token of the user's own, and does not print it", async () => {
  const own = "a-token-of-my-own-1234";
  const serving = await serve({ RAG_MCP_TOKEN: own });
  const headers = { authorization: `Bearer ${own}`, "content-type": "application/json" };
  const accept = "application/json, text/event-stream";
  const answer = await fetch(serving.address, { method: "POST", headers: { ...headers, accept }, body: ping });
  expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  expect(serving.token).toBeNull();
  expect(serving.stderr()).not.toContain(own);
  serving.child.kill("SIGINT");
  const [code] = (await once(serving.child, "close")) as [number];
  expect(code).toBe(130);
});

it("refuses a token that is short, and a port that is taken", async () => {
  const short = await sandbox.rag(["mcp", "--http", "0"], { variables: { RAG_MCP_TOKEN: "short" } });
  expect(short).toMatchObject({ exitCode: 2, stdout: "" });
  const taken = await sandbox.rag(["mcp", "--http", server.address.port]);
  expect(taken).toMatchObject({ exitCode: 4, stdout: "" });
  expect(taken.stderr).toContain("name another port");
});
