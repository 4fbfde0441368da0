import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chunkerFor } from "../../../src/chunkers/index.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { isSupported, loaderFor } from "../../../src/loaders/loader-for-file.ts";
import { discover } from "../../../src/pipeline/discover/discover.ts";
import type { EmbedPool } from "../../../src/pipeline/embed/embed.ts";
import { type DocumentCutter, cutDocument } from "../../../src/pipeline/ingest/cut-document.ts";
import { ingest } from "../../../src/pipeline/ingest/ingest.ts";
import type { IngestParts, IngestRequest } from "../../../src/pipeline/ingest/run/ingest-run.ts";
import type { IngestResult } from "../../../src/pipeline/ingest/ingest-tally.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import type { Collection, Store } from "../../../src/stores/types.ts";
import type { EmbeddingIdentity, StoredChunk } from "../../../src/types.ts";
import { openOwn } from "../../fixtures/collections.ts";

let project: string;
let store: Store;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "rag-ingest-"));
  store = openEmbeddedStore({ path: join(project, ".rag"), location: ".rag" });
});
afterEach(async () => {
  await store.close();
  await rm(project, { recursive: true, force: true });
});

async function write(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), content);
  }
}

/** Paragraphs so long that the chunker makes one chunk of each. */
function paragraphs(...words: string[]): string {
  return words.map((word) => `# ${word}\n\n${`${word} is what this paragraph is about. `.repeat(30)}`).join("\n\n");
}

const identity: EmbeddingIdentity = {
  provider: "test",
  model: "length",
  dimensions: 2,
  queryPrefix: "",
  documentPrefix: "",
};

/** Embeds a text as its length, remembers what it was asked, and refuses what contains `refuse`. */
function lengthPool(refuse?: string): EmbedPool & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    window: 10,
    progress: { texts: 0, tokens: null, requests: 0, retries: 0, costUsd: null },
    flush() {},
    async embed(texts) {
      asked.push(...texts);
      return texts.map((text) =>
        refuse !== undefined && text.includes(refuse)
          ? { error: "too long" }
          : { vector: new Float32Array([text.length, 1]) },
      );
    },
  };
}

const { chunking } = configSchema.parse({});

interface RunOptions extends Partial<Omit<IngestRequest, "discovery">> {
  paths?: string[];
  embed?: EmbedPool | null;
  name?: string;
  /** Called before and after the files are looked for. */
  discovering?: () => unknown;
  discovered?: () => unknown;
  strategy?: string;
  /** Wraps the collection, to make it fail. */
  through?: (collection: Collection) => Collection;
  refusalOf?: IngestParts["refusalOf"];
  cutter?: DocumentCutter;
}

async function run(options: RunOptions = {}): Promise<IngestResult> {
  const {
    paths = ["docs"],
    embed = null,
    name = "docs",
    strategy = "markdown",
    through = (same) => same,
    refusalOf = () => null,
    cutter,
    discovering,
    discovered,
    ...request
  } = options;
  await discovering?.();
  const discovery = await discover({
    root: project,
    workingDirectory: project,
    paths,
    include: [],
    exclude: [],
    followLinks: false,
    isSupported,
  });
  await discovered?.();
  const embedding = embed === null ? null : identity;
  const existing = (await store.list()).includes(name) ? await openOwn(store, name) : null;
  return ingest(
    {
      collection: existing === null ? null : through(existing),
      createCollection: async () =>
        through(
          await store.create(name, {
            embedding,
            metric: "cosine",
            chunking: {},
            toolVersion: "0",
            createdAt: "2026-01-01T00:00:00Z",
          }),
        ),
      loaderFor,
      refusalOf,
      chunker: await chunkerFor(strategy),
      chunking,
      ...(cutter === undefined ? {} : { cutter }),
      embedding,
      embed,
      hasVectors: embed !== null,
    },
    {
      discovery,
      metadata: {},
      prune: "safe",
      dryRun: false,
      failFast: false,
      maxFileBytes: 1_000_000,
      signal: new AbortController().signal,
      onProgress() {},
      ...request,
    },
  );
}

async function opened(name = "docs"): Promise<Collection> {
  return openOwn(store, name);
}

