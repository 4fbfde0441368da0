import { rm } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IngestReport } from "../../src/cli/render/ingest/summary.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
let server: FakeServer | undefined;

beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await sandbox.remove();
});

/** A model of a known price that a server of this machine stands in for. */
async function withModel(): Promise<{ argv: string[]; variables: Record<string, string> }> {
  server = await startFakeServer({ embeddings: { dimensions: 1536 } });
  await sandbox.write({
    "home.json": JSON.stringify({
      embedding: { provider: "openai", model: "text-embedding-3-small", baseUrl: server.baseUrl },
    }),
  });
  return { argv: ["--config", "home.json"], variables: { OPENAI_API_KEY: "k" } };
}

const documents = {
  "docs/a.md": "# A\n\nOne two three.\n",
  "docs/b.md": "# B\n\nFour five six.\n",
  "notes/c.txt": `${"Seven eight nine. ".repeat(300)}\n`,
};

describe("--dry-run", () => {
  it("says what an ingest would take, without a model and without writing", async () => {
    const { argv, variables } = await withModel();
    await sandbox.write(documents);
    const run = await sandbox.rag(["ingest", "docs", "notes", "--dry-run", "--json", ...argv], { variables });
    expect(run.exitCode).toBe(0);
    const { plan } = JSON.parse(run.stdout) as IngestReport;
    expect(plan?.byFormat.map(({ format, documents }) => [format, documents])).toEqual([
      ["text", 1],
      ["markdown", 2],
    ]);
    expect(plan?.byFolder.map(({ folder }) => folder)).toEqual(["notes", "docs"]);
    expect(plan?.largest.map(({ source }) => source)).toEqual(["notes/c.txt", "docs/a.md", "docs/b.md"]);
    expect(plan?.cost).toBeCloseTo(((plan?.tokens ?? 0) / 1e6) * 0.02, 12);
    expect(server?.requests).toEqual([]);
    const text = await sandbox.rag(["ingest", "docs", "notes", "--dry-run", ...argv], { variables });
    expect(text.stdout).toMatch(/^3 documents: 3 to add\n/);
    expect(text.stdout).toMatch(/format +documents +chunks +about tokens +about USD\ntext +1 /);
    expect(text.stdout).toMatch(/largest +chunks[^\n]*\nnotes\/c\.txt /);
    const stores = await sandbox.json<{ collections: unknown[] }>("collections", "list");
    expect(stores.collections).toEqual([]);
  });

  it("counts what is new, changed, unchanged and gone, and only what would be embedded", async () => {
    const { argv, variables } = await withModel();
    await sandbox.write(documents);
    expect((await sandbox.rag(["ingest", "docs", "notes", ...argv], { variables })).exitCode).toBe(0);
    const sent = server?.requests.length;
    await sandbox.write({ "docs/a.md": "# A\n\nOne two four.\n", "docs/d.md": "# D\n\nTen.\n" });
    await rm(path.join(sandbox.folder, "docs/b.md"));
    const run = await sandbox.rag(["ingest", "docs", "notes", "--dry-run", "--json", ...argv], { variables });
    const report = JSON.parse(run.stdout) as IngestReport;
    expect(report.documents).toMatchObject({ added: 1, changed: 1, unchanged: 1, removed: 1 });
    expect(report.plan?.byFormat).toMatchObject([{ format: "markdown", documents: 2, chunks: 2 }]);
    expect(report.plan?.largest.map(({ source }) => source)).toEqual(["docs/a.md", "docs/d.md"]);
    expect(server?.requests.length).toBe(sent);
  });

  it("exits as the ingest would: with 2 where the removal is refused, after the plan", async () => {
    await sandbox.write(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`docs/${i}.md`, `text ${i}`])));
    await sandbox.rag(["ingest", "docs"]);
    for (let i = 0; i < 11; i++) await rm(path.join(sandbox.folder, `docs/${i}.md`));
    const dry = await sandbox.rag(["ingest", "docs", "--dry-run", "--json"]);
    const real = await sandbox.rag(["ingest", "docs", "--json"]);
    expect([dry.exitCode, real.exitCode]).toEqual([2, 2]);
    expect(JSON.parse(dry.stdout)).toMatchObject({ documents: { removed: 11, unchanged: 1 } });
    expect(JSON.parse(dry.stderr)).toEqual(JSON.parse(real.stderr));
    expect((await sandbox.rag(["ingest", "docs", "--dry-run", "--no-prune"])).exitCode).toBe(0);
  });
});

describe("--max-cost and --max-tokens", () => {
  it("stop an ingest before anything is sent or written, and let one through that is within them", async () => {
    const { argv, variables } = await withModel();
    await sandbox.write(documents);
    const ingest = (...flags: string[]) => sandbox.rag(["ingest", "docs", "notes", ...flags, ...argv], { variables });
    for (const flags of [
      ["--max-tokens", "100"],
      ["--max-cost", "0.000001"],
      ["--max-tokens", "100", "--dry-run"],
    ]) {
      const run = await ingest(...flags);
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain("error: the ingest would take about");
    }
    expect(server?.requests).toEqual([]);
    expect((await sandbox.json<{ collections: unknown[] }>("collections", "list")).collections).toEqual([]);
    const run = await ingest("--max-tokens", "100000", "--max-cost", "1");
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("3 added") as string });
    // All is embedded: nothing more is to be spent.
    expect((await ingest("--max-tokens", "0", "--max-cost", "0")).exitCode).toBe(0);
  });

  it("go by the price of the configuration, and refuse a cost that nobody can know", async () => {
    const { variables } = await withModel();
    await sandbox.write(documents);
    const settings = { provider: "openai", model: "a-model-of-tomorrow", baseUrl: server?.baseUrl };
    await sandbox.write({ "home.json": JSON.stringify({ embedding: settings }) });
    const ingest = (...flags: string[]) =>
      sandbox.rag(["ingest", "docs", "--config", "home.json", "--max-cost", "0.5", ...flags], { variables });
    const unknown = await ingest();
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain("that of the model openai/a-model-of-tomorrow is not known");
    await sandbox.write({ "home.json": JSON.stringify({ embedding: { ...settings, price: 1e9 } }) });
    expect((await ingest()).stderr).toContain("more than --max-cost 0.5");
    expect(server?.requests).toEqual([]);
    await sandbox.write({ "home.json": JSON.stringify({ embedding: { ...settings, price: 0.01 } }) });
    expect((await ingest()).exitCode).toBe(0);
  });
});
