import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { once } from "node:events";
import type { Hit } from "../../src/types.ts";
import { completes } from "../fakes/chat-answers.ts";
import { type FakeServer, type FakeServerOptions, startFakeServer } from "../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: FakeServer;
beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/short.md": "# Storage\n\nStored data.",
    "docs/long.md": `# Where things are\n\nData is stored in a warehouse. ${"It has doors and windows. ".repeat(20)}`,
  });
  expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
});
afterEach(() => server.close());
afterAll(() => sandbox.remove());

async function serve(options: FakeServerOptions): Promise<void> {
  server = await startFakeServer(options);
  const config = {
    providers: { mine: { baseUrl: server.baseUrl, rerankModel: "m", chatModel: "chat" } },
    search: { rerankTimeoutMs: 2_000 },
  };
  await sandbox.write({ "mine.json": JSON.stringify(config) });
}

/** Prefers long passages. */
const byLength = ({ body }: { body: unknown }) => ({
  results: (body as { documents: string[] }).documents.map(({ length }, index) => ({
    index,
    relevance_score: length / 10_000,
  })),
});

const search = (...flags: string[]) => sandbox.rag(["search", "stored data", "--config", "mine.json", ...flags]);
const sourcesOf = (stdout: string) => (JSON.parse(stdout) as { hits: Hit[] }).hits.map(({ source }) => source);

describe("rag search --rerank", () => {
  test("prints the reranker's order and score, and null for it without a reranker", async () => {
    await serve({ handlers: { "/v1/rerank": byLength } });
    const plain = await search("--json");
    expect(sourcesOf(plain.stdout)).toEqual(["docs/short.md", "docs/long.md"]);
    expect((JSON.parse(plain.stdout) as { hits: Hit[] }).hits.map(({ scores }) => scores.rerank)).toEqual([null, null]);

    const { stdout, stderr, exitCode } = await search("--json", "--rerank", "mine");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(sourcesOf(stdout)).toEqual(["docs/long.md", "docs/short.md"]);
    const [best] = (JSON.parse(stdout) as { hits: Hit[] }).hits;
    expect(best!.score).toBe(best!.scores.rerank);
    expect(server.requests).toHaveLength(1);
  });

  test("takes the configured one where it names none, and --no-rerank leaves that out", async () => {
    await serve({ handlers: { "/v1/rerank": byLength } });
    const nothing = await search("--rerank");
    expect(nothing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("search.rerank is not set") });
    const config = { providers: { mine: { baseUrl: server.baseUrl, rerankModel: "m" } }, search: { rerank: "mine" } };
    await sandbox.write({ "mine.json": JSON.stringify(config) });
    expect(sourcesOf((await search("--json")).stdout)[0]).toBe("docs/long.md");
    expect(sourcesOf((await search("--json", "--rerank")).stdout)[0]).toBe("docs/long.md");
    expect(sourcesOf((await search("--json", "--no-rerank")).stdout)[0]).toBe("docs/short.md");
    expect(server.requests).toHaveLength(2);
  });

  test("has the model that answers judge the passages", async () => {
    await serve({
      handlers: {
        "/v1/chat/completions": (request, response) => {
          const content = JSON.stringify(request.body);
          const first = content.indexOf("warehouse") < content.indexOf("Stored data");
          return completes({ content: first ? "1: 9\n2: 3" : "1: 3\n2: 9" })(request, response);
        },
      },
    });
    const { stdout, exitCode } = await search("--json", "--rerank", "llm", "--llm", "mine");
    expect(exitCode).toBe(0);
    const { hits } = JSON.parse(stdout) as { hits: Hit[] };
    expect(hits.map(({ source, score }) => [source, score])).toEqual([
      ["docs/long.md", 0.9],
      ["docs/short.md", 0.3],
    ]);
  });

  test.each<[string, FakeServerOptions, RegExp]>([
    ["fails", { fault: () => ({ type: "respond", status: 400, body: { error: "bad model" } }) }, /bad model/],
    ["breaks off", { handlers: { "/v1/rerank": byLength }, fault: () => ({ type: "reset-midway" }) }, /connection/],
    ["never answers", { fault: () => ({ type: "hang" }) }, /took longer than 2 s/],
    [
      "lies",
      { handlers: { "/v1/rerank": () => ({ results: [{ index: 0, relevance_score: 1 }] }) } },
      /1 scores came for 2/,
    ],
  ])("that %s leaves the order, and says so even when it is to be quiet", async (_, options, says) => {
    await serve(options);
    const { exitCode, stdout, stderr } = await search("--json", "--quiet", "--rerank", "mine");
    expect(exitCode).toBe(0);
    expect(sourcesOf(stdout)).toEqual(["docs/short.md", "docs/long.md"]);
    expect(stderr).toMatch(/warning: not reranked: /);
    expect(stderr).toMatch(says);
  });

  test.skipIf(process.platform === "win32")("ends at Ctrl-C while the reranker is waited for", async () => {
    await serve({ fault: () => ({ type: "hang" }) });
    const config = {
      providers: { mine: { baseUrl: server.baseUrl, rerankModel: "m" } },
      search: { rerankTimeoutMs: 600_000 },
    };
    await sandbox.write({ "mine.json": JSON.stringify(config) });
    const child = sandbox.start(["search", "stored data", "--config", "mine.json", "--rerank", "mine"]);
    const closed = once(child, "close");
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    const [code, signal] = (await closed) as [number | null, string | null];
    expect(code === 130 || signal === "SIGINT").toBe(true);
  });

  test("works with ask and with eval", async () => {
    await serve({ handlers: { "/v1/rerank": byLength } });
    const ask = await sandbox.rag([
      "ask",
      "Where is data stored?",
      "--json",
      "--config",
      "mine.json",
      "--rerank",
      "mine",
    ]);
    expect((JSON.parse(ask.stdout) as { hits: Hit[] }).hits[0]).toMatchObject({ source: "docs/long.md" });
    await sandbox.write({ "set.jsonl": '{"question": "stored data", "source": "docs/long.md"}\n' });
    const measured = async (...flags: string[]) => {
      const run = await sandbox.rag(["eval", "set.jsonl", "--json", "--config", "mine.json", ...flags]);
      return (JSON.parse(run.stdout) as { modes: Record<string, Record<string, number>> }).modes["text"]!["mrr"];
    };
    expect(await measured()).toBe(0.5);
    expect(await measured("--rerank", "mine")).toBe(1);
  });
});