/** Everything that is stored, in a form that two ingests of the same files agree on. */
async function contents(name = "docs"): Promise<unknown[]> {
  const collection = await opened(name);
  const chunks = await collection.chunksOf((await collection.documents()).map((record) => record.docId));
  const { chunks: total } = await collection.stats();
  expect(chunks).toHaveLength(total);
  return chunks
    .map(({ updatedAt: _, writer: __, ...rest }) => rest)
    .sort((a, b) => (a.source === b.source ? a.ordinal - b.ordinal : a.source < b.source ? -1 : 1));
}

describe("a collection follows the files", () => {
  test("what is unchanged is skipped, what changed is written again, what is gone is removed", async () => {
    await write({
      "docs/a.md": paragraphs("alpha", "beta"),
      "docs/b.md": paragraphs("gamma"),
      "docs/sub/c.txt": "plain delta",
    });
    expect((await run()).documents).toEqual({
      found: 3,
      added: 3,
      changed: 0,
      unchanged: 0,
      removed: 0,
      failed: 0,
      empty: 0,
    });
    const again = await run();
    expect(again.documents).toMatchObject({ unchanged: 3, added: 0, changed: 0 });
    expect(again.chunks.written).toBe(0);

    await write({ "docs/a.md": paragraphs("alpha", "epsilon") });
    await rm(join(project, "docs/b.md"));
    const third = await run();
    expect(third.documents).toMatchObject({ found: 2, changed: 1, unchanged: 1, removed: 1 });
    const found = await (
      await opened()
    ).search({ mode: "text", text: "beta gamma", vector: null, limit: 5, filters: [] });
    expect(found).toEqual([]);
  });

  test("a document that shrinks or grows leaves nothing of itself behind", async () => {
    await write({ "docs/a.md": paragraphs("one", "two", "three", "four") });
    await run();
    await write({ "docs/a.md": paragraphs("one") });
    const shrunk = await run();
    expect(shrunk.chunks).toMatchObject({ written: 1, deleted: 3 });
    await write({ "docs/a.md": paragraphs("zero", "one", "two") });
    await run();
    const after = await contents();
    await store.drop("docs");
    await run();
    expect(after).toEqual(await contents());
  });

  test("other chunking or other metadata make a document new, and so does its place", async () => {
    await write({ "docs/a.md": paragraphs("alpha") });
    await run();
    expect((await run({ strategy: "sentence" })).documents.changed).toBe(1);
    expect((await run({ strategy: "sentence", metadata: { team: "x" } })).documents.changed).toBe(1);
    await write({ "docs/copy.md": paragraphs("alpha") });
    expect((await run({ strategy: "sentence", metadata: { team: "x" } })).documents).toMatchObject({
      added: 1,
      unchanged: 1,
    });
  });

  test("documents of other folders stay when one folder is ingested", async () => {
    await write({ "docs/a.md": "alpha", "other/b.md": "beta" });
    await run({ paths: ["docs", "other"] });
    await rm(join(project, "docs/a.md"));
    await rm(join(project, "other/b.md"));
    await write({ "docs/new.md": "new" });
    await run({ paths: ["docs"] });
    expect((await (await opened()).documents()).map((record) => record.source).sort()).toEqual([
      "docs/new.md",
      "other/b.md",
    ]);
  });

  test("a folder that came up empty does not empty the collection", async () => {
    await write(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`docs/${i}.md`, `text ${i}`])));
    await run();
    for (let i = 0; i < 11; i++) await rm(join(project, `docs/${i}.md`));
    await expect(run()).rejects.toMatchObject({ code: "prune-refused", exitCode: 2 });
    expect(await run({ dryRun: true })).toMatchObject({ documents: { removed: 11 }, pruneRefused: true });
    expect(await run({ dryRun: true, prune: "always" })).toMatchObject({ pruneRefused: false });
    expect((await run({ prune: "never", dryRun: true })).documents.removed).toBe(0);
    expect((await run({ prune: "never" })).documents.removed).toBe(0);
    expect((await (await opened()).stats()).documents).toBe(12);
    expect((await run({ prune: "always" })).documents.removed).toBe(11);
    expect((await (await opened()).stats()).documents).toBe(1);
  });
});

