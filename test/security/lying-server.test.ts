import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Run, type Sandbox, createSandbox } from "../cli/run-rag.ts";

/** How the server answers a request, by the model that is asked for. */
type Lie = (response: ServerResponse) => void;

const event = (delta: object) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;

/** Sends a piece again and again, as fast as it is taken, until the client goes away. */
function endless(type: string, piece: string | Buffer, head = "", headers: Record<string, string> = {}): Lie {
  return (response) => {
    response.writeHead(200, { "content-type": type, ...headers });
    response.write(head);
    pour(response, piece);
  };
}

function pour(response: ServerResponse, piece: string | Buffer): void {
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", more);
  more();
}

/** A little that comes every so often keeps a connection, and says nothing. */
const dripping: Lie = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const timer = setInterval(() => response.write(": still there\n\n"), 100);
  response.on("close", () => clearInterval(timer));
};

const megabyte = "x".repeat(1_000_000);
const zeros = gzipSync(Buffer.alloc(1_000_000, "0"));
/** Half a gigabyte of zeros in half a megabyte. */
const bomb = Buffer.concat(Array.from({ length: 500 }, () => zeros));
const vectors = (dimensions: number) =>
  JSON.stringify({ data: [{ index: 0, embedding: "AACAPwAA".repeat(dimensions / 1.5) }] });

const stream = "text/event-stream";
const lies: Record<string, Lie> = {
  "endless-answer": endless(stream, event({ content: "word ".repeat(2000) })),
  "endless-thinking": endless(stream, event({ reasoning_content: "hmm ".repeat(5000) })),
  "endless-tag": endless(stream, event({ content: "hmm ".repeat(5000) }), event({ content: "<think>" })),
  "endless-comments": endless(stream, `: ${"still there ".repeat(100)}\n\n`),
  "endless-line": endless(stream, megabyte, "data: "),
  "endless-nothing": endless(stream, event({})),
  "slow-comments": dripping,
  "endless-body": endless("application/json", megabyte, '{"choices":[{"message":{"content":"'),
  "gzip-bomb": (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(bomb);
  },
  "endless-error": (response) => {
    response.statusCode = 400;
    response.write('{"error":{"message":"');
    pour(response, megabyte);
  },
  "two-million-dimensions": (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(vectors(2_000_001));
  },
  "too-many-dimensions": (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(vectors(60_000));
  },
};

let sandbox: Sandbox;
let server: Server;
let baseUrl: string;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "docs/a.md": "# Keys\n\nKeys are rotated every month." });
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const body: Buffer[] = [];
    response.on("error", () => {});
    request.on("data", (chunk: Buffer) => body.push(chunk));
    request.on("end", () => {
      const { model } = JSON.parse(Buffer.concat(body).toString()) as { model: string };
      lies[model]?.(response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  await sandbox.rag(["ingest", "docs", "-c", "text"]);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await sandbox.remove();
});

/**
 * Says on stderr, as the last line, how many kilobytes the process has had at most. Where the system tells, without what
 * its parent had when it forked.
 */
const reportPeak = String.raw`import { readFileSync } from "node:fs";
process.on("exit", () => {
  let peak = process.resourceUsage().maxRSS;
  try { peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))[1]; } catch {}
  process.stderr.write("\npeak " + peak + "\n");
})`;

async function lieTo(model: string, argv: readonly string[], timeoutMs = 60_000): Promise<Run & { peakMb: number }> {
  const section = { provider: "vllm", model, baseUrl, timeoutMs };
  const forIngest = argv[0] === "ingest";
  await sandbox.write({ [`${model}.json`]: JSON.stringify(forIngest ? { embedding: section } : { llm: section }) });
  const variables = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reportPeak)}` };
  const run = await sandbox.rag([...argv, "--config", `${model}.json`], { variables });
  const peakMb = Number(/\npeak (\d+)/.exec(run.stderr)?.[1]) / 1000;
  return { ...run, peakMb };
}

describe("an answer of a model server is refused, with the limit's number and little memory", () => {
  it.each<[lie: string, says: RegExp]>([
    ["endless-answer", /has more than 1000000 characters/],
    ["endless-thinking", /thought for more than 8000000 characters/],
    ["endless-tag", /thought for more than 8000000 characters/],
    ["endless-comments", /1 MB came without a word/],
    ["endless-line", /1 MB came without a word/],
    ["endless-nothing", /1 MB came without a word/],
    ["endless-body", /more than the 8 MB/],
    ["gzip-bomb", /more than the 8 MB/],
    ["endless-error", /HTTP 400/],
  ])("ask: %s", async (lie, says) => {
    const run = await lieTo(lie, ["ask", "keys", "-c", "text"]);
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringMatching(says),
    });
    expect(run.peakMb).toBeLessThan(300);
  });

  it("ask: comments that keep a silent connection", async () => {
    const run = await lieTo("slow-comments", ["ask", "keys", "-c", "text"], 1000);
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringContaining("no answer within 1 s"),
    });
  });

  it.each<[lie: string, says: RegExp]>([
    ["endless-body", /more than the 2 MB/],
    ["gzip-bomb", /more than the 2 MB/],
    ["two-million-dimensions", /more than the 2 MB/],
    ["too-many-dimensions", /a vector has 60000 dimensions, more than the 32768/],
  ])("ingest: %s", async (lie, says) => {
    const run = await lieTo(lie, ["ingest", "docs", "-c", lie.replaceAll("-", "_")]);
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringMatching(says),
    });
    expect(run.peakMb).toBeLessThan(300);
  });
});
