import { describe, expect, it } from "vitest";
import { createFilter as filter } from "../../../src/filters/parse.ts";
import { compileFilters } from "../../../src/stores/milvus/filter.ts";
import { isOneOf, quote } from "../../../src/stores/milvus/literals.ts";

const literals = { templates: false };
const templates = { templates: true };

describe("filters as a Milvus expression", () => {
  it("are exact on a chunk's own fields", () => {
    expect(compileFilters([filter("source", "=", "a.md"), filter("page", ">", "3")], literals)).toEqual({
      text: '(source == "a.md") and (page >= 0 and page > 3)',
      values: {},
      exact: true,
    });
    expect(compileFilters([filter("source", "~", "guide/*")], literals)).toMatchObject({ exact: true });
  });

  it.each([
    ["a glob with more than a trailing star", filter("source", "~", "guide/*.md"), 'source like "guide/%"'],
    ["a key of the metadata", filter("year", ">", "2020"), 'metadata["year"] > 2020'],
  ])("narrow down, and leave the rest to the caller, for %s", (_, condition, text) => {
    expect(compileFilters([condition], literals)).toEqual({ text: `(${text})`, values: {}, exact: false });
  });

  it.each([
    filter("source", "~", "*.md"),
    filter("source", "~", "50%*"),
    filter("lang", "!=", "de"),
    filter("lang", "~", "d*"),
    filter('od"d', "=", "x"),
    filter("title", "=", "𠮷"),
    filter("year", "=", "1e400"),
  ])("leave %o to the caller altogether", (condition) => {
    const { text, exact } = compileFilters([condition], literals);
    expect(exact || text !== "").toBe("value" in condition && condition.value.text === "1e400");
  });

  it("send values beside the expression where the server can", () => {
    const value = `" or 1==1 or "`;
    const { text, values } = compileFilters([filter("title", "=", value), filter("lang", "=", "𠮷\n")], templates);
    expect(text).toBe('(title == {v0}) and (metadata["lang"] == {v1} or json_contains(metadata["lang"], {v1}))');
    expect(values).toEqual({ v0: { string_val: value }, v1: { string_val: "𠮷\n" } });
  });

  it.each([
    [`say "hi"`, `"say \\"hi\\""`],
    ["back\\slash", `"back\\\\slash"`],
    ["two\nlines\ttab\r", `"two\\nlines\\ttab\\r"`],
    ["日本語", `"日本語"`],
    ["it's", `"it's"`],
    ["emoji 🐫", null],
    ["bell\u0007", null],
  ])("write %j as a literal that cannot end early", (text, literal) => {
    expect(quote(text)).toBe(literal);
  });

  it("take nothing but hexadecimal digits for a key", () => {
    expect(isOneOf("doc_id", ["ab", "01"])).toBe('doc_id in ["ab","01"]');
    expect(() => isOneOf("doc_id", ['x"] or true or doc_id in ["'])).toThrow(TypeError);
  });
});