describe("a file that cannot be ingested", () => {
  test("is reported, keeps its old version, and the others go in", async () => {
    await write({ "docs/a.md": "alpha", "docs/b.md": "beta" });
    await run();
    await write({ "docs/a.md": new Uint8Array([0, 1, 2, 0, 255, 254, 0, 7, 0]), "docs/b.md": "beta two" });
    const result = await run();
    expect(result.documents).toMatchObject({ failed: 1, changed: 1, removed: 0 });
    expect(result.failures).toEqual([{ source: "docs/a.md", code: expect.any(String), message: expect.any(String) }]);
    const found = await (await opened()).search({ mode: "text", text: "alpha", vector: null, limit: 5, filters: [] });
    expect(found.map((hit) => hit.chunk.text)).toEqual(["alpha"]);
  });

  test("is reported with its place where its loader has a bug, and the others go in", async () => {
    await write({ "docs/a.md": "alpha", "docs/b.md": "beta", "docs/c.md": "gamma" });
    const result = await run({
      cutter: {
        ahead: 3,
        rest() {},
        cut: async (request) => {
          if (request.source === "docs/b.md") throw new TypeError("no such thing");
          return cutDocument(request, { loaderFor, chunker: await chunkerFor("markdown"), chunking });
        },
      },
    });
    expect(result.documents).toMatchObject({ added: 2, failed: 1 });
    expect(result.failures).toEqual([
      {
        source: "docs/b.md",
        code: "loader-crashed",
        message: expect.stringMatching(
          /^the loader failed: no such thing \(.*ingest\.test\.ts:\d+:\d+\); this is a bug/,
        ),
      },
    ]);
  });

  test("is reported when it is too large", async () => {
    await write({ "docs/big.md": "x".repeat(2000), "docs/small.md": "small" });
    const result = await run({ maxFileBytes: 1000 });
    expect(result.failures).toMatchObject([{ source: "docs/big.md", code: "too-large" }]);
    expect(result.documents.added).toBe(1);
  });

  // Windows keeps its pipes elsewhere.
  test.skipIf(process.platform === "win32")(
    "is reported when it has become a pipe, which nobody waits for",
    async () => {
      await write({ "docs/a.md": "alpha", "docs/b.md": "beta" });
      const becomesPipe = async () => {
        await rm(join(project, "docs/b.md"));
        execFileSync("mkfifo", [join(project, "docs/b.md")]);
      };
      const result = await run({ discovered: becomesPipe });
      expect(result.failures).toMatchObject([{ source: "docs/b.md", code: "not-a-file" }]);
      expect(result.documents).toMatchObject({ added: 1, failed: 1 });
    },
  );

  test("the system refuses for a reason that is not listed anywhere: the others go in", async () => {
    await write({ "docs/a.md": "alpha", "docs/sub/b.md": "beta" });
    const becomesFile = async () => {
      await rm(join(project, "docs/sub"), { recursive: true });
      await write({ "docs/sub": "no folder any more" });
    };
    const result = await run({ discovered: becomesFile });
    expect(result.failures).toMatchObject([
      { source: "docs/sub/b.md", code: "not-readable", message: expect.stringContaining("ENOTDIR") as string },
    ]);
    expect(result.documents).toMatchObject({ added: 1, failed: 1 });
  });

  test.each([false, true])(
    "is more than the store can hold: nothing of it is embedded (dry run: %s)",
    async (dryRun) => {
      await write({ "docs/a.md": paragraphs("alpha"), "docs/b.md": paragraphs("beta", "gamma") });
      const refusalOf = ({ text }: Pick<StoredChunk, "text">) =>
        text.includes("gamma") ? "its metadata takes 70000 bytes" : null;
      const embed = lengthPool();
      const result = await run({ embed, refusalOf, dryRun });
      expect(result.documents).toMatchObject({ added: 1, failed: 1 });
      expect(result.failures).toEqual([
        { source: "docs/b.md", code: "not-storable", message: "its metadata takes 70000 bytes" },
      ]);
      expect(embed.asked).toHaveLength(dryRun ? 0 : 1);
    },
  );

  // Windows has no permissions that a test could take away.
  test.skipIf(process.seteuid === undefined)(
    "may be a whole folder: it counts, and nothing in it is removed",
    async () => {
      await write({ "docs/a.md": "alpha", "docs/closed/b.md": "beta" });
      await run();
      const user = process.geteuid?.() ?? 0;
      await chmod(join(project, "docs/closed"), 0);
      const asNobody = { discovering: () => user === 0 && process.seteuid?.(65_534) };
      const asBefore = { discovered: () => user === 0 && process.seteuid?.(user) };
      await chmod(project, 0o755);
      try {
        const result = await run({ ...asNobody, ...asBefore, prune: "always" });
        expect(result.documents).toMatchObject({ found: 2, unchanged: 1, failed: 1, removed: 0 });
        expect(result.failures).toMatchObject([{ source: "docs/closed", code: "not-readable" }]);
        await expect(run({ ...asNobody, ...asBefore, failFast: true })).rejects.toMatchObject({
          code: "not-readable",
          exitCode: 3,
        });
      } finally {
        if (user === 0) process.seteuid?.(user);
        await chmod(join(project, "docs/closed"), 0o755);
      }
      expect((await (await opened()).stats()).documents).toBe(2);
    },
  );

  test("ends the ingest when that is asked for", async () => {
    await write({ "docs/a.md": "alpha", "docs/b.pdf": "no pdf at all" });
    await expect(run({ failFast: true })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining("docs/b.pdf"),
    });
  });

  test("has no text: nothing of it is stored, and what was stored goes", async () => {
    await write({ "docs/a.md": "alpha", "docs/b.md": "\n \n" });
    expect((await run()).documents).toMatchObject({ added: 1, empty: 1 });
    await write({ "docs/a.md": "" });
    expect((await run()).documents).toMatchObject({ empty: 2 });
    expect((await (await opened()).stats()).chunks).toBe(0);
  });
});

