import { formatWithoutHeadings } from "../../filters/heading-names.ts";
import type { Filter, FilterTest, FilterValue, Glob } from "../../types.ts";

/**
 * The SQL condition (DataFusion's dialect) for these filters, all of which must hold; `null` where there are none.
 * User text only ever enters as a string literal.
 *
 * Metadata is stored as flat JSON text, as `JSON.stringify` writes it. In such text an unescaped quote is always a
 * delimiter, so `{"key":` or `,"key":` can only be the key itself, and a regular expression reads values exactly.
 */
export function filtersToSql(filters: readonly Filter[]): string | null {
  return filters.length === 0 ? null : filters.map((filter) => `(${filterToSql(filter)})`).join(" AND ");
}

function filterToSql({ field, ...test }: Filter): string {
  if (field.kind === "metadata") return metadataCondition(field.key, test);
  if (field.name === "heading" && test.operator === "~") return headingCondition(test.glob);
  return field.name === "page" ? pageCondition(test) : textCondition(field.name, test);
}

/** A SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function textCondition(column: string, test: FilterTest): string {
  switch (test.operator) {
    case "=":
    case "!=":
      return `${column} ${test.operator} ${sqlString(test.value.text)}`;
    case "~":
      return `regexp_like(${column}, ${wholeGlob(test.glob)})`;
    default:
      return typeof test.bound === "string" ? `${column} ${test.operator} ${sqlString(test.bound)}` : "false";
  }
}

/** Matches the heading path of a passage, or the name of a heading in its text. */
function headingCondition(glob: Glob): string {
  const line = sqlString(`(?m)^ {0,3}#{1,6}[ \\t]+(?:${globRegex(glob, ".")})(?:[ \\t]+#+)?[ \\t]*$`);
  const inside = `format <> ${sqlString(formatWithoutHeadings)} AND regexp_like(text, ${line})`;
  return `regexp_like(heading, ${wholeGlob(glob)}) OR (${inside})`;
}

function pageCondition(test: FilterTest): string {
  if (test.operator === "~") return `coalesce(regexp_like(CAST(page AS STRING), ${wholeGlob(test.glob)}), false)`;
  const number = "value" in test ? test.value.number : test.bound;
  const otherwise = test.operator === "!=";
  if (typeof number !== "number") return String(otherwise);
  return `coalesce(CAST(page AS DOUBLE) ${test.operator} ${sqlNumber(number)}, ${otherwise})`;
}

function sqlNumber(number: number): string {
  return `CAST(${sqlString(String(number))} AS DOUBLE)`;
}

function metadataCondition(key: string, test: FilterTest): string {
  const start = `[{,]${escapeRegex(JSON.stringify(key))}:`;
  switch (test.operator) {
    case "=":
      return matchesOne(start, equalJson(test.value));
    case "!=":
      return `NOT (${matchesOne(start, equalJson(test.value))})`;
    case "~":
      return matchesOne(start, globJson(test.glob));
    default: {
      if (typeof test.bound === "boolean") return "false";
      const [pattern, bound] =
        typeof test.bound === "number"
          ? ["(-?[0-9][0-9.eE+-]*)", sqlNumber(test.bound)]
          : [String.raw`"((?:[^"\\]|\\.)*)"`, sqlString(insideString(test.bound))];
      const stored = `regexp_match(metadata, ${sqlString(start + pattern)})[1]`;
      const typed = typeof test.bound === "number" ? `CAST(${stored} AS DOUBLE)` : stored;
      return `coalesce(${typed} ${test.operator} ${bound}, false)`;
    }
  }
}

/** The pieces of JSON that equal a value. `JSON.stringify` writes equal values as equal text. */
function equalJson({ text, number, boolean }: FilterValue): string[] {
  // JSON writes an infinite number as `null`.
  const typed = number !== null && Number.isFinite(number) ? number : boolean;
  return [text, ...(typed === null ? [] : [typed])].map((value) => escapeRegex(JSON.stringify(value)));
}

/** The glob over the inside of a JSON string, and over the text of a number or boolean. */
function globJson(glob: Glob): string[] {
  const inString = String.raw`(?:[^"\\]|\\u[0-9a-f]{4}|\\[^u])`;
  const quoted = `"${globRegex(glob, inString, (text) => escapeRegex(insideString(text)))}"`;
  return [quoted, globRegex(glob, String.raw`[^",\[\]{}]`)].filter((pattern) => pattern !== "");
}

/** Holds where the value, or one element where it is a list, matches one of these patterns. */
function matchesOne(start: string, alternatives: readonly string[]): string {
  const one = `(?:${alternatives.join("|")})`;
  const element = String.raw`(?:"(?:[^"\\]|\\.)*"|[^",\[\]]+)`;
  return `regexp_like(metadata, ${sqlString(String.raw`${start}(?:${one}[,}]|\[(?:${element},)*${one}[,\]])`)})`;
}

/** A SQL literal of the regular expression that matches what the glob matches, over the whole value. */
function wholeGlob(glob: Glob): string {
  return sqlString(`^(?s:${globRegex(glob, ".")})$`);
}

/** A glob in the syntax of Rust's regex crate. `character`: the pattern of one character of the value. */
function globRegex(glob: Glob, character: string, literal: (text: string) => string = escapeRegex): string {
  return glob
    .map((part) => (part === "any" ? `${character}*` : part === "one" ? character : literal(part.literal)))
    .join("");
}

/** A text as JSON writes it between quotes. */
function insideString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
