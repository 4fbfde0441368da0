import { stripVTControlCharacters } from "node:util";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IngestReport } from "../../src/cli/render/ingest/summary.ts";
import type { SearchResult } from "../../src/cli/render/search/search-results.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

const escape = String.fromCharCode(27);

const files = {
  "guide/storage.md": "# Storage\n\n## Where data is stored\n\nVectors are stored on disk, in segments.\n",
  "guide/search.md": "# Search\n\n## How search works\n\nA query is compared with every passage; see =SUM(A1).\n",
  "guide/rest.md": `# Rest\n\n=HYPERLINK("http://x") is a formula, and ${escape}]0;title\u0007 ${escape}[31mred is an attack.\n`,
  "notes.txt": "Nothing but a note about backups.\n",
};

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.write(files);
  const run = await sandbox.rag(["ingest", "guide", "notes.txt", "--metadata", "version=2.5"]);
  if (run.exitCode !== 0) throw new Error(run.stderr);
});

afterAll(() => sandbox.remove());

describe("rag ingest", () => {
  it("says what it did, in JSON and in words", async () => {
    const report = await sandbox.json<IngestReport>("ingest", "guide", "-c", "other");
    expect(report).toMatchObject({
      collection: "other",
      store: { kind: "embedded", location: ".rag" },
      documents: { found: 3, added: 3, changed: 0, unchanged: 0, removed: 0, failed: 0, empty: 0 },
      chunks: { embedded: 0, reused: 0, deleted: 0 },
      failures: [],
      warnings: [],
      tokens: null,
    });
    expect(Object.keys(report).sort()).toEqual(
      ["chunks", "collection", "documents", "durationMs", "failures", "store", "tokens", "warnings"].sort(),
    );
    const again = await sandbox.rag(["ingest", "guide", "-c", "other"]);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stdout).toMatch(/^3 documents: 3 unchanged\n/);
  });

  it("refuses a path that does not exist before anything is written", async () => {
    const run = await sandbox.rag(["ingest", "guide", "missing", "-c", "never", "--json"]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(run.stderr).error.message).toContain("missing");
    const { collections } = await sandbox.json<{ collections: { name: string }[] }>("collections", "list");
    expect(collections.map(({ name }) => name)).not.toContain("never");
  });

  it("ingests the rest where one file fails, and says which", async () => {
    await writeFile(path.join(sandbox.folder, "broken.md"), Buffer.from([0, 1, 2, 3, 0, 255, 254, 0]));
    const run = await sandbox.rag(["ingest", "broken.md", "notes.txt", "-c", "partial", "--json"]);
    expect(run.exitCode).toBe(3);
    const report: IngestReport = JSON.parse(run.stdout);
    expect(report.documents).toMatchObject({ found: 2, added: 1, failed: 1 });
    expect(report.failures).toMatchObject([{ source: "broken.md" }]);
    const inWords = await sandbox.rag(["ingest", "broken.md", "notes.txt", "-c", "partial"]);
    expect(inWords.stderr).toContain("failed: broken.md:");
  });

  it("takes a list of files, one a line or NUL-separated", async () => {
    for (const input of ["guide/storage.md\nnotes.txt\n", "guide/storage.md\0notes.txt\0"]) {
      const run = await sandbox.rag(["ingest", "--files-from", "-", "-c", "listed", "--json", "--recreate"], { input });
      expect(JSON.parse(run.stdout).documents.found).toBe(2);
    }
    await sandbox.write({ "list.txt": "guide/search.md\n" });
    const report = await sandbox.json<IngestReport>("ingest", "--files-from", "list.txt", "-c", "listed");
    expect(report.documents.found).toBe(1);
  });

  it("takes a list that begins with a byte-order mark", async () => {
    const input = "\uFEFFguide/storage.md\nnotes.txt\n";
    const run = await sandbox.rag(["ingest", "--files-from", "-", "-c", "marked", "--json"], { input });
    expect(JSON.parse(run.stdout).documents).toMatchObject({ found: 2, added: 2 });
  });

  it.skipIf(process.platform !== "linux")("fails on listed names that are not UTF-8, and takes the rest", async () => {
    const run = await sandbox.shell(`
      mkdir k && cd k && printf 'alpha' > good.md && printf 'beta' > "$(printf 'caf\\351.md')"
      mkdir "$(printf 'd\\351')" && printf 'gamma' > "$(printf 'd\\351/in.md')"
      cd .. && find k -name '*.md' -print0 | rag ingest --files-from - -c unnameable --json
      code=$?
      rm -r k
      exit $code`);
    expect(run).toMatchObject({ exitCode: 3, stderr: "" });
    const report: IngestReport = JSON.parse(run.stdout);
    expect(report.documents).toMatchObject({ found: 3, added: 1, failed: 2 });
    const messages = report.failures.map(({ source, code, message }) => [source, code, message]);
    expect(messages).toEqual([
      ["k/caf\uFFFD.md", "name-not-utf8", "the name is not valid UTF-8; rename the file"],
      ["k/d\uFFFD", "name-not-utf8", "the name is not valid UTF-8; rename the folder"],
    ]);
  });

  it("checks without writing", async () => {
    const drifted = await createSandbox();
    try {
      await drifted.write({ "docs/a.md": "# A\n\nOne.\n" });
      expect(await drifted.rag(["ingest", "docs", "--check"])).toMatchObject({ exitCode: 1 });
      expect((await drifted.json<{ collections: unknown[] }>("collections", "list")).collections).toEqual([]);
      await drifted.rag(["ingest", "docs"]);
      expect(await drifted.rag(["ingest", "docs", "--check"])).toMatchObject({ exitCode: 0 });
      await drifted.write({ "docs/a.md": "# A\n\nTwo.\n" });
      const dry = await drifted.rag(["ingest", "docs", "--dry-run", "--json"]);
      expect(dry.exitCode).toBe(0);
      expect(JSON.parse(dry.stdout).documents).toMatchObject({ changed: 1 });
      expect(await drifted.rag(["ingest", "docs", "--check"])).toMatchObject({ exitCode: 1 });
      const { hits } = await drifted.json<SearchResult>("search", "one");
      expect(hits).toHaveLength(1);
    } finally {
      await drifted.remove();
    }
  });

  it("checks what can be read, and does not call the rest up to date", async () => {
    const broken = Buffer.from([0, 1, 2, 3, 0, 255, 254, 0]);
    const drifted = await createSandbox();
    try {
      await drifted.write({ "docs/a.md": "# A\n\nOne.\n", "docs/b.md": "# B\n\nTwo.\n" });
      await drifted.rag(["ingest", "docs"]);
      expect((await drifted.rag(["ingest", "docs", "--check"])).stderr).toBe("note: the collection is up to date\n");

      await writeFile(path.join(drifted.folder, "docs/b.md"), broken);
      const unread = await drifted.rag(["ingest", "docs", "--check"]);
      expect(unread.exitCode).toBe(3);
      expect(unread.stderr).toContain("failed: docs/b.md:");
      expect(unread.stderr).toContain("whether the collection holds what failed is not known");
      expect(unread.stderr).not.toContain("up to date");

      await drifted.write({ "docs/a.md": "# A\n\nThree.\n" });
      const both = await drifted.rag(["ingest", "docs", "--check"]);
      // What was asked is answered, whatever failed.
      expect(both).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("out of date") as string });
      const dry = await drifted.rag(["ingest", "docs", "--dry-run"]);
      expect(dry.stderr).toContain("what failed would be left out");
      expect(dry.stderr).not.toContain("stays done");
    } finally {
      await drifted.remove();
    }
  });

  it("says what would be done, and nothing of what was", async () => {
    const drifted = await createSandbox();
    try {
      await drifted.write({ "docs/a.md": "# A\n\nOne.\n", "docs/b.md": "# B\n\nTwo.\n" });
      await drifted.rag(["ingest", "docs"]);
      await drifted.write({ "docs/a.md": "# A\n\nThree.\n", "docs/c.md": "# C\n\nFour.\n" });
      await rm(path.join(drifted.folder, "docs/b.md"));
      for (const flag of ["--check", "--dry-run"]) {
        const { stdout } = await drifted.rag(["ingest", "docs", flag]);
        expect(stdout).toMatch(
          /^2 documents: 1 to add, 1 to change, 1 to remove\n2 chunks to write, 1 chunk to delete\nnothing was written/,
        );
      }
      const report = await drifted.json<IngestReport>("ingest", "docs", "--check");
      expect(report.chunks).toEqual({ written: 2, embedded: 0, reused: 0, deleted: 1 });
    } finally {
      await drifted.remove();
    }
  });

  it("checks a folder that came up empty, and names the flag that the ingest will ask for", async () => {
    const emptied = await createSandbox();
    try {
      await emptied.write(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`docs/${i}.md`, `text ${i}`])));
      await emptied.rag(["ingest", "docs"]);
      for (let i = 0; i < 12; i++) await rm(path.join(emptied.folder, `docs/${i}.md`));
      const check = await emptied.rag(["ingest", "docs", "--check"]);
      expect(check.exitCode).toBe(1);
      expect(check.stderr).toContain("run the same with --prune in place of --check");
      const { warnings } = await emptied.json<IngestReport>("ingest", "docs", "--check");
      expect(warnings).toEqual(["most documents are gone: they will not be removed without --prune"]);
      expect(await emptied.rag(["ingest", "docs"])).toMatchObject({ exitCode: 2 });
      const pruned = await emptied.rag(["ingest", "docs", "--prune"]);
      expect(pruned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("12 removed") as string });
    } finally {
      await emptied.remove();
    }
  });

  it("names no collection that it did not make, and counts what it left out", async () => {
    const bare = await createSandbox();
    try {
      await bare.write({
        "src/a.c": "int a;",
        "src/b.c": "int b;",
        "mixed/a.key": "k",
        "mixed/b.key": "k",
        "mixed/c.svg": "s",
      });
      const run = await bare.rag(["ingest", "src", "-c", "e1"]);
      expect(run.stdout).toContain("there is nothing to write, so there is no collection e1");
      expect(run.stderr).toContain("note: 2 files of other formats left out");
      const report = await bare.json<IngestReport>("ingest", "src", "-c", "e1");
      expect(report.warnings).toEqual(["2 files of other formats left out"]);
      expect(report.leftOut).toEqual([{ extension: ".c", files: 2 }]);
      const mixed = await bare.rag(["ingest", "mixed", "-c", "e1"]);
      expect(mixed.stderr).toContain("note: 3 files of other formats left out: 2 .key, 1 .svg");
      expect((await bare.json<{ collections: unknown[] }>("collections", "list")).collections).toEqual([]);
    } finally {
      await bare.remove();
    }
  });

  it("says which flag its way of splitting does not look at", async () => {
    const ignored = await sandbox.rag(["ingest", "guide", "--separator", "# ", "--dry-run"]);
    expect(ignored.exitCode).toBe(0);
    expect(ignored.stderr).toContain("--separator has no effect: documents are split by the strategy markdown");
    const used = await sandbox.rag(["ingest", "guide", "--strategy", "separator", "--separator", "# ", "--dry-run"]);
    expect(used.stderr).not.toContain("no effect");
  });

  it("removes what is gone, unless told not to", async () => {
    const shrinking = await createSandbox();
    try {
      await shrinking.write({ "docs/a.md": "# A\n\nApples.\n", "docs/b.md": "# B\n\nBananas.\n" });
      await shrinking.rag(["ingest", "docs"]);
      await rm(path.join(shrinking.folder, "docs/b.md"));
      expect((await shrinking.json<IngestReport>("ingest", "docs", "--no-prune")).documents.removed).toBe(0);
      expect((await shrinking.json<IngestReport>("ingest", "docs")).documents.removed).toBe(1);
      expect((await shrinking.rag(["search", "bananas"])).exitCode).toBe(1);
    } finally {
      await shrinking.remove();
    }
  });

  it("starts over with --recreate", async () => {
    await sandbox.rag(["ingest", "guide", "notes.txt", "-c", "again"]);
    const report = await sandbox.json<IngestReport>("ingest", "notes.txt", "-c", "again", "--recreate");
    expect(report.documents).toMatchObject({ found: 1, added: 1 });
    const { sources } = await sandbox.json<{ sources: { source: string }[] }>("collections", "sources", "again");
    expect(sources.map(({ source }) => source)).toEqual(["notes.txt"]);
  });

  it("keeps a table that another program made, whatever is asked of an ingest", async () => {
    const { connect } = await import("@lancedb/lancedb");
    const connection = await connect(path.join(sandbox.folder, ".rag"));
    await connection.createTable("theirs", [{ id: 1, text: "theirs" }]);
    for (const flags of [[], ["--recreate"], ["--check"], ["--dry-run"]]) {
      const { exitCode, stdout, stderr } = await sandbox.rag(["ingest", "notes.txt", "-c", "theirs", ...flags]);
      expect({ flags, exitCode, stdout }).toEqual({ flags, exitCode: 2, stdout: "" });
      expect(stderr).toContain("that another program made");
    }
    expect(await (await connection.openTable("theirs")).countRows()).toBe(1);
    await connection.dropTable("theirs");
    connection.close();
  });

  it("says that documents are cut in another way than before, and cuts them so", async () => {
    const ingest = ["ingest", "guide", "-c", "recut"];
    const made = await sandbox.rag([...ingest, "--max-chars", "300"]);
    expect(made.stderr).not.toContain("chunking");
    expect((await sandbox.rag([...ingest, "--max-chars", "300"])).stderr).toBe("");
    const other = await sandbox.rag(ingest);
    expect(other.stdout).toMatch(/^3 documents: 3 changed\n/);
    expect(other.stderr).toMatch(/recut was made with the chunking strategy "markdown", maxChars 300.* maxChars 1600/);
    const whole = await sandbox.rag([...ingest, "--recreate"]);
    expect(whole.stderr).not.toContain("chunking");
    expect((await sandbox.rag(ingest)).stderr).toBe("");
  });

  it("refuses a model that the collection was not made with", async () => {
    const run = await sandbox.rag(["ingest", "guide", "--embedding", "ollama/some-model", "--json"]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    const { error } = JSON.parse(run.stderr);
    expect(error.code).toBe("embedding-mismatch");
    expect(error.message).toContain("no embedding model");
    expect(error.message).toContain("ollama/some-model");
    expect(error.hint).toContain("--recreate");
  });

  it("names sources from the project's root, wherever it is run", async () => {
    const project = await createSandbox();
    try {
      await project.write({ ".ragrc": "collection: mine\n", "docs/deep/a.md": "# A\n\nApples.\n" });
      await project.rag(["ingest", "deep"], { cwd: "docs" });
      const run = await project.rag(["search", "apples", "--json"], { cwd: "docs/deep" });
      expect(JSON.parse(run.stdout)).toMatchObject({ collection: "mine", hits: [{ source: "docs/deep/a.md" }] });
    } finally {
      await project.remove();
    }
  });

  it("says each stage with --verbose, and nothing but results with --quiet", async () => {
    const verbose = await sandbox.rag(["ingest", "guide", "notes.txt", "-v", "--metadata", "version=2.5"]);
    for (const stage of ["configuration", "discover", "scanning", "ingesting", "optimizing"]) {
      expect(verbose.stderr).toMatch(new RegExp(`^${stage}: [\\d.]+ m?s`, "m"));
    }
    const quiet = await sandbox.rag(["ingest", "guide", "notes.txt", "-q", "--metadata", "version=2.5"]);
    expect(quiet).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("ends with 130 on Ctrl-C, and the next run completes", async () => {
    const large = await createSandbox();
    try {
      const documents = Array.from({ length: 600 }, (_, index) => [
        `docs/${index}.md`,
        `# Document ${index}\n\n${`Sentence number ${index} of many. `.repeat(200)}\n`,
      ]);
      await large.write(Object.fromEntries(documents));
      const child = large.start(["ingest", "docs", "-v"]);
      let stderr = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        const scanned = stderr.includes("scanning:");
        stderr += chunk.toString();
        // The scan is over: documents are being written. A second signal would end it at once.
        if (!scanned && stderr.includes("scanning:")) child.kill("SIGINT");
      });
      const [exitCode] = await once(child, "close");
      expect(exitCode).toBe(130);
      expect(stderr).toMatch(/error: Interrupted/i);
      const report = await large.json<IngestReport>("ingest", "docs");
      expect(report.documents.found).toBe(600);
      expect(await large.rag(["ingest", "docs", "--check"])).toMatchObject({ exitCode: 0 });
    } finally {
      await large.remove();
    }
  });
});