describe("the signs of a query", () => {
  const plain = (...argv: string[]) => sandbox.rag(["search", "--json", ...argv]);

  test("demand a phrase, leave out a word, and are no flags behind --", async () => {
    await serve({});
    expect(sourcesOf((await plain('"data is stored"')).stdout)).toEqual(["docs/long.md"]);
    expect((await plain('"is data stored"')).exitCode).toBe(1);
    expect(sourcesOf((await plain("data -warehouse")).stdout)).toEqual(["docs/short.md"]);
    expect(sourcesOf((await plain("--", "-warehouse data")).stdout)).toEqual(["docs/short.md"]);
    // Nothing but an exclusion is taken for the word.
    expect(sourcesOf((await plain("--", "-warehouse")).stdout)).toEqual(["docs/long.md"]);
  });

  test("a mistyped word is searched for as it was meant, and that is said on stderr", async () => {
    await serve({});
    const { stdout, stderr, exitCode } = await plain("warehuose");
    expect({ exitCode, sources: sourcesOf(stdout) }).toEqual({ exitCode: 0, sources: ["docs/long.md"] });
    expect(stderr).toBe('note: nothing holds "warehuose"; searched for "warehouse"\n');
    expect((JSON.parse(stdout) as { query: string }).query).toBe("warehuose");
  });
});

describe("rag search --expand", () => {
  test("adds what stands around each hit, in every format", async () => {
    await serve({});
    const page = Array.from({ length: 4 }, (_, at) => `## Part ${at}\n\n${`Words of part ${at}. `.repeat(20)}\n`).join(
      "\n",
    );
    await sandbox.write({ "parts/page.md": `# Page\n\n${page}` });
    expect((await sandbox.rag(["ingest", "parts", "--collection", "parts"])).exitCode).toBe(0);
    const run = (...flags: string[]) => sandbox.rag(["search", "part 2", "-k", "1", "--collection", "parts", ...flags]);
    const hits = async (...flags: string[]) =>
      (JSON.parse((await run("--json", ...flags)).stdout) as { hits: Hit[] }).hits;

    const [plain] = await hits();
    expect(plain).not.toHaveProperty("before");
    const [around] = await hits("--expand", "1");
    expect(around).toMatchObject({
      before: expect.stringMatching(/^## Part 1\n/),
      text: plain!.text,
      after: expect.stringMatching(/^## Part 3\n/),
      shownStartLine: 7,
      shownEndLine: 17,
    });
    const [section] = await hits("--expand", "section");
    expect(section).toMatchObject({ before: null, after: null });
    for (const format of ["table", "markdown"]) {
      const { stdout } = await run("--expand", "1", "--format", format);
      const places = ["Words of part 1.", "Words of part 2.", "Words of part 3."].map((words) => stdout.indexOf(words));
      expect(places.every((place) => place >= 0)).toBe(true);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
    const { stdout } = await run("--expand", "1", "--format", "csv");
    expect(stdout.split("\r\n")[0]).toMatch(/,text,before,after$/);
    expect(stdout).toMatch(/Words of part 2[\s\S]*Words of part 1[\s\S]*Words of part 3/);
    for (const value of ["0", "-1", "all", "1.5"]) {
      expect(await run("--expand", value)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--expand") });
    }
  });
});
