import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SearchResult } from "../../src/cli/render/search/search-results.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/storage.md": "# Storage\n\nVectors are stored on disk, in segments.\n",
    "docs/backup.md": "# Backup\n\nA backup of the disk runs at night.\n",
    "blog/disk.md": "# A new disk\n\nWe bought a disk, and a second disk.\n",
    "notes/other.md": "# Other\n\nNothing of the kind; a disk is mentioned.\n",
  });
  for (const [folder, name] of [
    ["docs", "docs"],
    ["blog", "docs-blog"],
    ["notes", "notes"],
  ] as const) {
    const run = await sandbox.rag(["ingest", folder, "-c", name]);
    if (run.exitCode !== 0) throw new Error(run.stderr);
  }
});

afterAll(() => sandbox.remove());

const search = (...argv: string[]) => sandbox.json<SearchResult>("search", "disk", ...argv);
const placesOf = ({ hits }: SearchResult) => hits.map(({ collection, source }) => `${collection}/${source}`);

it.each([
  [["-c", "docs,docs-blog"]],
  [["-c", "docs", "-c", "docs-blog"]],
  [["-c", "docs*"]],
  [["--collection", "docs*,docs"]],
])("searches all that %j names, and fuses by rank", async (argv) => {
  const result = await search(...argv);
  expect(result.collection).toBe("docs,docs-blog");
  expect(placesOf(result).sort()).toEqual(["docs-blog/blog/disk.md", "docs/docs/backup.md", "docs/docs/storage.md"]);
  const [first, second, third] = result.hits;
  expect([first?.rank, second?.rank, third?.rank]).toEqual([1, 2, 3]);
  // The best of each collection come first, with the same score; no score is above 1.
  expect(new Set([first?.collection, second?.collection])).toEqual(new Set(["docs", "docs-blog"]));
  expect([first?.score, second?.score]).toEqual([1, 1]);
  expect(third?.score).toBeLessThan(1);
});

it("names no collection in the hits of one", async () => {
  const { hits, collection } = await search("-c", "notes");
  expect(collection).toBe("notes");
  expect(hits.map((hit) => "collection" in hit)).toEqual([false]);
});

it("lets the ranks of a collection count more, and keeps to --top-k", async () => {
  const boosted = await search("-c", "docs,docs-blog,notes", "--boost", "notes=2", "-k", "2");
  expect(placesOf(boosted)[0]).toBe("notes/notes/other.md");
  expect(boosted.hits).toHaveLength(2);
  expect(boosted.hits[0]?.score).toBe(1);
  const stray = await sandbox.rag(["search", "disk", "-c", "docs,notes", "--boost", "blog=2"]);
  expect(stray).toMatchObject({ exitCode: 2 });
  expect(stray.stderr).toContain("not searched: blog");
  expect(await sandbox.rag(["search", "disk", "-c", "docs", "--boost", "docs=2"])).toMatchObject({ exitCode: 2 });
  expect(await sandbox.rag(["search", "disk", "-c", "*", "--boost", "docs=0"])).toMatchObject({ exitCode: 2 });
});

it("says in the table, and in CSV, where each hit is from", async () => {
  const table = await sandbox.rag(["search", "disk", "-c", "docs,notes"]);
  expect(table.stdout).toContain("notes: notes/other.md:1");
  const csv = await sandbox.rag(["search", "disk", "-c", "docs,notes", "--format", "csv"]);
  expect(csv.stdout.split("\r\n")[0]).toMatch(/,collection$/);
});

it("answers from several collections", async () => {
  const result = await sandbox.json<{ citations: { source: string }[] }>(
    "ask",
    "What runs at night?",
    "-c",
    "docs,notes",
  );
  expect(result.citations.map(({ source }) => source)).toContain("docs/backup.md");
});

it("refuses a name or a glob that stands for nothing", async () => {
  const glob = await sandbox.rag(["search", "disk", "-c", "docs,zebra*"]);
  expect(glob).toMatchObject({ exitCode: 2, stdout: "" });
  expect(glob.stderr).toContain("matches zebra*; it holds: docs, docs-blog, notes");
  const name = await sandbox.rag(["search", "disk", "-c", "docs,note"]);
  expect(name).toMatchObject({ exitCode: 2, stdout: "" });
  expect(name.stderr).toContain("did you mean notes?");
});

it("refuses a second collection where a command is about one", async () => {
  for (const argv of [["ingest", "docs"], ["get", "docs/backup.md"], ["collections", "show", "docs"], ["mcp"]]) {
    const run = await sandbox.rag([...argv, "-c", "docs", "-c", "notes"]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain("takes one collection, and --collection names several: docs,notes");
  }
});

it("serves the rest where a collection cannot be read, and says which is left out", async () => {
  await sandbox.rag(["ingest", "notes", "-c", "broken"]);
  const versions = path.join(sandbox.folder, ".rag/broken.lance/_versions");
  for (const name of await readdir(versions)) await writeFile(path.join(versions, name), "no manifest");
  const run = await sandbox.rag(["search", "disk", "-c", "docs,broken", "--json"]);
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toContain("collection broken is left out: ");
  const found = placesOf(JSON.parse(run.stdout) as SearchResult);
  expect(found.sort()).toEqual(["docs/docs/backup.md", "docs/docs/storage.md"]);
  expect(await sandbox.rag(["search", "disk", "-c", "broken,broken"])).toMatchObject({ exitCode: 4, stdout: "" });
  await rm(path.join(sandbox.folder, ".rag/broken.lance"), { recursive: true });
});

it("takes a word that one collection holds for no other word in the others", async () => {
  await sandbox.write({ "house/house.md": "# House\n\nThe third storey is empty.\n" });
  expect((await sandbox.rag(["ingest", "house", "-c", "house"])).exitCode).toBe(0);
  const alone = await sandbox.rag(["search", "stored", "-c", "house"]);
  expect(alone.stderr).toBe('note: nothing holds "stored"; searched for "storey"\n');
  const both = await sandbox.rag(["search", "stored", "-c", "docs,house", "--format", "paths"]);
  expect([both.stdout, both.stderr]).toEqual(["docs/storage.md\n", ""]);
});
