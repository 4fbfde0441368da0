import { once } from "node:events";
import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomNumbers } from "../fixtures/chunks.ts";
import { countWrites } from "../fixtures/writes.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

/** Runs that are killed one after the other: `RAG_TEST_KILLS=200` for a thorough run, as in convergence.test.ts. */
const kills = Number(process.env["RAG_TEST_KILLS"] ?? 8);
/** Small ingests into one collection: `RAG_TEST_INGESTS=1000` likewise. */
const ingests = Number(process.env["RAG_TEST_INGESTS"] ?? 40);
const killMs = 15_000;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.remove());

interface Ingested {
  documents: Record<"found" | "added" | "changed" | "unchanged" | "removed" | "failed" | "empty", number>;
  chunks: Record<"written" | "embedded" | "reused" | "deleted", number>;
  failures: { source: string; code: string; message: string }[];
}

/** Documents of several chunks, made of words that occur nowhere else. */
function corpus(documents: number, version: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: documents }, (_, number) => {
      const sections = Array.from({ length: 1 + (number % 5) }, (_, part) => {
        const sentence = `Document ${number} says ${version} in part ${part}. `;
        return `## Part ${part} of ${number}\n\n${sentence.repeat(12)}`;
      });
      return [`docs/d${number % 10}/doc-${number}.md`, `# Document ${number}\n\n${sections.join("\n\n")}\n`];
    }),
  );
}

/** All that a search can see of a collection, in an order of its own. */
async function contents(collection: string): Promise<unknown[]> {
  const run = await sandbox.rag(["search", "document says part", "-k", "1000", "-c", collection, "--format", "ndjson"]);
  expect(run.exitCode).toBe(0);
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => {
      const { source, text, heading, startLine, endLine, id } = JSON.parse(line);
      return { id, source, text, heading, startLine, endLine };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

describe("an ingest that is ended from outside", () => {
  const timeout = 120_000 + kills * killMs;
  test(`by kill -9, ${kills} times in a row, is completed by the next one`, { timeout }, async () => {
    const random = randomNumbers(11);
    await sandbox.write(corpus(120, "first"));
    let killed = 0;
    // Writes into the store that a whole ingest makes, at a guess until one has come to its end.
    let usual = 30;
    for (let round = 0; round < kills; round++) {
      // Some documents change, so that every round has to write, and the kills meet additions, changes and removals.
      await sandbox.write(corpus(round % 4 === 3 ? 60 : 10, `version ${round}`));
      if (round === Math.floor(kills / 2)) await rm(path.join(sandbox.folder, "docs/d7"), { recursive: true });
      const child = sandbox.start(["ingest", "docs", "-q"]);
      const ended = once(child, "exit");
      const fatal = Math.ceil(random() * usual);
      const writes = countWrites(sandbox.folder, ".rag", (count) => count >= fatal && child.kill("SIGKILL"));
      const [, signal] = await ended;
      writes.close();
      if (signal === "SIGKILL") killed++;
      else usual = Math.max(1, writes.count);
    }
    // Every one of them in the midst of its writes.
    expect(killed).toBeGreaterThanOrEqual(kills / 2);
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
    expect((await sandbox.rag(["ingest", "docs", "-c", "clean"])).exitCode).toBe(0);
    expect(await contents("docs")).toEqual(await contents("clean"));
    const shown = await sandbox.json<{ documents: number; chunks: number }>("collections", "show", "docs");
    const clean = await sandbox.json<{ documents: number; chunks: number }>("collections", "show", "clean");
    expect([shown.documents, shown.chunks]).toEqual([clean.documents, clean.chunks]);
    const again = await sandbox.json<Ingested>("ingest", "docs");
    expect(again.documents).toMatchObject({ unchanged: clean.documents, added: 0, changed: 0, removed: 0 });
  });

  test("by Ctrl-C exits with 130, and the next one goes on", async () => {
    await sandbox.write(corpus(400, "words"));
    const child = sandbox.start(["ingest", "docs", "--verbose"]);
    let stderr = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      const before = stderr;
      stderr += chunk.toString();
      if (stderr.includes("discover") && !before.includes("discover")) child.kill("SIGINT");
    });
    const [exitCode] = await once(child, "close");
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 130, stderr: expect.stringMatching(/interrupted/i) });
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
    expect((await sandbox.rag(["ingest", "docs", "-c", "clean"])).exitCode).toBe(0);
    expect(await contents("docs")).toEqual(await contents("clean"));
  });
});

