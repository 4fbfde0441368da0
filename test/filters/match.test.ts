import { describe, expect, it } from "vitest";
import type { FilterOperator } from "../../src/types.ts";
import { type FilterSubject, matchesAll } from "../../src/filters/match.ts";
import { createFilter } from "../../src/filters/parse.ts";

const subject: FilterSubject = {
  source: "guides/安装.md",
  title: "10",
  format: "markdown",
  page: 7,
  heading: ["Guide", "Set-up", "a > b"],
  metadata: {
    year: 2024,
    version: "2.10",
    draft: true,
    flag: "true",
    tags: ["red", "blue*", 5],
    title: "other",
    empty: "",
    none: [],
    lines: "one\ntwo",
    emoji: "😀",
  },
};

function holds(field: string, operator: FilterOperator, value: string, of: FilterSubject = subject): boolean {
  return matchesAll([createFilter(field, operator, value)], of);
}

describe("a filter", () => {
  it.each<[string, FilterOperator, string, boolean]>([
    ["source", "=", "guides/安装.md", true],
    ["source", "=", "guides/安装", false],
    ["source", "!=", "guides/安装", true],
    ["source", "~", "guides/*.md", true],
    ["source", "~", "guides/??.md", true],
    ["source", "~", "guides/?.md", false],
    ["source", "~", "*", true],
    ["source", "~", "Guides/*", false],
    ["source", "~", "*安*", true],
    ["source", "~", "**?装?md**", true],
    ["source", "~", "*.md.md", false],
    ["source", "~", "", false],
    ["source", "<", "h", true],
    ["heading", "=", "Guide > Set-up > a > b", true],
    ["heading", "~", "Guide > *", true],
    ["heading", "=", "Guide", false],
    ["format", "=", "markdown", true],
  ])("on a text field: %s %s %j is %s", (field, operator, value, expected) => {
    expect(holds(field, operator, value)).toBe(expected);
  });

  it.each<[string, FilterOperator, string, boolean]>([
    ["page", "=", "7", true],
    ["page", "=", "7.0", true],
    ["page", "=", "seven", false],
    ["page", "!=", "seven", true],
    ["page", "<", "10", true],
    ["page", ">", "10", false],
    ["page", "<", "x", false],
    ["page", "~", "?", true],
    ["year", ">=", "2024", true],
    ["year", "=", "2.024e3", true],
    ["year", "~", "20*", true],
    ["year", "<", "", false],
    ["year", "=", "0x7e8", false],
    ["year", ">", "-1e309", true],
    ["year", "<", "-1e309", false],
    ["year", "<=", "1e309", true],
    ["year", "=", "1e309", false],
    ["year", "!=", "1e309", true],
    ["page", ">", "-1e309", true],
  ])("on a number: %s %s %j is %s", (field, operator, value, expected) => {
    expect(holds(field, operator, value)).toBe(expected);
  });

  it.each<[string, FilterOperator, string, boolean]>([
    ["title", "=", "10", true],
    ["title", "=", "10.0", false],
    ["title", "<", "9", false],
    ["title", ">", "9", false],
    ["version", "=", "2.10", true],
    ["version", "=", "2.1", false],
    ["version", "!=", "2.1", true],
    ["version", "<", "3", false],
    ["version", "<", "1e309", false],
    ["version", "<", "3a", true],
  ])("with a value that reads as a number on a stored string: %s %s %j is %s", (field, operator, value, expected) => {
    expect(holds(field, operator, value)).toBe(expected);
  });

  it.each<[string, FilterOperator, string, boolean]>([
    ["draft", "=", "true", true],
    ["draft", "=", "false", false],
    ["draft", "!=", "false", true],
    ["draft", "=", "1", false],
    ["draft", ">", "false", false],
    ["flag", "=", "true", true],
    ["flag", "=", "false", false],
  ])("on a boolean and its name: %s %s %j is %s", (field, operator, value, expected) => {
    expect(holds(field, operator, value)).toBe(expected);
  });

  it.each<[string, FilterOperator, string, boolean]>([
    ["tags", "=", "red", true],
    ["tags", "=", "5", true],
    ["tags", "=", "green", false],
    ["tags", "!=", "red", false],
    ["tags", "!=", "green", true],
    ["tags", "~", "bl*", true],
    ["tags", "~", "b*l", false],
    ["tags", "<", "z", false],
    ["none", "=", "", false],
    ["none", "!=", "x", true],
  ])("on a list: %s %s %j is %s", (field, operator, value, expected) => {
    expect(holds(field, operator, value)).toBe(expected);
  });

  it.each<[string, FilterOperator, string, boolean]>([
    ["absent", "=", "", false],
    ["absent", "!=", "x", true],
    ["absent", "~", "*", false],
    ["absent", "<", "z", false],
    ["toString", "~", "*", false],
    ["empty", "=", "", true],
    ["empty", "~", "*", true],
  ])("on a field that is absent or empty: %s %s %j is %s", (field, operator, value, expected) => {
    expect(holds(field, operator, value)).toBe(expected);
  });

  it("takes a chunk without a page for one without the field, and no heading for an empty path", () => {
    const bare = { ...subject, page: null, heading: [] };
    expect(holds("page", "=", "7", bare)).toBe(false);
    expect(holds("page", "!=", "7", bare)).toBe(true);
    expect(holds("page", "<", "9", bare)).toBe(false);
    expect(holds("heading", "~", "*", bare)).toBe(true);
    expect(holds("heading", "!=", "Guide", bare)).toBe(true);
  });

  it("reaches a metadata key that shares its name with a field", () => {
    expect(holds("metadata.title", "=", "other")).toBe(true);
    expect(holds("title", "=", "other")).toBe(false);
    expect(holds("metadata.year", "=", "2024")).toBe(true);
  });

  it("compares by code point, not by UTF-16 unit", () => {
    expect(holds("emoji", ">", "\uFFFD")).toBe(true);
    expect(holds("emoji", "~", "?")).toBe(true);
    expect(holds("lines", "~", "one*two")).toBe(true);
  });

  it("ends in time on a glob made to be slow", () => {
    const long = { ...subject, title: "a".repeat(5_000) };
    expect(holds("title", "~", `${"*a".repeat(50)}*b`, long)).toBe(false);
    expect(holds("title", "~", "*a*a*a*a*b", { ...subject, title: "a".repeat(100_000) })).toBe(false);
  });

  it("has a glob of up to 1,000 characters", () => {
    expect(holds("title", "~", "*".repeat(1_000))).toBe(true);
    expect(() => createFilter("title", "~", "?".repeat(100_000))).toThrow(
      expect.objectContaining({ code: "invalid-filter", exitCode: 2, message: expect.stringContaining("100,000") }),
    );
    expect(holds("title", "!=", "?".repeat(100_000))).toBe(true);
  });
});
