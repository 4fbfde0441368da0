import { expect, test } from "vitest";
import { wordParts } from "../../src/text/word-parts.ts";

test.each([
  ["see milvus.yaml and proxy.maxNameLength", "milvus yaml proxy maxNameLength"],
  ["https://milvus.io/docs/install.md", "milvus io install md"],
  ["foo.bar@example.com", "foo bar example com"],
  ["__init__ and index_type, _id", "init index type id"],
  ["std::vector", "std vector"],
  ["a.b, U.S. and e.g. nothing; a sentence.", ""],
  ["v2.4.1 and 2.6.0-beta", "2.4 2.4.1 2.6"],
  ["at 10:30:15, 3.14 or 1,000", ""],
  ["données.métier", "données métier"],
])("%s", (text, parts) => {
  expect(wordParts(text).join(" ")).toBe(parts);
});

test("each is there once", () => {
  expect(wordParts("milvus.io, milvus.yaml")).toEqual(["milvus", "io", "yaml"]);
});

test("a word of any length is read at once", () => {
  expect(wordParts(`${"a".repeat(200_000)}.b_${"c1".repeat(100_000)}`)).toHaveLength(2);
});
