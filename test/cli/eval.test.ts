import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pdfLoader } from "../../src/loaders/pdf/pdf.ts";
import { chromium } from "../ci/needs.mjs";
import { needing } from "../fixtures/needs.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** Each page is the only one with its word, and `common` stands in all of them. */
const words = ["zebra", "yacht", "walrus", "violin", "umbrella", "tulip"];
const pages = Object.fromEntries(
  words.map((word, index) => [
    `docs/${word}.md`,
    `# All about the ${word}\n\nThe ${word} is common, and costs ${index + 1}00 crowns.\n\n## Care of a ${word}\n\nFeed it common things twice.\n`,
  ]),
);
const questions = lines(
  { question: "What does the zebra cost?", source: "docs/zebra.md", lines: 3, answer: "100 crowns" },
  { question: "What does the yacht cost?", source: "yacht.md", answer: "200 crowns" },
  // The set is wrong here, so that one question fails: the word leads to another page.
  { question: "What does the walrus cost?", source: "docs/violin.md" },
  { question: "Who was Xerxes?", unanswerable: true },
);

interface Printed {
  questions: number;
  judged: number;
  collection: { name: string | null; documents: number };
  modes: Record<string, Record<string, unknown>>;
  intervals: Record<string, Record<string, { low: number; high: number } | null>>;
  compare: { comparisons: { measures: Record<string, { wins: number; losses: number; ties: number }> }[] } | null;
  gate: { passed: boolean; failed: { mode: string; measure: string; required: number; reason: string }[] };
  missing: string[];
}

