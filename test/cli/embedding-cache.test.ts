import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IngestReport } from "../../src/cli/render/ingest/summary.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: FakeServer;
const variables = { OPENAI_API_KEY: "k" };

beforeEach(async () => {
  sandbox = await createSandbox();
  server = await startFakeServer({ embeddings: { dimensions: 1536 } });
  await writeConfig({});
  await sandbox.write(
    Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`docs/${n}.md`, `# Note ${n}\n\nEntry number ${n}.\n`])),
  );
});
afterEach(async () => {
  await server.close();
  await sandbox.remove();
});

async function writeConfig(settings: Record<string, unknown>): Promise<void> {
  const embedding = { provider: "openai", model: "text-embedding-3-small", baseUrl: server.baseUrl, ...settings };
  await sandbox.write({ "home.json": JSON.stringify({ embedding }) });
}

async function ingest(...flags: string[]): Promise<IngestReport> {
  const run = await sandbox.rag(["ingest", "docs", "--config", "home.json", "--json", ...flags], { variables });
  expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
  return JSON.parse(run.stdout) as IngestReport;
}

/** Texts that the model was asked for so far. */
function sent(): string[] {
  return server.requests.flatMap(({ body }) => body?.["input"] as string[]);
}

describe("a text that was embedded before", () => {
  it("is not sent again for --recreate or another collection, which find the same", async () => {
    expect((await ingest()).chunks).toEqual({ written: 40, embedded: 40, reused: 0, deleted: 0 });
    const before = sent().length;
    for (const flags of [["--recreate"], ["-c", "second"]]) {
      const { chunks, tokens } = await ingest(...flags);
      expect({ chunks, tokens }).toEqual({
        chunks: { written: 40, embedded: 0, reused: 40, cached: 40, deleted: 0 },
        tokens: null,
      });
    }
    expect(sent()).toHaveLength(before);
    const answers = ["docs", "second"].map(async (name) => {
      const argv = ["search", "Entry number 7", "--mode", "dense", "-c", name, "--json", "--config", "home.json"];
      return JSON.parse((await sandbox.rag(argv, { variables })).stdout).hits;
    });
    const [first, second] = await Promise.all(answers);
    expect(second).toEqual(first);
  });

  it("counts neither in the plan nor for a budget, and what is new is sent alone", async () => {
    await ingest();
    await sandbox.write({ "docs/new.md": "# New\n\nNever seen before.\n" });
    const planned = await ingest("--dry-run", "-c", "second");
    expect(planned.chunks).toEqual({ written: 41, embedded: 1, reused: 40, cached: 40, deleted: 0 });
    expect(planned.plan?.tokens).toBeLessThan(30);
    const before = sent().length;
    expect((await ingest("-c", "second", "--max-tokens", "30")).chunks).toMatchObject({ embedded: 1, cached: 40 });
    expect(sent().slice(before)).toEqual([expect.stringContaining("Never seen before.")]);
    const said = await sandbox.rag(["ingest", "docs", "--recreate", "--config", "home.json"], { variables });
    expect(said.stdout).toContain("41 vectors reused (41 from the cache)");
  });

  it("is sent again to another model, with another prefix, and where the cache is off", async () => {
    await ingest();
    for (const settings of [{ dimensions: 512 }, { documentPrefix: "passage: " }, { cache: false }]) {
      await writeConfig(settings);
      expect((await ingest("--recreate")).chunks).toEqual({ written: 40, embedded: 40, reused: 0, deleted: 0 });
    }
  });

  it("is not lost with a run that is killed", async () => {
    let answered = 0;
    await server.close();
    server = await startFakeServer({
      embeddings: { dimensions: 1536 },
      fault: () => (answered++ < 2 ? null : { type: "hang" }),
    });
    await writeConfig({ batchSize: 10, concurrency: 1 });
    const child = sandbox.start(["ingest", "docs", "--config", "home.json"], variables);
    const ended = once(child, "exit");
    // The third request begins after the answers to the first two were kept.
    while (server.requests.length < 3) await sleep(5);
    child.kill("SIGKILL");
    await ended;
    answered = Number.NEGATIVE_INFINITY;
    expect((await ingest()).chunks).toMatchObject({ embedded: 20, cached: 20 });
  });
});