describe("rag search", () => {
  it("finds the passage and says where it stands", async () => {
    const result = await sandbox.json<SearchResult>("search", "where is data stored", "-k", "1");
    expect(result).toMatchObject({ query: "where is data stored", collection: "docs", mode: "text" });
    expect(Object.keys(result).sort()).toEqual(["collection", "durationMs", "hits", "mode", "query"]);
    expect(result.hits).toHaveLength(1);
    expect(result.hits[0]).toMatchObject({
      rank: 1,
      scores: { dense: null },
      source: "guide/storage.md",
      title: "Storage",
      heading: ["Storage", "Where data is stored"],
      headings: ["Storage", "Where data is stored"],
      page: null,
      metadata: { version: 2.5 },
    });
  });

  it("prints a list for people, with the matching words marked where colour is wanted", async () => {
    const plain = await sandbox.rag(["search", "storing vectors"]);
    expect(plain.exitCode).toBe(0);
    expect(plain.stdout).toMatch(/^1 {2}[\d.]+ {2}guide\/storage\.md:\d+ {2}Storage › Where data is stored\n/);
    expect(plain.stdout).not.toContain(escape);
    const forced = await sandbox.rag(["search", "storing vectors"], { variables: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toContain(`${escape}[1m${escape}[33mstored${escape}`);
    expect(stripVTControlCharacters(forced.stdout)).toBe(plain.stdout);
  });

  it("shows no control character of a document to people", async () => {
    const run = await sandbox.rag(["search", "formula attack", "--full"]);
    expect(run.stdout).toContain("red is an attack");
    expect(run.stdout).not.toContain(escape);
    expect(run.stdout).not.toContain("\u0007");
  });

  it("prints one document a line", async () => {
    const run = await sandbox.rag(["search", "stored search formula", "--format", "ndjson"]);
    const hits = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(hits.map((hit) => hit.rank)).toEqual(hits.map((_, index) => index + 1));
    expect(hits.length).toBeGreaterThan(1);
  });

  it("prints CSV that runs nothing", async () => {
    await sandbox.write({ "formula.txt": '=HYPERLINK("http://x"), a zebra\n' });
    await sandbox.rag(["ingest", "formula.txt", "-c", "formulas"]);
    const run = await sandbox.rag(["search", "zebra", "--format", "csv", "-c", "formulas"]);
    const [head, row] = run.stdout.split("\r\n");
    expect(head).toBe("rank,score,source,title,heading,page,startLine,endLine,text");
    expect(row).toMatch(/^1,[\d.]+,formula\.txt,/);
    expect(row).toContain(`"'=HYPERLINK(""http://x""), a zebra`);
  });

  it("prints each source once", async () => {
    const run = await sandbox.rag(["search", "stored search formula note", "--format", "paths", "-k", "50"]);
    const sources = run.stdout.trim().split("\n");
    expect(new Set(sources).size).toBe(sources.length);
    expect(sources.toSorted()).toEqual(Object.keys(files).toSorted());
  });

  it("prints paths that can be opened from the folder that it is run in", async () => {
    const project = await createSandbox();
    try {
      await project.write({ ".ragrc": "{}", "docs/a.md": "# A\n\nzebra\n", "notes.md": "# B\n\nzebra\n" });
      await project.rag(["ingest", "."]);
      const run = await project.rag(["search", "zebra", "--format", "paths"], { cwd: "docs" });
      expect(run.stdout.trim().split("\n").toSorted()).toEqual([path.join("..", "notes.md"), "a.md"]);
      const json = await project.rag(["search", "zebra", "--json"], { cwd: "docs" });
      const sources = (JSON.parse(json.stdout) as SearchResult).hits.map((hit) => hit.source);
      expect(sources.toSorted()).toEqual(["docs/a.md", "notes.md"]);
    } finally {
      await project.remove();
    }
  });

  it("prints Markdown with links to the lines", async () => {
    const run = await sandbox.rag(["search", "where is data stored", "--format", "markdown", "-k", "1"]);
    expect(run.stdout).toMatch(/1\. \[Storage › Where data is stored\]\(guide\/storage\.md#L\d+-L\d+\)/);
  });

  it("filters", async () => {
    const all = ["search", "stored search formula note", "-k", "50"];
    const only = await sandbox.json<SearchResult>(...all, "--filter", "source~guide/s*", "--filter", "version >= 2");
    expect(only.hits.map(({ source }) => source).toSorted()).toEqual(["guide/search.md", "guide/storage.md"]);
    const none = await sandbox.rag([...all, "--filter", "version>3", "--json"]);
    expect(none.exitCode).toBe(1);
  });

  it.each<[filter: string, hint: string | RegExp]>([
    ["page=abc", /^page wants a number/],
    ["page >= ", /^page wants a number/],
    ["source==guide/search.md", /^write --filter "source=guide\/search\.md"/],
    ["version => 2", /^write --filter "version>=2"/],
    ["title<>Search", /^write --filter "title!=Search"/],
    [
      "format=md",
      'format is one of markdown, text, pdf, html, docx, pptx, xlsx, odt, odp, ods, epub, notebook, eml, mbox, csv, json, jsonl, rst, asciidoc, org, latex, subtitles, code; for the ending of a name write --filter "source~*.md"',
    ],
    ["format!=Markdown", "did you mean format!=markdown?"],
  ])("refuses the filter %s, which no passage can meet", async (filter, hint) => {
    for (const command of ["search", "ask"]) {
      const run = await sandbox.rag([command, "stored", "--filter", filter, "--json"]);
      expect(run).toMatchObject({ exitCode: 2, stdout: "" });
      const { error } = JSON.parse(run.stderr);
      expect(error.code).toBe("invalid-filter");
      expect(error.hint).toMatch(hint);
    }
  });

  it("refuses the glob of a filter that is too long, and globs of paths that take too long", async () => {
    const search = ["search", "stored", "--filter", `source~${"?".repeat(100_000)}`];
    const ingests = [["{1..100000000}.md"], [".", "--include", "*a*a*a*a*b"], [".", "--exclude", "?".repeat(100_000)]];
    for (const [args, code] of [
      [search, "invalid-filter"],
      ...ingests.map((args) => [["ingest", ...args], "glob-too-large"] as const),
    ] as const) {
      const run = await sandbox.rag([...args, "--json"]);
      expect(run).toMatchObject({ exitCode: 2, stdout: "" });
      expect(JSON.parse(run.stderr).error).toMatchObject({ code, hint: expect.any(String) });
    }
  });

  it.each([
    ["page!=3", 0],
    ["page~1*", 1],
    ['title!="==x"', 0],
    ["format~mark*", 0],
    ["url=a?b=c", 1],
  ])("lets the filter %s be", async (filter, exitCode) => {
    expect((await sandbox.rag(["search", "stored", "--filter", filter, "--json"])).exitCode).toBe(exitCode);
  });

  it("ends with 1 and an empty result where nothing is found", async () => {
    const json = await sandbox.rag(["search", "zyxwvut", "--json"]);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ hits: [] });
    const words = await sandbox.rag(["search", "zyxwvut"]);
    expect(words).toMatchObject({ exitCode: 1, stdout: "" });
    expect(words.stderr).toBe("note: nothing found in collection docs\n");
  });

  it("names what narrowed down a search that found nothing", async () => {
    const narrowed = ["data", "--filter", "source~guide/*", "--filter", "page >= 3"];
    const conditions = "where source~guide/* and page >= 3";
    const search = await sandbox.rag(["search", ...narrowed, "--min-score", "2.5"]);
    expect(search.stderr).toBe(`note: nothing found in collection docs ${conditions}, with a score of at least 2.5\n`);
    const score = await sandbox.rag(["search", "data", "--min-score", "1000"]);
    expect(score.stderr).toBe("note: nothing found in collection docs with a score of at least 1000\n");
    const ask = await sandbox.rag(["ask", ...narrowed]);
    expect(ask).toMatchObject({ exitCode: 1, stderr: `note: nothing found in collection docs ${conditions}\n` });
  });

  it("filters by format and by the path of headings, as the help says", async () => {
    const found = async (filter: string) => {
      const { hits } = await sandbox.json<SearchResult>("search", "stored note data", "-k", "50", "--filter", filter);
      return hits.map(({ source }) => source);
    };
    expect(await found("format=text")).toEqual(["notes.txt"]);
    expect(await found("format=markdown")).not.toContain("notes.txt");
    expect(await found("heading=Storage > Where data is stored")).toEqual(["guide/storage.md"]);
    expect(await found("heading=Where data is stored")).toEqual([]);
    expect(await found("heading~*data is stored")).toEqual(["guide/storage.md"]);
  });

  it("names the collections that exist", async () => {
    const run = await sandbox.rag(["search", "data", "-c", "dosc", "--json"]);
    expect(run.exitCode).toBe(2);
    const { error } = JSON.parse(run.stderr);
    expect(error.code).toBe("collection-not-found");
    expect(error.message).toContain("docs");
    expect(error.hint).toContain("did you mean docs?");
  });

  it("takes a query of 100 KB, and one from standard input", async () => {
    const input = "where is data stored? ".repeat(5000);
    const long = await sandbox.rag(["search", "-", "--json"], { input });
    expect(long.exitCode).toBe(0);
    const { hits } = JSON.parse(long.stdout);
    expect(hits.length).toBeGreaterThan(0);
    const forPeople = await sandbox.rag(["search", "-"], { input });
    expect(forPeople).toMatchObject({ exitCode: 0, stderr: "" });
    expect(forPeople.stdout).toContain("guide/storage.md");
  });

  it("does not mind a reader that goes away", async () => {
    const child = sandbox.start(["search", "stored search formula note", "--format", "ndjson"]);
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout?.destroy();
    const [exitCode] = await once(child, "close");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  it("says that a collection without vectors cannot be searched by meaning", async () => {
    const run = await sandbox.rag(["search", "data", "--mode", "dense", "--json"]);
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stderr).error.message).toMatch(/vectors/);
  });
});

describe("rag collections", () => {
  it("lists them with what they hold", async () => {
    const listing = await sandbox.json<{ store: unknown; collections: Record<string, unknown>[] }>(
      "collections",
      "list",
    );
    expect(listing.store).toEqual({ kind: "embedded", location: ".rag" });
    const docs = listing.collections.find(({ name }) => name === "docs");
    expect(docs).toMatchObject({ documents: 4, embedding: null, analyzer: "multilingual" });
    expect(Object.keys(docs ?? {})).toEqual([
      "name",
      "documents",
      "chunks",
      "embedding",
      "analyzer",
      "createdAt",
      "updatedAt",
    ]);
    expect((await sandbox.rag(["collections", "list"])).stdout).toMatch(/^docs +4 +\d+ +text only/m);
  });

  it("shows one", async () => {
    const details = await sandbox.json<Record<string, unknown>>("collections", "show", "docs");
    expect(details).toMatchObject({ name: "docs", documents: 4, manifest: { schemaVersion: 2, embedding: null } });
    expect(details["sizeBytes"]).toBeGreaterThan(0);
    expect(Array.isArray(details["index"])).toBe(true);
    expect((await sandbox.rag(["collections", "show", "docs"])).stdout).toMatch(/^chunking +strategy "markdown"/m);
  });

  it("lists sources", async () => {
    const { sources } = await sandbox.json<{ sources: { source: string }[] }>("collections", "sources", "docs");
    expect(sources.map(({ source }) => source)).toEqual(Object.keys(files).toSorted());
    expect(Object.keys(sources[0] ?? {})).toEqual(["source", "title", "chunks", "updatedAt"]);
  });

  it("neither wraps nor cuts what goes into a pipe", async () => {
    const title = `A title of ${"many words ".repeat(30)}in one line`;
    const name = `${"long_".repeat(30)}name`;
    await sandbox.write({ [`wide/${"folder/".repeat(20)}a.md`]: `# ${title}\n\nText.\n` });
    await sandbox.rag(["ingest", "wide", "-c", name]);
    const sources = await sandbox.rag(["collections", "sources", name]);
    expect(sources.stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(sources.stdout).toContain(`  ${title}\n`);
    const list = (await sandbox.rag(["collections", "list"])).stdout;
    expect(list).toMatch(new RegExp(`^${name} +1 +1 +text only +\\S+ \\S+ UTC$`, "m"));
    await sandbox.rag(["collections", "drop", name, "--yes"]);
  });

  it("drops one only with --yes where nobody can be asked", async () => {
    await sandbox.rag(["ingest", "notes.txt", "-c", "doomed"]);
    const refused = await sandbox.rag(["collections", "drop", "doomed", "--json"]);
    expect(refused.exitCode).toBe(2);
    expect(JSON.parse(refused.stderr).error.code).toBe("confirmation-required");
    expect(await sandbox.json("collections", "drop", "doomed", "--yes")).toEqual({ dropped: "doomed" });
    expect((await sandbox.rag(["collections", "show", "doomed"])).exitCode).toBe(2);
  });
});
