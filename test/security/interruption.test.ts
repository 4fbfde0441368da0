import { once } from "node:events";
import { chmod, readFile, stat } from "node:fs/promises";
import { type Server, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeLock } from "../../src/files/lock-file.ts";
import { type Sandbox, createSandbox } from "../cli/run-rag.ts";

/** Far above the second that is promised on a machine at rest: no test fails because the machine is slow. */
const mostMs = Number(process.env["RAG_TEST_INTERRUPTION_MS"] ?? 20_000);

let sandbox: Sandbox;
const servers: Server[] = [];

/** Accepts connections and answers nothing; `asked` is over with the first one. */
async function silentServer(): Promise<{ port: number; asked: Promise<unknown> }> {
  const server = createServer((socket) => socket.on("error", () => {}).resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return { port: (server.address() as AddressInfo).port, asked: once(server, "connection") };
}

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/a.md": "# Keys\n\nKeys are rotated every month.",
    "python.sh": "#!/bin/sh\necho $$ > up\nexec sleep 600\n",
  });
  await chmod(path.join(sandbox.folder, "python.sh"), 0o755);
  expect((await sandbox.rag(["ingest", "docs", "-c", "text", "-q"])).exitCode).toBe(0);
  expect(await takeLock(path.join(sandbox.folder, ".rag/locked.lock"), "a test")).toHaveProperty("release");
});
afterAll(async () => {
  for (const server of servers) server.close();
  // An engine outlives the command that started it.
  process.kill(Number(await readFile(path.join(sandbox.folder, "up"), "utf8")));
  await sandbox.remove();
});

interface Waiting {
  argv: string[];
  /** What the user's configuration says, for a server at a port. */
  config?: (port: number) => object;
  /** The command waits once it says this, or has made this file; else once it has asked the server. */
  says?: RegExp;
  makes?: string;
  /** Milliseconds, where nothing tells. */
  afterMs?: number;
}

const model = (port: number) => ({ provider: "vllm", model: "m", baseUrl: `http://127.0.0.1:${port}/v1` });
const waits: Record<string, Waiting> = {
  "for an answer": { argv: ["ask", "keys", "-c", "text"], config: (port) => ({ llm: model(port) }) },
  "for vectors": { argv: ["ingest", "docs", "-c", "vectors"], config: (port) => ({ embedding: model(port) }) },
  "for a reranker": {
    argv: ["search", "keys", "-c", "text"],
    config: (port) => ({ providers: { liar: { baseUrl: model(port).baseUrl } }, search: { rerank: "liar/m" } }),
  },
  "for a Milvus server": {
    argv: ["search", "keys"],
    config: (port) => ({ milvus: { uri: `http://127.0.0.1:${port}` } }),
  },
  "for a page of the web": { argv: ["ingest", "{{server}}/page.html", "-c", "web"] },
  "for an engine to start": {
    argv: ["ingest", "docs"],
    config: () => ({ milvus: { uri: "x.db", python: "./python.sh" } }),
    makes: "up",
  },
  "for another writer": { argv: ["ingest", "docs", "-c", "locked", "--wait"], says: /wait/i },
  "for files to change": { argv: ["ingest", "docs", "-c", "watched", "--watch"], says: /watch/i },
  "in a glob without end": { argv: ["ingest", "/usr/**/*.nothing", "-c", "globbed"], afterMs: 800 },
  "for a line of a chat": { argv: ["chat", "-c", "text"], config: (port) => ({ llm: model(port) }), afterMs: 1500 },
  "for a question": { argv: ["ask", "-", "-c", "text"], afterMs: 1500 },
};

describe.skipIf(process.platform === "win32")("Ctrl-C ends a command that waits", () => {
  it.concurrent.each(Object.entries(waits))("%s", async (name, { argv, config, says, makes, afterMs }) => {
    const { port, asked } = await silentServer();
    const file = `${name.replaceAll(" ", "-")}.json`;
    await sandbox.write({ [file]: JSON.stringify(config?.(port) ?? {}) });
    const words = argv.map((word) => word.replace("{{server}}", `http://127.0.0.1:${port}`));
    const child = sandbox.start([...words, "--config", file]);
    let stderr = "";
    const ended = once(child, "close");
    const said = new Promise<void>((resolve) =>
      child.stderr?.on("data", (data) => {
        stderr += data;
        if (says?.test(stderr)) resolve();
      }),
    );
    const isMade = async (): Promise<void> => {
      while (!(await stat(path.join(sandbox.folder, makes ?? "")).catch(() => null))) await sleep(20);
    };
    const isWaiting = afterMs ? sleep(afterMs) : makes ? isMade() : says ? said : asked;
    await Promise.race([isWaiting, ended.then(() => Promise.reject(new Error(`ended by itself: ${stderr}`)))]);
    await sleep(100);
    const began = performance.now();
    child.kill("SIGINT");
    const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
    const ms = performance.now() - began;
    expect({ ended: code ?? signal, stderr }).toEqual({ ended: expect.toBeOneOf([130, "SIGINT"]), stderr });
    expect(ms).toBeLessThan(mostMs);
  });
});