describe("vectors", () => {
  test("of passages that did not change are used again", async () => {
    const titled = (...words: string[]) => `---\ntitle: Greek\n---\n${paragraphs(...words)}`;
    await write({ "docs/a.md": titled("alpha", "beta", "gamma") });
    const first = lengthPool();
    expect((await run({ embed: first })).chunks).toMatchObject({ written: 3, embedded: 3, reused: 0 });
    await write({ "docs/a.md": titled("new", "alpha", "beta", "gamma") });
    const second = lengthPool();
    expect((await run({ embed: second })).chunks).toMatchObject({ written: 4, embedded: 1, reused: 3 });
    expect(second.asked).toHaveLength(1);
    expect(second.asked[0]).toContain("new is what");
    const after = await contents();
    await store.drop("docs");
    await run({ embed: lengthPool() });
    expect(after).toEqual(await contents());
  });

  test("that the model refuses make their document a failure, and its old version stays", async () => {
    await write({ "docs/a.md": paragraphs("alpha"), "docs/b.md": paragraphs("beta") });
    await run({ embed: lengthPool() });
    await write({ "docs/a.md": paragraphs("alpha", "giant"), "docs/b.md": paragraphs("beta", "delta") });
    const result = await run({ embed: lengthPool("giant") });
    expect(result.failures).toEqual([
      { source: "docs/a.md", code: "not-embedded", message: expect.stringMatching(/lines \d+-\d+: too long/) },
    ]);
    expect(result.documents).toMatchObject({ changed: 1, failed: 1 });
    const sources = (
      await (await opened()).chunksOf((await (await opened()).documents()).map((record) => record.docId))
    ).map((chunk) => chunk.source);
    expect(sources.sort()).toEqual(["docs/a.md", "docs/b.md", "docs/b.md"]);
  });
});

