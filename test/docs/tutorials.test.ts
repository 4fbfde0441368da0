import { homedir } from "node:os";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Sandbox, createSandbox } from "../cli/run-rag.ts";
import { counts, done, says, stops, streams } from "../fakes/chat-answers.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";
import { makePdf } from "../fixtures/pdf.ts";
import { codeBlocks, commandLines, documentation, shellWords } from "./examples.ts";

const page = documentation().find(({ name }) => name === "docs/tutorials.md")?.text ?? "";
const blocks = codeBlocks(page);
const config = JSON.parse(blocks.find(({ language }) => language === "json")?.text ?? "{}");
const commands = blocks.flatMap(commandLines).flatMap(shellWords);
const flow = commands.filter((words) => words.includes("--config"));
/** The engine that is set up already, from a home folder that is empty. */
const cache = { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache") };

let sandbox: Sandbox;
let model: FakeServer;
beforeEach(async () => {
  sandbox = await createSandbox();
  model = await startFakeServer({
    key: "a-key-0123456789",
    embeddings: { models: ["text-embedding-3-small"], dimensions: 1536 },
    handlers: {
      "/v1/chat/completions": streams(says("It proposes "), says("a boat [1]."), stops(), counts(9, 9), done),
    },
  });
  await sandbox.write({
    "dynamiq.ragrc.json": JSON.stringify({ ...config, providers: { openai: { baseUrl: model.baseUrl } } }),
    "papers/empty": "",
  });
  const sentence = (page: number, number: number) => `On page ${page} sentence ${number} speaks of a boat.`;
  const pages = [1, 2].map((page) =>
    Array.from({ length: 25 }, (_, number) => ({
      text: sentence(page, number + 1),
      x: 60,
      y: 760 - number * 24,
      size: 11,
    })),
  );
  await writeFile(path.join(sandbox.folder, "papers/paper.pdf"), makePdf({ pages, title: "A paper" }));
});
afterEach(async () => {
  await model.close();
  await sandbox.remove();
});

const variables = { OPENAI_API_KEY: "a-key-0123456789" };

describe("the document flow of Dynamiq", () => {
  const stores: [string, string[]][] = [["the embedded store", []]];
  if (liteUnavailable === null) stores.push(["Milvus Lite", ["--uri", "./milvus_demo.db"]]);
  beforeAll(async () => {
    if (liteUnavailable === null) await provisionLite();
  }, PROVISION_MS);

  test.each(stores)("goes from PDF pages to an answer with its page, on %s", async (_, uri) => {
    const runs = [];
    for (const [, ...argv] of flow)
      runs.push(await sandbox.rag([...argv, ...uri], { variables: { ...cache, ...variables } }));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const [ingested, answered] = runs;
    // Of 25 sentences on a page, runs begin at the 1st, 10th and 19th.
    expect(ingested?.stdout).toMatch(/1 document: 1 added\n6 chunks written, 6 embedded/);
    const texts = model.requests.flatMap(({ body }) => [body?.["input"]].flat()).map(String);
    const run = texts.find((text) => text.includes("page 1 sentence 10 ") && text.includes("page 1 sentence 19 "));
    expect(run).toBeDefined();
    expect(run).not.toContain("sentence 9 ");
    expect(run).not.toContain("sentence 20 ");
    expect(answered?.stdout).toMatch(/^It proposes a boat \[1\]\.\n\nSources:\n\[1\] papers\/paper\.pdf#page=[12]/);
    for (const step of ["configuration", "discover", "search", "answer"]) {
      expect((ingested?.stderr ?? "") + (answered?.stderr ?? "")).toMatch(new RegExp(`^${step}: [\\d.]+ m?s`, "m"));
    }
    const asked = model.requests.find(({ path }) => path === "/v1/chat/completions");
    expect(JSON.stringify(asked?.body)).toContain("What does the paper propose?");
  });
});
