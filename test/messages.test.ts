import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { sourceMessages } from "./ci/source-messages.ts";

const found = await sourceMessages(fileURLToPath(new URL("../src", import.meta.url)));

/** Words that begin with a capital wherever they stand. */
const names = /^(?:Milvus|Python|OpenAI|Ollama|Zilliz|[A-Z]{2})/;

describe("messages and hints", () => {
  const texts = found.filter(({ role, value }) => role === "text" && value.includes(" "));

  test("are found", () => expect(texts.length).toBeGreaterThan(200));

  test("begin in lower case, unless with a name", () => {
    expect(texts.filter(({ value }) => /^[A-Z]/.test(value) && !names.test(value))).toEqual([]);
  });

  test("have no full stop at the end", () => {
    expect(texts.filter(({ value }) => /[^.]\.$/.test(value))).toEqual([]);
  });
});

test("codes of errors are kebab-case", () => {
  const codes = found.filter(({ role }) => role === "code");
  expect(codes.length).toBeGreaterThan(80);
  expect(codes.filter(({ value }) => !/^[a-z]+(?:-[a-z]+)*$/.test(value))).toEqual([]);
});
