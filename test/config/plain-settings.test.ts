import { describe, expect, test } from "vitest";
import { checkConfig } from "../../src/config/check.ts";
import { plainConfig } from "../../src/config/plain-settings.ts";
import type { Values } from "../../src/config/values.ts";

const odd: unknown[] = [
  undefined,
  null,
  "",
  " ",
  "5",
  "x",
  true,
  false,
  [],
  [1],
  {},
  { mode: "text" },
  "a-b",
  "_a",
  "text",
];
const numbers: unknown[] = [
  0,
  -0,
  -1,
  0.5,
  1,
  5,
  999,
  1000,
  1001,
  1e15,
  2 ** 53 - 1,
  2 ** 53,
  Number.NaN,
  Infinity,
  -2.5,
];
const settings = [
  ["collection"],
  ["milvus", "uri"],
  ["search", "mode"],
  ["search", "topK"],
  ["search", "minScore"],
  ["ask", "maxContextChars"],
  ["ask", "strict"],
];
const cases = settings.flatMap(([section = "", name]) =>
  [...odd, ...numbers, "dense", "hybrid"].map((value): Values =>
    name === undefined ? { [section]: value } : { [section]: { [name]: value } },
  ),
);

describe("plain settings", () => {
  test("are judged as the schema judges them, whatever is written", () => {
    for (const values of cases) {
      const plain = plainConfig(values);
      const { config } = checkConfig(values);
      // Where it says nothing, the schema is asked.
      expect(plain ?? config, JSON.stringify(values)).toEqual(config);
    }
  });

  test("need no schema where they are right", () => {
    for (const values of [
      {},
      { collection: "docs" },
      { search: { topK: 1 } },
      { collection: "other", search: { mode: "text", topK: 1000, minScore: -0.5 }, ask: { strict: true } },
      { search: {}, ask: { maxContextChars: 1 } },
    ]) {
      expect(plainConfig(values)).toEqual(checkConfig(values).config);
      expect(plainConfig(values)).not.toBeNull();
    }
  });

  test.each<[Values]>([
    [{ search: null }],
    [{ search: 5 }],
    [{ search: [] }],
    [{ search: { topk: 5 } }],
    [{ search: { constructor: 5 } }],
    [{ "search.topK": 5 }],
    [{ constructor: {} }],
    [{ collection: {} }],
    [{ llm: { provider: "ollama" } }],
  ])("leave to the schema what they do not know: %j", (values) => {
    expect(plainConfig(values)).toBeNull();
  });
});
