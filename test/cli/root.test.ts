import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { IngestReport } from "../../src/cli/render/ingest/summary.ts";
import type { SearchResult } from "../../src/cli/render/search/search-results.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/storage.md": "# Storage\n\nVectors are stored on disk, in segments.\n",
    "docs/deep/search.md": "# Search\n\nA query is compared with every passage.\n",
    "notes.md": "# Notes\n\nThe backup runs at night.\n",
  });
  const run = await sandbox.rag(["ingest", "."]);
  if (run.exitCode !== 0) throw new Error(run.stderr);
});

afterAll(() => sandbox.remove());

async function inFolder<Document>(cwd: string, ...argv: string[]): Promise<Document> {
  const run = await sandbox.rag([...argv, "--json"], { cwd });
  expect(run.stderr).toBe("");
  return JSON.parse(run.stdout) as Document;
}

it("searches the store above from any folder below", async () => {
  const { hits } = await inFolder<SearchResult>("docs/deep", "search", "backup at night");
  expect(hits.map(({ source }) => source)).toEqual(["notes.md"]);
  const paths = await sandbox.rag(["search", "segments on disk", "--format", "paths"], { cwd: "docs/deep" });
  expect(paths.stdout).toBe(`${path.join("..", "storage.md")}\n`);
});

it("ingests into the store above, under the names that the documents have there", async () => {
  const report = await inFolder<IngestReport>("docs", "ingest", ".");
  expect(report.documents).toMatchObject({ found: 2, unchanged: 2, added: 0, removed: 0 });
  await sandbox.write({ "docs/deep/new.md": "# New\n\nWritten later.\n" });
  expect((await inFolder<IngestReport>("docs/deep", "ingest", ".")).documents).toMatchObject({ added: 1, removed: 0 });
  const { sources } = await inFolder<{ sources: { source: string }[] }>("docs", "collections", "sources", "docs");
  expect(sources.map(({ source }) => source)).toEqual([
    "docs/deep/new.md",
    "docs/deep/search.md",
    "docs/storage.md",
    "notes.md",
  ]);
  await rm(path.join(sandbox.folder, "docs/deep/new.md"));
  expect((await inFolder<IngestReport>("docs", "ingest", ".")).documents).toMatchObject({ removed: 1, unchanged: 2 });
});

it("keeps the names where the store above is named with --uri", async () => {
  const report = await inFolder<IngestReport>("docs", "ingest", ".", "--uri", "../.rag");
  expect(report.documents).toMatchObject({ found: 2, unchanged: 2, added: 0, removed: 0 });
});

it("does not look above the root of a repository", async () => {
  await mkdir(path.join(sandbox.folder, "clone/.git"), { recursive: true });
  const run = await sandbox.rag(["search", "backup"], { cwd: "clone" });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain("there is no collection docs");
});

it("says so where a configuration of another folder leads past the store that is here", async () => {
  await sandbox.write({ "other/plain.json": "{}", "other/placed.json": '{"store":{"path":"../.rag"}}' });
  const past = await sandbox.rag(["search", "backup", "--config", "other/plain.json"]);
  expect(past.exitCode).toBe(2);
  const notice = "other/plain.json keeps its store beside itself; for the one that is here: --uri ./.rag";
  expect(past.stderr).toContain(notice);
  const here = await sandbox.rag(["search", "backup", "--config", "other/plain.json", "--uri", "./.rag"]);
  expect([here.exitCode, here.stderr]).toEqual([0, ""]);
  const placed = await sandbox.rag(["search", "backup", "--config", "other/placed.json"]);
  expect([placed.exitCode, placed.stderr]).toEqual([0, ""]);
  await sandbox.rag(["ingest", "docs", "--config", "other/plain.json"]);
  const beside = await sandbox.rag(["search", "segments", "--config", "other/plain.json"]);
  expect([beside.exitCode, beside.stderr]).toEqual([0, ""]);
});