describe("rag eval", () => {
  let sandbox: Sandbox;
  const evaluate = async (...argv: string[]): Promise<Printed> => sandbox.json<Printed>("eval", ...argv);
  beforeAll(async () => {
    sandbox = await createSandbox();
    await sandbox.write({
      ...pages,
      "set.jsonl": questions,
      "beir/corpus.jsonl": lines(
        ...words.map((word, index) => ({ _id: `https://host/${word}#${index}`, title: "", text: `Only the ${word}.` })),
      ),
      "beir/queries.jsonl": lines({ _id: "a", text: "the tulip" }, { _id: "b", text: "umbrella and violin" }),
      "beir/qrels.tsv":
        "query-id\tcorpus-id\tscore\na\thttps://host/tulip#5\t1\nb\thttps://host/violin#3\t2\nb\thttps://host/zebra#0\t1\n",
    });
    expect((await sandbox.rag(["ingest", "docs"])).exitCode).toBe(0);
  });
  afterAll(() => sandbox.remove());

  test("measures a set against a collection", async () => {
    const printed = await evaluate("set.jsonl", "--answers");
    expect(printed).toMatchObject({
      questions: 4,
      judged: 3,
      collection: { name: "docs", documents: 6 },
      missing: [],
      compare: null,
      gate: { passed: true, failed: [] },
    });
    const { text } = printed.modes;
    // Two of three questions find their page first.
    expect(text).toMatchObject({ "recall@5": expect.any(Number), "spans@5": 1 });
    expect(text!["mrr"]).toBeGreaterThanOrEqual(2 / 3);
    expect(text!["answers"]).toMatchObject({ contains: 1, refusalRecall: 1, refusalPrecision: 1, falseRefusals: 0 });
    const { low, high } = printed.intervals["text"]!["mrr"]!;
    expect(low).toBeLessThanOrEqual(text!["mrr"] as number);
    expect(high).toBe(1);
  });

  test("asks a BEIR folder of its own corpus, by ids that no file could have, and leaves nothing behind", async () => {
    const before = await readdir(tmpdir());
    const printed = await evaluate("beir");
    expect(printed.collection).toEqual({ name: null, documents: 6 });
    const { text } = printed.modes;
    expect(text).toMatchObject({ mrr: expect.any(Number), "recall@5": (1 + 1 / 2) / 2 });
    expect((await readdir(tmpdir())).filter((name) => name.startsWith("rag-eval-") && !before.includes(name))).toEqual(
      [],
    );
    expect(await readdir(sandbox.folder)).not.toContain("store");
  });

  test("a named collection takes the place of the corpus, and what it lacks is said", async () => {
    const run = await sandbox.rag(["eval", "beir", "-c", "docs", "--json"]);
    const printed = JSON.parse(run.stdout) as Printed;
    expect(printed.collection.name).toBe("docs");
    expect(printed.missing).toHaveLength(3);
    expect(run.stderr).toContain("the collection does not have 3 documents of the set: https://host/");
  });

  test("is a gate: below a minimum or the baseline it exits with 1 and says what failed", async () => {
    const passing = await sandbox.rag(["eval", "set.jsonl", "--min", "recall@10=0.6", "--json"]);
    expect(passing.exitCode).toBe(0);
    const good = JSON.parse(passing.stdout) as Printed;
    good.modes["text"]!["mrr"] = 1;
    await sandbox.write({ "baseline.json": JSON.stringify(good) });
    const failing = await sandbox.rag([
      "eval",
      "set.jsonl",
      "--baseline",
      "baseline.json",
      "--min",
      "text:ndcg@10=0.99",
      "--junit",
      "report.xml",
      "--json",
    ]);
    expect(failing.exitCode).toBe(1);
    const { gate } = JSON.parse(failing.stdout) as Printed;
    expect(gate.passed).toBe(false);
    expect(gate.failed).toMatchObject([
      { mode: "text", measure: "ndcg@10", required: 0.99, reason: "min" },
      { mode: "text", measure: "mrr", required: 0.99, reason: "baseline" },
    ]);
    const report = await readFile(path.join(sandbox.folder, "report.xml"), "utf8");
    expect(report.match(/<failure /g)).toHaveLength(2);
    expect(report).toContain('name="ndcg@10 (min)"');
    const shown = await sandbox.rag(["eval", "set.jsonl", "--min", "mrr=1"]);
    expect([shown.exitCode, shown.stdout]).toEqual([1, expect.stringContaining("below the gate: text mrr is")]);
  });

  test("compares two configurations question by question", async () => {
    await sandbox.write({ "other.json": JSON.stringify({ collection: "half" }) });
    expect((await sandbox.rag(["ingest", "docs/zebra.md", "-c", "half"])).exitCode).toBe(0);
    const { compare } = await evaluate("set.jsonl", "--compare", "other.json");
    expect(compare!.comparisons[0]!.measures["mrr"]).toMatchObject({ wins: 0, losses: expect.any(Number) });
    expect(compare!.comparisons[0]!.measures["mrr"]!.losses).toBeGreaterThanOrEqual(1);
  });

  test("tells of every question with --verbose", async () => {
    const { stdout } = await sandbox.rag(["eval", "set.jsonl", "--verbose"]);
    expect(stdout).toContain("text  #1  What does the zebra cost?");
    expect(stdout).toContain("text  –  Who was Xerxes?");
    expect(stdout).toMatch(/ndcg@10 +0\.\d{4} \[0\.\d{4}, 1\.0000\]/);
  });

  test("writes a first set, which it then evaluates, and overwrites none", async () => {
    const made = await sandbox.rag(["eval", "made.jsonl", "--make", "5"]);
    expect([made.exitCode, made.stdout]).toEqual([0, "wrote 5 questions about collection docs to made.jsonl\n"]);
    const text = await readFile(path.join(sandbox.folder, "made.jsonl"), "utf8");
    const sources = text
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { source: string }).source);
    // In turn from all documents, not all from the first.
    expect(new Set(sources).size).toBe(5);
    expect((await evaluate("made.jsonl")).modes["text"]!["mrr"]).toBe(1);
    const again = await sandbox.rag(["eval", "made.jsonl", "--make", "5"]);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("made.jsonl is there already")]);
  });

  test.each([
    [["nowhere.jsonl"], "there is no set nowhere.jsonl"],
    [["set.jsonl", "--modes", "text,fuzzy"], "--modes: expected one of hybrid, dense, text"],
    [["set.jsonl", "--min", "much"], "--min: expected measure=value"],
    [["set.jsonl", "--min", "f1=0.5"], "--min: f1 was not measured"],
    [["set.jsonl", "--modes", "dense"], "the search mode dense needs"],
    [["set.jsonl", "--make", "3", "--html", "x.html"], "contradict each other"],
    [["set.jsonl", "--baseline", "set.jsonl"], "set.jsonl is not what rag eval --json prints"],
  ])("refuses %j", async (argv, message) => {
    const run = await sandbox.rag(["eval", ...argv]);
    expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test("a browser shows the page with its plots, and fetches and runs nothing", needing("chromium"), async () => {
    await sandbox.write({
      "hard.jsonl": lines({ question: "Where is <script>alert(1)</script> the tulip?", source: "docs/zebra.md" }),
    });
    const written = await sandbox.rag(["eval", "hard.jsonl", "-k", "1", "--html", "page.html"]);
    expect(written.exitCode).toBe(0);
    const browser = promisify(execFile);
    const page = path.join(sandbox.folder, "page.html");
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${sandbox.folder}/profile`];
    const dom = await browser(chromium, [...flags, "--enable-logging=stderr", "--dump-dom", `file://${page}`]);
    // No message on the console: neither a refused resource nor a script.
    expect(dom.stderr).not.toContain("CONSOLE");
    expect(dom.stdout.match(/<svg /g)).toHaveLength(2);
    expect(dom.stdout).not.toMatch(/<script|src=|@import|url\(/);
    await browser(chromium, [...flags, "--no-pdf-header-footer", `--print-to-pdf=${page}.pdf`, `file://${page}`]);
    const bytes = await readFile(`${page}.pdf`);
    const { document } = await pdfLoader.load({ source: "page.pdf", bytes });
    const shown = document.pages.map(({ text }) => text).join("\n");
    for (const part of ["Evaluation of hard.jsonl", "Recall over k", "Modes side by side", "recall@10", "1.00"]) {
      expect(shown).toContain(part);
    }
    expect(shown).toContain("1 questions have no relevant document among the first 1");
    expect(shown).toContain("<script>alert(1)</script>");
  });
});
