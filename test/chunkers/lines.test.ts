import { expect, test } from "vitest";
import { markdown } from "../../src/chunkers/markdown.ts";
import { recursive } from "../../src/chunkers/recursive.ts";
import type { Document } from "../../src/types.ts";

const options = { maxChars: 60, overlapChars: 20, separator: "", sentences: 1, sentenceOverlap: 0 };

function lineDocument(text: string): Document {
  const common = { source: "a.py", format: "code", title: "a", metadata: {}, bodyStart: 0 };
  return { ...common, places: "lines", markup: "lines", pages: [{ text }] };
}

test("lines that stand for themselves are cut at line ends alone, whatever sentences they hold", () => {
  const rows = Array.from({ length: 6 }, (_, n) => `Name: Row ${n}. It is short! Sum: ${n}`);
  const chunks = markdown.chunk(lineDocument(rows.join("\n")), options);
  expect(chunks.map((chunk) => chunk.text)).toEqual(rows);
  expect(chunks.map((chunk) => [chunk.startLine, chunk.endLine])).toEqual(rows.map((_, n) => [n + 1, n + 1]));
});

test("lines between blank lines stay together with their indentation, and # is no heading", () => {
  const text = "  # one\n  a = 1\n\n  # two\n  b = 2\n  c = 3\n\n  # three\n  e = 5\n  f = 6\n";
  const chunks = markdown.chunk(lineDocument(text), { ...options, maxChars: 45 });
  expect(chunks.map((chunk) => [chunk.text, chunk.startLine, chunk.endLine, chunk.heading])).toEqual([
    ["  # one\n  a = 1\n\n  # two\n  b = 2\n  c = 3", 1, 6, []],
    ["  # three\n  e = 5\n  f = 6", 8, 10, []],
  ]);
  expect(
    recursive.chunk(lineDocument(text), { ...options, maxChars: 45 }).every(({ heading }) => heading.length === 0),
  ).toBe(true);
});
