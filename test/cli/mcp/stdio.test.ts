import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import path from "node:path";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, createSandbox } from "../run-rag.ts";
import { type Connected, connect, textOf } from "./client.ts";

interface Found {
  mode: string;
  hits: { source: string; uri: string; id: string; startLine: number; text: string; after: string | null }[];
  notices: string[];
}

interface Read {
  text: string;
  startLine: number;
  heading: string[];
  uri: string;
}

const storage =
  "# Storage\n\n## Disks\n\nVectors are stored on disk, in segments.\n\n## Memory\n\nIndexes are kept in memory.\n";

let sandbox: Sandbox;
let rag: Connected;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write({ "docs/storage.md": storage, "docs/a b#c.md": "# Odd\n\nA file with an odd name.\n" });
  const run = await sandbox.rag(["ingest", "docs"]);
  if (run.exitCode !== 0) throw new Error(run.stderr);
  rag = await connect(sandbox.folder);
});

afterAll(async () => {
  await rag.client.close();
  await sandbox.remove();
});

const sourcesOf = ({ hits }: Found) => hits.map(({ source }) => source);

describe("rag mcp", () => {
  it("offers the tools that read, each with what it takes and gives", async () => {
    const { tools } = await rag.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["search", "read", "list_collections", "list_sources"]);
    for (const { outputSchema, annotations, description } of tools) {
      expect(outputSchema?.type).toBe("object");
      expect(annotations?.readOnlyHint).toBe(true);
      expect(description).toBeTruthy();
    }
    expect(rag.client.getInstructions()).toContain("path:line");
  });

  it("searches, and links to what it found", async () => {
    const result = (await rag.client.callTool({
      name: "search",
      arguments: { query: "where are vectors stored", topK: 1 },
    })) as CallToolResult;
    const { hits, mode } = result.structuredContent as unknown as Found;
    expect(mode).toBe("text");
    expect(hits).toHaveLength(1);
    expect(textOf(result)).toMatch(/^\[1\] docs\/storage\.md:\d+ \(Storage/);
    expect(textOf(result)).toContain("Vectors are stored on disk");
    const links = result.content.filter(({ type }) => type === "resource_link");
    expect(links).toMatchObject([{ uri: hits[0]!.uri, name: "docs/storage.md" }]);
    const { contents } = await rag.client.readResource({ uri: hits[0]!.uri });
    expect(contents).toMatchObject([{ text: hits[0]!.text.trim() }]);
  });

  it("narrows a search by filters, and gives the text around a hit", async () => {
    const odd = await rag.call<Found>("search", {
      query: "file vectors",
      filters: ["source~*odd*", "format=markdown"],
    });
    expect(odd.hits).toEqual([]);
    const found = await rag.call<Found>("search", { query: "odd name", expand: "section" });
    expect(sourcesOf(found)).toContain("docs/a b#c.md");
  });

  it("reads lines, a section, a whole document, and what an id or an address names", async () => {
    const lines = await rag.call<Read>("read", { source: "docs/storage.md", lines: "7-9" });
    expect(lines.text).toBe("## Memory\n\nIndexes are kept in memory.");
    expect(await rag.call<Read>("read", { source: "docs/storage.md:7-9" })).toEqual(lines);
    expect(await rag.call<Read>("read", { source: "docs/storage.md", section: "memory" })).toMatchObject({
      text: lines.text,
      heading: ["Storage", "Memory"],
    });
    const { hits } = await rag.call<Found>("search", { query: "odd name", topK: 1 });
    const byId = await rag.call<Read>("read", { source: hits[0]!.id });
    expect(byId.text).toBe("# Odd\n\nA file with an odd name.");
    expect((await rag.call<Read>("read", { source: hits[0]!.uri })).text).toBe(byId.text);
    expect((await rag.call<Read>("read", { source: "docs/storage.md" })).text).toBe(storage.trim());
  });

  it("lists collections and documents", async () => {
    const { collections } = await rag.call<{ collections: unknown[] }>("list_collections");
    expect(collections).toMatchObject([{ name: "docs", isConfigured: true, documents: 2, modes: ["text"] }]);
    const { total, sources } = await rag.call<{ total: number; sources: { source: string }[] }>("list_sources");
    expect([total, ...sources.map(({ source }) => source)]).toEqual([2, "docs/a b#c.md", "docs/storage.md"]);
    const page = await rag.call<{ sources: { source: string }[] }>("list_sources", { offset: 1, limit: 1 });
    expect(page.sources.map(({ source }) => source)).toEqual(["docs/storage.md"]);
    expect(await rag.call("list_sources", { pattern: "*/sto*" })).toMatchObject({ total: 1 });
  });

  it("says in a result that a model can read what went wrong, and what to do", async () => {
    expect(await rag.failure("search", { query: "x", collection: "dcs" })).toMatch(
      /^collection-not-found: .*\nhint: .*did you mean docs\?/,
    );
    expect(await rag.failure("search", { query: "x", filters: ["nonsense"] })).toMatch(/^invalid-filter: /);
    expect(await rag.failure("search", { query: "x", mode: "dense" })).toMatch(/\nhint: /);
    expect(await rag.failure("read", { source: "docs/storge.md" })).toContain("did you mean docs/storage.md?");
    expect(await rag.failure("read", { source: "docs/storage.md", lines: "1", page: 2 })).toMatch(/^usage: /);
    expect(await rag.failure("search", { query: "" })).toContain("query");
    expect(await rag.failure("ingest", { paths: ["."] })).toContain("ingest");
    await expect(rag.client.readResource({ uri: "rag://docs/nothing.md" })).rejects.toThrow(/holds no document/);
  });

  it("sees what another process has ingested, dropped or replaced meanwhile", async () => {
    await sandbox.write({ "docs/pumps.md": "# Pumps\n\nA pump moves water uphill.\n" });
    expect(sourcesOf(await rag.call("search", { query: "water pump" }))).toEqual([]);
    await sandbox.rag(["ingest", "docs"]);
    expect(sourcesOf(await rag.call("search", { query: "water pump" }))).toEqual(["docs/pumps.md"]);
    await sandbox.write({ "docs/pumps.md": "# Pumps\n\nA pump moves oil downhill.\n" });
    await sandbox.rag(["ingest", "docs", "--recreate"]);
    expect(sourcesOf(await rag.call("search", { query: "oil downhill" }))).toEqual(["docs/pumps.md"]);
    await sandbox.rag(["ingest", "docs/pumps.md", "-c", "second"]);
    expect(sourcesOf(await rag.call("search", { query: "oil", collection: "second" }))).toEqual(["docs/pumps.md"]);
    await sandbox.rag(["collections", "drop", "second", "--yes"]);
    expect(await rag.failure("search", { query: "oil", collection: "second" })).toMatch(/^collection-not-found/);
    expect(sourcesOf(await rag.call("search", { query: "oil downhill" }))).toEqual(["docs/pumps.md"]);
  });

  it("goes on after the store was lost for a while", async () => {
    const store = path.join(sandbox.folder, ".rag");
    await rename(store, `${store}-away`);
    await rag.failure("search", { query: "disk" });
    await rename(`${store}-away`, store);
    expect(sourcesOf(await rag.call("search", { query: "vectors on disk" }))).toEqual(["docs/storage.md"]);
  });

  it("answers calls that overlap, each with its own", async () => {
    const words = ["disk segments", "odd name", "oil downhill", "memory indexes"];
    const found = await Promise.all(words.map((query) => rag.call<Found>("search", { query, topK: 1 })));
    expect(found.map(({ hits }) => hits[0]?.source)).toEqual([
      "docs/storage.md",
      "docs/a b#c.md",
      "docs/pumps.md",
      "docs/storage.md",
    ]);
  });

  it("writes nothing but messages of the protocol to stdout, and ends with its input", async () => {
    const requests = [
      {
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
      },
      { method: "notifications/initialized" },
      { id: 2, method: "tools/call", params: { name: "search", arguments: { query: "disk" } } },
      { id: 3, method: "tools/call", params: { name: "search", arguments: { query: "x", collection: "none" } } },
    ];
    const input = requests.map((request) => `${JSON.stringify({ jsonrpc: "2.0", ...request })}\n`).join("");
    const run = await sandbox.rag(["mcp", "-v"], { input: `no json\n${input}` });
    expect(run.exitCode).toBe(0);
    const answers = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { jsonrpc: string; id: number });
    expect(answers.every(({ jsonrpc }) => jsonrpc === "2.0")).toBe(true);
    expect(answers.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
  });

  it("ends on SIGTERM", async () => {
    const child: ChildProcess = sandbox.start(["mcp"]);
    child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })}\n`);
    await once(child.stdout!, "data");
    child.kill("SIGTERM");
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(130);
  });

  it("refuses a configuration that is wrong before it serves", async () => {
    const run = await sandbox.rag(["mcp", "--config", "missing.json"]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

describe("rag mcp --allow-ingest", () => {
  it("ingests files of the project, and no others", async () => {
    const writer = await connect(sandbox.folder, ["--allow-ingest"]);
    try {
      await sandbox.write({ "more/new.md": "# New\n\nSomething about windmills.\n" });
      const report = await writer.call("ingest", { paths: ["more"] });
      expect(report).toMatchObject({ collection: "docs", documents: { added: 1 }, failures: [] });
      expect(sourcesOf(await writer.call("search", { query: "windmills" }))).toEqual(["more/new.md"]);
      for (const outside of ["..", "/etc/hostname", "more/../../home", "../*.md"]) {
        expect(await writer.failure("ingest", { paths: [outside] })).toMatch(/^outside-project: /);
      }
      expect(await writer.failure("ingest", { paths: ["missing.md"] })).toMatch(/missing\.md/);
      const { tools } = await writer.client.listTools();
      expect(tools.find(({ name }) => name === "ingest")?.annotations?.readOnlyHint).toBe(false);
    } finally {
      await writer.client.close();
    }
  });
});
