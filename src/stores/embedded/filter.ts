import type { Filter, FilterOperator } from "../../types.ts";
import { numberOf } from "../../filters/match.ts";
import { escapeRegex, parseGlob } from "../shared/glob.ts";

const textColumns = new Set(["source", "title", "format", "heading"]);

/**
 * The SQL condition (DataFusion's dialect) for these filters, all of which must hold; `null` where there are none.
 * Meaning: see `Filter`. User text only ever enters as a string literal.
 *
 * Metadata is stored as flat JSON text, as `JSON.stringify` writes it. In such text an unescaped quote is always a
 * delimiter, so `{"key":` or `,"key":` can only be the key itself, and a regular expression reads values exactly.
 */
export function filtersToSql(filters: readonly Filter[]): string | null {
  return filters.length === 0 ? null : filters.map((filter) => `(${filterToSql(filter)})`).join(" AND ");
}

function filterToSql({ field, operator, value }: Filter): string {
  if (textColumns.has(field)) return textCondition(field, operator, value);
  if (field === "page") return pageCondition(operator, value);
  return metadataCondition(field.startsWith("metadata.") ? field.slice("metadata.".length) : field, operator, value);
}

/** A SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function textCondition(column: string, operator: FilterOperator, value: string): string {
  if (operator === "~") {
    const pattern = parseGlob(value).map((part) =>
      part === "any" ? ".*" : part === "one" ? "." : escapeRegex(part.literal),
    );
    return `regexp_like(${column}, ${sqlString(`^(?s:${pattern.join("")})$`)})`;
  }
  if (operator !== "=" && operator !== "!=" && numberOf(value) !== null) return "false";
  return `${column} ${operator} ${sqlString(value)}`;
}

function pageCondition(operator: FilterOperator, value: string): string {
  if (operator === "~") {
    const pattern = parseGlob(value).map((part) =>
      part === "any" ? ".*" : part === "one" ? "." : escapeRegex(part.literal),
    );
    return `coalesce(regexp_like(CAST(page AS STRING), ${sqlString(`^${pattern.join("")}$`)}), false)`;
  }
  const number = numberOf(value);
  if (number === null) return operator === "!=" ? "true" : "false";
  return `coalesce(CAST(page AS DOUBLE) ${operator} ${sqlNumber(number)}, ${operator === "!="})`;
}

function sqlNumber(number: number): string {
  return `CAST(${sqlString(String(number))} AS DOUBLE)`;
}

function metadataCondition(key: string, operator: FilterOperator, value: string): string {
  const start = `[{,]${escapeRegex(JSON.stringify(key))}:`;
  if (operator === "=") return equals(start, value);
  if (operator === "!=") return `NOT (${equals(start, value)})`;
  if (operator === "~") return matchesOne(start, globAlternatives(value));
  const number = numberOf(value);
  if (number !== null) {
    const stored = `regexp_match(metadata, ${sqlString(`${start}(-?[0-9][0-9.eE+-]*)`)})[1]`;
    return `coalesce(CAST(${stored} AS DOUBLE) ${operator} ${sqlNumber(number)}, false)`;
  }
  if (value === "true" || value === "false") return "false";
  const stored = `regexp_match(metadata, ${sqlString(String.raw`${start}"((?:[^"\\]|\\.)*)"`)})[1]`;
  return `coalesce(${stored} ${operator} ${sqlString(JSON.stringify(value).slice(1, -1))}, false)`;
}

/** JSON text is canonical, so equal values are equal text: the string as written, or the number or boolean it reads as. */
function equals(start: string, value: string): string {
  const alternatives = [escapeRegex(JSON.stringify(value))];
  const number = numberOf(value);
  // JSON has no infinite number, and would be given its null.
  if (number !== null && Number.isFinite(number)) alternatives.push(escapeRegex(JSON.stringify(number)));
  if (value === "true" || value === "false") alternatives.push(value);
  return matchesOne(start, alternatives);
}

/** Holds where the value, or one element where it is a list, is one of these pieces of JSON. */
function matchesOne(start: string, alternatives: readonly string[]): string {
  const one = `(?:${alternatives.join("|")})`;
  const element = String.raw`(?:"(?:[^"\\]|\\.)*"|[^",\[\]]+)`;
  return `regexp_like(metadata, ${sqlString(String.raw`${start}(?:${one}[,}]|\[(?:${element},)*${one}[,\]])`)})`;
}

/** The glob over a string's inside, and over the text of a number or boolean. */
function globAlternatives(value: string): string[] {
  const parts = parseGlob(value);
  const inString = String.raw`(?:[^"\\]|\\u[0-9a-f]{4}|\\[^u])`;
  const bare = String.raw`[^",\[\]{}]`;
  const build = (character: string, literal: (text: string) => string): string =>
    parts
      .map((part) => (part === "any" ? `${character}*` : part === "one" ? character : literal(part.literal)))
      .join("");
  const quoted = `"${build(inString, (text) => escapeRegex(JSON.stringify(text).slice(1, -1)))}"`;
  return [quoted, build(bare, escapeRegex)].filter((pattern) => pattern !== "");
}
