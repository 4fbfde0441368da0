import { describe, expect, test } from "vitest";
import { LineIndex } from "../../src/text/line-index.ts";
import { cutPoint, isWhitespace, trimBlankLines } from "../../src/text/ranges.ts";

describe("LineIndex", () => {
  test("tells the line of every character", () => {
    const text = "one\n\nthree\n";
    const lines = new LineIndex(text);
    const expected = [...text].map((_, offset) => text.slice(0, offset).split("\n").length);
    expect([...text].map((_, offset) => lines.lineAt(offset))).toEqual(expected);
    expect(lines.count).toBe(4);
    expect([1, 2, 3, 4, 5].map((line) => lines.startOf(line))).toEqual([0, 4, 5, 11, Infinity]);
  });
});

describe("ranges", () => {
  test("white space is what trim removes", () => {
    const units = [...Array(65_536).keys()];
    const trimmed = units.filter((unit) => String.fromCharCode(unit).trim() === "");
    expect(units.filter((unit) => isWhitespace(unit))).toEqual(trimmed);
  });

  test.each([
    ["\n \n  a\n b \n\n", 0, "  a\n b"],
    ["a  b", 1, "b"],
    ["  a", 0, "  a"],
    ["\n\n", 0, ""],
  ])("%j from %i without blank lines is %j", (text, from, expected) => {
    const { start, end } = trimBlankLines(text, { start: from, end: text.length });
    expect(text.slice(start, end)).toBe(expected);
  });

  test.each([
    ["abcdef", 0, 4, 4],
    ["ab👍🏽cd", 0, 4, 2],
    ["👍🏽cd", 0, 2, 4],
    ["e\u0301\u0301\u0301x", 0, 2, 4],
    ["ab", 0, 4, 2],
  ])("%j is cut from %i, about %i characters on, at %i", (text, start, step, expected) => {
    expect(cutPoint(text, start, step, 10)).toBe(expected);
  });

  test("a surrogate pair is never cut, however little may go into a part", () => {
    const text = "👨‍👩‍👧‍👦👨‍👩‍👧‍👦";
    for (let start = 0; start < text.length;) {
      const end = cutPoint(text, start, 2, 2);
      expect(end).toBeGreaterThan(start);
      expect(text.slice(start, end)).not.toMatch(/\p{Surrogate}/u);
      start = end;
    }
  });
});
