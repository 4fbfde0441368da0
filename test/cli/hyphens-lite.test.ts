import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SearchResult } from "../../src/cli/render/search/search-results.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";
import { connect } from "./mcp/client.ts";

/** The engine that is set up already, from a home folder that is empty. */
const variables = { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache") };

describe.skipIf(liteUnavailable !== null)(
  `collections with hyphens on Milvus Lite${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
  () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      await provisionLite();
      sandbox = await createSandbox();
      await sandbox.write({
        "a.md": "# Storage\n\nVectors are stored on disk.\n",
        "b.md": "# B\n\nBackups run at night.\n",
      });
    }, PROVISION_MS);
    // The engine ends when its database is gone.
    afterAll(() => sandbox.remove());

    const rag = async (...argv: string[]) => {
      const run = await sandbox.rag([...argv, "--uri", "./milvus.db", "--json"], { variables });
      if (run.exitCode !== 0) throw new Error(run.stderr);
      return JSON.parse(run.stdout) as unknown;
    };
    const namesIn = async () =>
      ((await rag("collections", "list")) as { collections: { name: string }[] }).collections.map(({ name }) => name);

    it("are made, listed, searched, made anew, copied and dropped by their own names", async () => {
      await rag("ingest", "a.md", "-c", "my-docs");
      await rag("ingest", "b.md", "-c", "my_docs");
      expect(await namesIn()).toEqual(["my-docs", "my_docs"]);
      const found = (await rag("search", "vectors on disk", "-c", "my-docs")) as SearchResult;
      expect(found).toMatchObject({ collection: "my-docs", hits: [{ source: "a.md" }] });
      expect(
        ((await rag("search", "vectors and backups", "-c", "my*")) as SearchResult).hits.map((hit) => hit.collection),
      ).toEqual(expect.arrayContaining(["my-docs", "my_docs"]));
      await rag("ingest", "a.md", "-c", "my-docs", "--recreate");
      expect(await rag("collections", "show", "my-docs")).toMatchObject({ name: "my-docs", documents: 1 });
      await rag("collections", "copy", "my-docs", "--to", "./copy/.rag");
      await rag("collections", "drop", "my-docs", "--yes");
      expect(await namesIn()).toEqual(["my_docs"]);
      const copied = await sandbox.json<SearchResult>("search", "disk", "--uri", "./copy/.rag", "-c", "my-docs");
      expect(copied.hits.map(({ source }) => source)).toEqual(["a.md"]);
    });

    it("are served to agents, who lose one call when the engine dies", async () => {
      const server = await connect(sandbox.folder, ["--uri", "./milvus.db", "-c", "my_docs"], variables);
      try {
        const search = () => server.call<{ hits: { source: string }[] }>("search", { query: "backups at night" });
        expect((await search()).hits.map(({ source }) => source)).toEqual(["b.md"]);
        await endEngine(join(sandbox.folder, "milvus.db"));
        const outcomes = [await settled(search()), await settled(search())];
        expect(outcomes.at(-1)).toBe("answered");
      } finally {
        await server.client.close();
      }
    });
  },
);

async function settled(work: Promise<unknown>): Promise<"answered" | "failed"> {
  return work.then(
    () => "answered",
    () => "failed",
  );
}

/** Kills the engine of a database as the system would for want of memory. */
async function endEngine(database: string): Promise<void> {
  const { pid } = JSON.parse(await readFile(join(database, ".rag-engine.json"), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
}
