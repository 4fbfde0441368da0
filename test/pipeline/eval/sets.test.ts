import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEvalSet } from "../../../src/pipeline/eval/beir-set.ts";
import { matchDocuments } from "../../../src/pipeline/eval/match-documents.ts";
import { parseQuestionSet } from "../../../src/pipeline/eval/question-set.ts";
import { countSpans } from "../../../src/pipeline/eval/span-recall.ts";

const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

describe("a JSONL set", () => {
  test("names documents, lines and answers in any of the ways that are documented", () => {
    const text = `\uFEFF${lines(
      { question: "one", source: "a.md", lines: "3-9", answer: "yes" },
      { id: 7, question: "two", sources: ["a.md", { source: "b.md", lines: [[1, 2], "8"], gain: 2 }] },
      { question: "three", answers: ["x", "y"] },
      { question: "four", unanswerable: true },
    )}\n`;
    expect(parseQuestionSet(text, "set.jsonl")).toMatchObject([
      {
        id: "line 1",
        text: "one",
        references: [{ document: "a.md", gain: 1, spans: [{ first: 3, last: 9 }] }],
        answers: ["yes"],
        unanswerable: false,
      },
      {
        id: "7",
        references: [
          { document: "a.md", gain: 1, spans: [] },
          {
            document: "b.md",
            gain: 2,
            spans: [
              { first: 1, last: 2 },
              { first: 8, last: 8 },
            ],
          },
        ],
      },
      { references: [], answers: ["x", "y"] },
      { unanswerable: true },
    ]);
  });

  test.each([
    ["no JSON", "set.jsonl:2: expected a JSON object on the line"],
    [{ source: "a.md" }, "expected the question"],
    [{ question: "q" }, 'expected `source`, `answer` or `"unanswerable": true`'],
    [{ question: "q", source: "a.md", unanswerable: true }, "is not unanswerable"],
    [{ question: "q", source: "a.md", sources: [] }, "expected `source` or `sources`, got both"],
    [{ question: "q", sources: ["a.md", "b.md"], lines: 3 }, "`lines` belongs to one source"],
    [{ question: "q", source: "a.md", lines: "9-3" }, 'expected lines as 34, [34, 41] or "34-41"'],
    [{ question: "q", source: "a.md", lines: [1, 2, 3] }, 'expected lines as 34, [34, 41] or "34-41"'],
    [{ question: "q", answer: 3 }, "expected a text"],
  ])("refuses %j with the line", (row, message) => {
    const text = lines({ question: "fine", source: "a.md" }) + (typeof row === "string" ? row : JSON.stringify(row));
    expect(() => parseQuestionSet(text, "set.jsonl")).toThrow(message);
    expect(() => parseQuestionSet(text, "set.jsonl")).toThrow("set.jsonl:2: ");
  });

  test("an empty set is refused", () => {
    expect(() => parseQuestionSet("\n\n", "set.jsonl")).toThrow("set.jsonl holds no question");
  });
});

describe("a BEIR folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rag-beir-"));
    await mkdir(path.join(folder, "split/qrels"), { recursive: true });
    const queries = lines(
      { _id: "q1", text: "first" },
      { _id: "q2", text: "second", answer: "x" },
      { _id: "q3", text: "third" },
    );
    for (const name of ["", "split/"]) await writeFile(path.join(folder, `${name}queries.jsonl`), queries);
    await writeFile(
      path.join(folder, "corpus.jsonl"),
      lines({ _id: "d1", title: "T", text: "text" }, { _id: "d/2", text: "more" }),
    );
    await writeFile(path.join(folder, "qrels.tsv"), "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td/2\t0\nq2\td/2\t1\n");
    await writeFile(path.join(folder, "split/qrels/train.tsv"), "q1\td1\t1\n");
    await writeFile(path.join(folder, "split/qrels/test.tsv"), "query-id\tcorpus-id\tscore\nq3\td1\t1\n");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("gives judged queries with their gains, and the corpus", async () => {
    const set = await readEvalSet(".", folder);
    expect(
      set.questions.map(({ id, references, answers }) => [
        id,
        references.map(({ document, gain }) => [document, gain]),
        answers,
      ]),
    ).toEqual([
      [
        "q1",
        [
          ["d1", 2],
          ["d/2", 0],
        ],
        [],
      ],
      ["q2", [["d/2", 1]], ["x"]],
    ]);
    expect(await set.corpus!()).toEqual([
      { id: "d1", title: "T", text: "text" },
      { id: "d/2", title: "", text: "more" },
    ]);
  });

  test("with several splits is judged by the test split, and may lack a corpus", async () => {
    const set = await readEvalSet("split", folder);
    expect(set.questions.map(({ id }) => id)).toEqual(["q3"]);
    expect(set.corpus).toBeNull();
  });

  test("that is none is refused", async () => {
    await expect(readEvalSet("split/qrels", folder)).rejects.toMatchObject({ code: "invalid-set" });
    await expect(readEvalSet("nowhere", folder)).rejects.toMatchObject({ code: "set-not-found", exitCode: 2 });
  });
});

describe("the documents that a set means", () => {
  const question = (...documents: string[]) => ({
    id: "1",
    text: "q",
    references: documents.map((document) => ({ document, gain: 1, spans: [] })),
    answers: [],
    unanswerable: false,
  });
  const asked = question("docs/a.md", "b.md", "p17", "ext", "gone.md");
  const sources = ["docs/a.md", "more/docs/a.md", "guide/b.md", "passages/p17.txt", "other.md"];

  test.each([
    [{ source: "docs/a.md", metadata: {} }, "docs/a.md"],
    [{ source: "more/docs/a.md", metadata: {} }, null],
    [{ source: "guide/b.md", metadata: {} }, "b.md"],
    [{ source: "passages/p17.txt", metadata: {} }, "p17"],
    [{ source: "other.md", metadata: { _id: "ext" } }, "ext"],
    [{ source: "other.md", metadata: {} }, null],
  ])("%j is %j", (hit, document) => {
    const matcher = matchDocuments([asked], sources);
    expect(matcher.referenceOf(hit, asked.references)?.document ?? null).toBe(document);
  });

  test("those that no source is called and no passage was identified by are missing", () => {
    const matcher = matchDocuments([asked], sources);
    expect(matcher.missing()).toEqual(["ext", "gone.md"]);
    matcher.referenceOf({ source: "other.md", metadata: { _id: "ext" } }, asked.references);
    expect(matcher.missing()).toEqual(["gone.md"]);
  });
});

describe("the characters of a span", () => {
  // The fourth line is cut, and both pieces have "shared".
  const document = [
    { text: "# Title\n\n  twelve chars", startLine: 1 },
    { text: "begins and shared", startLine: 4 },
    { text: "shared and ends\nlast", startLine: 4 },
  ];

  test("count once each, without the white space around a line", () => {
    const spans = [
      { first: 3, last: 4 },
      { first: 4, last: 4 },
    ];
    const whole = "twelve chars".length + "begins and shared and ends".length;
    expect(countSpans(spans, document, [])).toEqual({ wanted: whole, found: 0 });
    expect(countSpans(spans, document, document)).toEqual({ wanted: whole, found: whole });
    expect(countSpans(spans, document, [document[2]!, document[2]!])).toEqual({ wanted: whole, found: 15 });
  });

  test("of lines that no passage has count for nothing", () => {
    expect(countSpans([{ first: 40, last: 50 }], document, document)).toEqual({ wanted: 0, found: 0 });
  });
});