describe("a run that ends early", () => {
  /** The same collection, which fails for good at its n-th write. */
  function failingAt(
    n: number,
    { upsertIsAtomic }: Pick<Collection, "upsertIsAtomic">,
  ): { through: (collection: Collection) => Collection; failed: () => boolean } {
    let writes = 0;
    const guard =
      <A extends unknown[]>(write: (...given: A) => Promise<void>) =>
      async (...given: A): Promise<void> => {
        if (++writes >= n) throw new Error("the machine stopped here");
        return write(...given);
      };
    return {
      failed: () => writes >= n,
      through: (collection) => ({
        ...collection,
        upsertIsAtomic,
        upsert: guard(collection.upsert),
        deleteUncommitted: guard(collection.deleteUncommitted),
        deleteDocuments: guard(collection.deleteDocuments),
        optimize: guard(collection.optimize),
      }),
    };
  }

  test.each([
    ["commit records by writes of their own", { upsertIsAtomic: false }],
    ["commit records with the other rows", { upsertIsAtomic: true }],
  ])("at any write is completed by the next run, whatever changed meanwhile: %s", async (_, kind) => {
    const before = {
      "docs/shrinks.md": paragraphs("one", "two", "three", "four", "five"),
      "docs/grows.md": paragraphs("one"),
      "docs/stays.md": paragraphs("stays", "here"),
      "docs/goes.md": paragraphs("goes"),
    };
    const between = {
      "docs/shrinks.md": paragraphs("two", "five"),
      "docs/grows.md": paragraphs("zero", "one", "two"),
      "docs/new.md": paragraphs("a", "b", "c", "d"),
    };
    const after = { "docs/new.md": paragraphs("c"), "docs/grows.md": paragraphs("two") };
    await write({ ...before, ...between, ...after });
    await rm(join(project, "docs/goes.md"));
    await run({ name: "clean", embed: lengthPool() });
    const expected = await contents("clean");

    let interruptions = 0;
    for (let n = 1; n <= 12; n++) {
      await write(before);
      await rm(join(project, "docs/new.md"), { force: true });
      const name = `crash_${n}`;
      await run({ name, embed: lengthPool() });
      await write(between);
      await rm(join(project, "docs/goes.md"));
      const failing = failingAt(n, kind);
      await run({ name, embed: lengthPool(), through: failing.through }).catch(() => {});
      if (failing.failed()) interruptions++;
      await write(after);
      await run({ name, embed: lengthPool() });
      expect(await contents(name)).toEqual(expected);
    }
    expect(interruptions).toBeGreaterThanOrEqual(4);
  });

  test("between the chunks of a document and its commit record leaves nothing behind, even if its file goes", async () => {
    await write({ "docs/stays.md": paragraphs("stays") });
    await run();
    await write({ "docs/new.md": paragraphs("a", "b", "c", "d") });
    // The second write is the removal of old versions, the third the commit records.
    const failing = failingAt(2, { upsertIsAtomic: false });
    await expect(run({ through: failing.through })).rejects.toThrow("the machine stopped here");
    expect((await (await opened()).stats()).chunks).toBe(4);
    await rm(join(project, "docs/new.md"));
    await run();
    expect((await (await opened()).stats()).chunks).toBe(1);
  });

  test("by an abort keeps what was written and says how to go on", async () => {
    await write(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`docs/${i}.md`, paragraphs(`word${i}`)])));
    const controller = new AbortController();
    const stopped = run({
      embed: lengthPool(),
      signal: controller.signal,
      onProgress: ({ documentsDone }) => {
        if (documentsDone >= 80) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "interrupted", exitCode: 130 });
    const kept = (await (await opened()).stats()).documents;
    expect(kept).toBeGreaterThan(0);
    const next = await run({ embed: lengthPool() });
    expect(next.documents).toMatchObject({ unchanged: kept, added: 200 - kept });
    const finished = await contents();
    await run({ name: "clean", embed: lengthPool() });
    expect(finished).toEqual(await contents("clean"));
  });

  test("that was only a rehearsal writes nothing", async () => {
    await write({ "docs/a.md": paragraphs("alpha"), "docs/b.md": "\0binary\0\0" });
    const result = await run({ dryRun: true });
    expect(result.documents).toMatchObject({ added: 1, failed: 1 });
    expect(await store.list()).toEqual([]);
  });

  test("that was only a rehearsal counts what the ingest then does", async () => {
    await write({ "docs/a.md": paragraphs("alpha", "beta", "gamma"), "docs/gone.md": "gone" });
    await run({ embed: lengthPool() });
    await write({ "docs/a.md": paragraphs("alpha", "delta"), "docs/new.md": "new" });
    await rm(join(project, "docs/gone.md"));
    const before = await contents();
    const rehearsal = await run({ embed: lengthPool(), dryRun: true });
    expect(await contents()).toEqual(before);
    const done = await run({ embed: lengthPool() });
    expect(rehearsal.documents).toEqual(done.documents);
    expect(rehearsal.chunks).toEqual(done.chunks);
    expect(done.chunks).toEqual({ written: 3, embedded: 2, reused: 1, deleted: 2 });
  });
});