describe("several commands at once", () => {
  test("the second ingest into a collection is refused and names the first", async () => {
    await sandbox.write(corpus(300, "words"));
    const first = sandbox.start(["ingest", "docs", "--verbose"]);
    const ended = once(first, "close");
    await new Promise<void>((resolve) => {
      first.stderr!.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("scanning")) resolve();
      });
    });
    const second = await sandbox.rag(["ingest", "docs", "--json"]);
    expect(second.exitCode).toBe(4);
    const { error } = JSON.parse(second.stderr);
    expect(error).toMatchObject({ code: "collection-locked", message: expect.stringContaining(String(first.pid)) });
    // Another collection of the same store is free.
    expect((await sandbox.rag(["ingest", "docs/d1", "-c", "other"])).exitCode).toBe(0);
    expect((await ended)[0]).toBe(0);
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
  });

  test("searches go on while an ingest writes", async () => {
    await sandbox.write(corpus(50, "words"));
    await sandbox.rag(["ingest", "docs"]);
    await sandbox.write(corpus(300, "other words"));
    const writer = sandbox.start(["ingest", "docs"]);
    const ended = once(writer, "close");
    while (writer.exitCode === null) {
      const run = await sandbox.rag(["search", "document words", "-k", "3", "--json"]);
      expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(JSON.parse(run.stdout).hits).toHaveLength(3);
    }
    expect((await ended)[0]).toBe(0);
  });

  test(
    `${ingests} small ingests leave neither ${ingests} fragments nor ${ingests} versions`,
    { timeout: 120_000 + ingests * 2_000 },
    async () => {
      const { openEmbeddedStore } = await import("../../src/stores/embedded/store.ts");
      const { documentChunks } = await import("../fixtures/chunks.ts");
      const { openOwn } = await import("../fixtures/collections.ts");
      const folder = path.join(sandbox.folder, ".rag");
      const store = openEmbeddedStore({ path: folder, location: ".rag" });
      const manifest = {
        embedding: null,
        metric: "cosine" as const,
        chunking: {},
        toolVersion: "0",
        createdAt: "",
      };
      await store.create("docs", manifest);
      for (let round = 0; round < ingests; round++) {
        const collection = await openOwn(store, "docs");
        await collection.upsert(documentChunks(`doc-${round}.md`, [`words of round ${round}`, "more words"]));
        await collection.optimize();
      }
      await store.close();
      const data = await readdir(path.join(folder, "docs.lance/data"));
      const indexes = await readdir(path.join(folder, "docs.lance/_indices"));
      // What readers may still need is kept for ten seconds. This command runs a minute later, by its own clock.
      const later = "data:text/javascript,const now = Date.now; Date.now = () => now() + 60_000;";
      await sandbox.write({ "docs/last.md": "the last one" });
      const last = await sandbox.rag(["ingest", "docs"], { variables: { NODE_OPTIONS: `--import "${later}"` } });
      expect(last.exitCode).toBe(0);
      const after = {
        data: (await readdir(path.join(folder, "docs.lance/data"))).length,
        indexes: (await readdir(path.join(folder, "docs.lance/_indices"))).length,
        versions: (await readdir(path.join(folder, "docs.lance/_versions"))).length,
      };
      expect(data.length + indexes.length).toBeGreaterThan(0);
      expect(after.data).toBeLessThanOrEqual(5);
      expect(after.indexes).toBeLessThanOrEqual(10);
      expect(after.versions).toBeLessThanOrEqual(12);
    },
  );
});

