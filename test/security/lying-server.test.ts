import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../cli/mcp/client.ts";
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
  "many-scores": (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"results":[${'{"index":0,"relevance_score":1},'.repeat(200_000)}{}]}`);
  },
  "an-hour": (response) => {
    response.writeHead(429, { "retry-after": "3600", "content-type": "application/json" });
    response.end('{"error":{"message":"later"}}');
  },
  "too-many-dimensions": (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(vectors(60_000));
  },
};

/** Pages and sitemaps of the web, by their path. */
const pages: Record<string, Lie> = {
  "/endless.html": endless("text/html", `<p>${megabyte}</p>`),
  "/bomb.html": (response) => {
    response.writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" });
    response.end(bomb);
  },
  "/slow.html": dripping,
  "/endless.xml": endless("application/xml", `<!-- ${megabyte} -->`, "<urlset>"),
  "/bomb.xml.gz": (response) => {
    response.writeHead(200, { "content-type": "application/gzip" });
    response.end(bomb);
  },
  "/nested.xml": (response) => {
    response.writeHead(200, { "content-type": "application/xml" });
    response.end(`<urlset>${"<url>".repeat(1_000_000)}`);
  },
  "/many.xml": (response) => {
    response.writeHead(200, { "content-type": "application/xml" });
    const { host } = response.req.headers;
    const list = Array.from({ length: 60_000 }, (_, page) => `<url><loc>http://${host}/${page}</loc></url>`);
    response.end(`<urlset>${list.join("")}</urlset>`);
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
      if (request.method === "GET") return pages[request.url ?? ""]?.(response);
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

const variables = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reportPeak)}` };
const peakIn = (stderr: string): number => Number(/\npeak (\d+)/.exec(stderr)?.[1]) / 1000;

async function lieTo(
  model: string,
  argv: readonly string[],
  { timeoutMs = 60_000, input = "" }: { timeoutMs?: number; input?: string } = {},
): Promise<Run & { peakMb: number }> {
  const section = { provider: "vllm", model, baseUrl, timeoutMs };
  const rows = { providers: { liar: { baseUrl } }, search: { rerank: `liar/${model}` } };
  const asked = { ingest: { embedding: section }, search: rows }[argv[0] ?? ""] ?? { llm: section };
  await sandbox.write({ [`${model}.json`]: JSON.stringify(asked) });
  const run = await sandbox.rag([...argv, "--config", `${model}.json`], { variables, input });
  return { ...run, peakMb: peakIn(run.stderr) };
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
    const run = await lieTo("slow-comments", ["ask", "keys", "-c", "text"], { timeoutMs: 1000 });
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

  it.each<[lie: string, says: RegExp]>([
    ["endless-body", /more than the 8 MB/],
    ["gzip-bomb", /more than the 8 MB/],
    ["many-scores", /200001 scores came for/],
    ["endless-error", /HTTP 400/],
  ])("search with a reranker: %s", async (lie, says) => {
    const run = await lieTo(lie, ["search", "keys", "-c", "text"]);
    expect(run.stderr).toMatch(says);
    expect([0, 4]).toContain(run.exitCode);
    expect(run.peakMb).toBeLessThan(300);
  });

  it("ask without a stream, chat and eval --answers", async () => {
    await sandbox.write({ "set.jsonl": '{"question":"keys","sources":["docs/a.md"],"answer":"every month"}\n' });
    const says = /has more than 1000000 characters|more than the (?:8|64) MB/;
    const runs = await Promise.all([
      lieTo("endless-body", ["ask", "keys", "-c", "text", "--no-stream"]),
      lieTo("endless-answer", ["chat", "-c", "text"], { input: "keys\n" }),
      lieTo("endless-thinking", ["chat", "-c", "text"], { input: "keys\n" }),
      lieTo("gzip-bomb", ["eval", "set.jsonl", "--answers", "-c", "text"]),
    ]);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([4, 3, 3, 4]);
    for (const { stderr, peakMb } of runs) {
      expect(stderr).toMatch(stderr.includes("thought") ? /thought for more than 8000000 characters/ : says);
      expect(peakMb).toBeLessThan(300);
    }
  });

  it("ask over MCP", async () => {
    const llm = { provider: "vllm", model: "endless-answer", baseUrl };
    await sandbox.write({ "mcp.json": JSON.stringify({ llm, collection: "text" }) });
    const connected = await connect(sandbox.folder, ["--config", "mcp.json"], variables);
    expect(await connected.failure("ask", { question: "keys" })).toContain("more than 1000000 characters");
    await connected.client.close();
    await expect.poll(() => peakIn(connected.stderr())).toBeGreaterThan(0);
    expect(peakIn(connected.stderr())).toBeLessThan(300);
  });

  it.each(["ask", "ingest"])("%s: a pause of an hour is said, and not kept", async (command) => {
    const argv = command === "ask" ? ["ask", "keys", "-c", "text"] : ["ingest", "docs", "-c", "an_hour"];
    const began = performance.now();
    const { exitCode, stderr } = await lieTo("an-hour", argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 4, stderr: expect.stringMatching(/3600 s|60 min|1 h/) });
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it.each<[page: string, says: RegExp]>([
    ["endless.html", /more than the 64 MB/],
    ["bomb.html", /more than the 64 MB/],
    ["endless.xml", /more than the 64 MB/],
    ["bomb.xml.gz", /sitemap cannot be read|larger than/],
    ["nested.xml", /nested more than 100 deep/],
    ["many.xml", /pages/],
  ])("a page of the web: %s", async (page, says) => {
    const run = await sandbox.rag(["ingest", `${new URL(baseUrl).origin}/${page}`, "-c", "web"], { variables });
    expect(run.stderr).toMatch(says);
    expect([2, 3, 4]).toContain(run.exitCode);
    expect(peakIn(run.stderr)).toBeLessThan(300);
  });
});
