import { afterAll, beforeAll, expect, test } from "vitest";
import type { Hit } from "../../src/types.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({
    "docs/ports.md":
      "---\ncolor: blue\nyear: 2024\n---\n\n# Network\n\nOpen ports.\n\n## Ports of the proxy\n\n19530.\n\n## Ports of etcd\n\n2379.\n",
  });
  expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
});
afterAll(() => sandbox.remove());

test("a field that no document has is named, with those that there are", async () => {
  const run = await sandbox.rag(["search", "ports", "--filter", "colour=red"]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain(
    "note: no document of docs has the field colour of --filter; did you mean color? fields are source, title, format, page, heading, color, year\n",
  );
  const json = await sandbox.rag(["search", "ports", "--filter", "colour=red", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ hits: [] });
  expect(json.stderr).toContain("the field colour of --filter");
});

test("a field that exists is not, whatever its value", async () => {
  const run = await sandbox.rag(["search", "ports", "--filter", "color=red", "--filter", "year=2024"]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).not.toContain("the field");
});

test("a chunk of several sections names them all, and is found by each", async () => {
  const { hits } = await sandbox.json<{ hits: Hit[] }>("search", "ports", "--filter", "heading~*etcd");
  expect(hits).toHaveLength(1);
  expect(hits[0]?.headings).toEqual(["Network", "Ports of the proxy", "Ports of etcd"]);
  const run = await sandbox.rag(["search", "ports"]);
  expect(run.stdout).toContain("Network · Ports of the proxy · Ports of etcd\n");
});

test("collections show and sources take the configured collection", async () => {
  expect((await sandbox.rag(["collections", "show"])).stdout).toMatch(/^collection +docs\n/);
  expect(await sandbox.json("collections", "sources")).toMatchObject({ collection: "docs" });
  const other = await sandbox.rag(["collections", "show"], { variables: { RAG_COLLECTION: "blog" } });
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain("blog");
});