describe("bad input", () => {
  const failure = async (argv: readonly string[], exitCode: number, code: string): Promise<string> => {
    const run = await sandbox.rag([...argv, "--json"]);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode, stdout: "" });
    const { error } = JSON.parse(run.stderr);
    expect(error.code).toBe(code);
    expect(error.hint).not.toBe("");
    return error.message;
  };

  test("a path that does not exist, or a glob that matches nothing, stops before anything is written", async () => {
    await sandbox.write({ "docs/a.md": "alpha" });
    expect(await failure(["ingest", "docs", "dosc"], 2, "path-not-found")).toContain("dosc");
    expect(await failure(["ingest", "docs", "docs/*.pdf"], 2, "no-match")).toContain("docs/*.pdf");
    expect(await readdir(sandbox.folder)).toEqual(["docs"]);
  });

  test("files that cannot be ingested are listed, and the others go in", async () => {
    await sandbox.write({
      "docs/good.md": "# Good\n\ngood words",
      "docs/empty.md": "",
      "docs/broken.pdf": "%PDF-1.7 but no more",
    });
    await writeFile(
      path.join(sandbox.folder, "docs/binary.md"),
      Buffer.from([0x89, 0x50, 0, 0, 0, 1, 0xff, 0xfe, 0, 9]),
    );
    await writeFile(path.join(sandbox.folder, "docs/huge.txt"), Buffer.alloc(200_000_000, "many words "));
    await symlink("..", path.join(sandbox.folder, "docs/loop"));
    const run = await sandbox.rag(["ingest", "docs", "--json"]);
    expect(run.exitCode).toBe(3);
    const result = JSON.parse(run.stdout) as Ingested;
    expect(result.documents).toMatchObject({ found: 5, added: 1, empty: 1, failed: 3 });
    const codes = Object.fromEntries(result.failures.map(({ source, code }) => [source, code]));
    expect(codes).toEqual({
      "docs/binary.md": "not-text",
      "docs/broken.pdf": "unreadable-pdf",
      "docs/huge.txt": "too-large",
    });
    expect((await sandbox.json<{ hits: unknown[] }>("search", "good")).hits).toHaveLength(1);
  });

  test("a line of a megabyte becomes chunks of the usual size", async () => {
    await sandbox.write({ "docs/long.md": "one word after the other ".repeat(40_000) });
    const result = await sandbox.json<Ingested>("ingest", "docs");
    expect(result.documents.added).toBe(1);
    expect(result.chunks.written).toBeGreaterThan(500);
  });

  test("a query of 100 KB is answered, an empty one refused", async () => {
    await sandbox.write({ "docs/a.md": "alpha beta" });
    await sandbox.rag(["ingest", "docs"]);
    const query = "alpha and some more words to look for ".repeat(2700);
    const run = await sandbox.rag(["search", "-", "--json"], { input: query });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout).hits).toHaveLength(1);
    await failure(["search", ""], 2, "empty-query");
    await failure(["ask", "  "], 2, "empty-query");
  });

  test("a collection that does not exist: the message names those that do", async () => {
    await sandbox.write({ "docs/a.md": "alpha" });
    await sandbox.rag(["ingest", "docs", "-c", "manuals"]);
    expect(await failure(["search", "alpha", "-c", "manual"], 2, "collection-not-found")).toContain("manuals");
  });

  test("a store folder that is a file, or holds a damaged collection", async () => {
    await sandbox.write({ "docs/a.md": "alpha", ".rag": "not a folder" });
    expect(await failure(["ingest", "docs"], 4, "store-unusable")).toContain(".rag");
    await failure(["search", "alpha"], 4, "store-unusable");
    await rm(path.join(sandbox.folder, ".rag"));
    await sandbox.rag(["ingest", "docs"]);
    const table = path.join(sandbox.folder, ".rag/docs.lance");
    for (const version of await readdir(path.join(table, "_versions"))) {
      await writeFile(path.join(table, "_versions", version), "damaged");
    }
    expect(await failure(["search", "alpha"], 4, "corrupt-collection")).toContain("docs.lance");
    expect(await failure(["ingest", "docs"], 4, "corrupt-collection")).toContain("docs.lance");
    // The way out that the hint names.
    await rm(table, { recursive: true });
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
  });

  test("a configuration with five mistakes: all five are named with their places", async () => {
    const mistakes = {
      collection: 1,
      embedding: { dimensions: "abc" },
      chunking: { strategy: "magic" },
      search: { topK: -1 },
      stroe: {},
    };
    await sandbox.write({ ".ragrc": JSON.stringify(mistakes), "docs/a.md": "alpha" });
    const message = await failure(["ingest", "docs"], 2, "invalid-config");
    for (const place of ["collection", "embedding.dimensions", "chunking.strategy", "search.topK", "stroe"])
      expect(message).toContain(place);
  });
});

test("a damaged collection does not hide the others", async () => {
  await sandbox.write({ "docs/a.md": "alpha" });
  await sandbox.rag(["ingest", "docs", "-c", "good"]);
  await sandbox.rag(["ingest", "docs", "-c", "damaged"]);
  const versions = path.join(sandbox.folder, ".rag/damaged.lance/_versions");
  for (const version of await readdir(versions)) await writeFile(path.join(versions, version), "");
  const run = await sandbox.rag(["collections", "list", "--json"]);
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout).collections).toMatchObject([{ name: "good" }]);
  expect(run.stderr).toContain("damaged");
});

test("what is said of a damaged collection is one line without the places in the engine's source", async () => {
  await sandbox.write({ "docs/a.md": "alpha" });
  await sandbox.rag(["ingest", "docs"]);
  const versions = path.join(sandbox.folder, ".rag/docs.lance/_versions");
  for (const version of await readdir(versions)) await writeFile(path.join(versions, version), "damaged");
  const listed = await sandbox.rag(["collections", "list"]);
  const searched = await sandbox.rag(["search", "alpha"]);
  for (const { stderr } of [listed, searched]) {
    expect(stderr).toMatch(
      /collection "docs" cannot be opened, its files in \S+docs\.lance are damaged: \w[^\n]{5,200}\n/,
    );
    expect(stderr).not.toMatch(/\.rs\b|cargo|rustc|LanceError|lance error|Caused by/i);
  }
});
