import type { Filter } from "../types.ts";
import { metadataKey, numberOf } from "../util/filter-match.ts";
import type { TemplateValue } from "./milvus-protocol.ts";

/** A condition in Milvus's expression language. */
export interface Expression {
  /** Empty: every row. */
  text: string;
  /** What the placeholders `{v0}`… in `text` stand for; empty where the server has no templates. */
  values: Record<string, TemplateValue>;
  /** `false`: rows may come that do not meet the filters; `matchesAll` tells them apart. None is missing. */
  exact: boolean;
}

/** What a deployment's expression language can do. */
export interface FilterAbilities {
  /** Values may be sent beside the expression instead of inside. */
  templates: boolean;
}

/** No row meets it: keys are never empty. */
const NEVER = `id == ""`;

/**
 * Compiles filters so that no value can change the meaning of the expression. Conditions on a chunk's own fields are
 * exact where the language has them; those on metadata, and globs, narrow the rows down to a superset. With `metadata`
 * false, conditions on metadata narrow nothing down.
 */
export function compileFilters(
  filters: readonly Filter[],
  abilities: FilterAbilities,
  { metadata = true }: { metadata?: boolean } = {},
): Expression {
  const values: Record<string, TemplateValue> = {};
  const literal = abilities.templates
    ? (text: string): string => {
        const name = `v${Object.keys(values).length}`;
        values[name] = { string_val: text };
        return `{${name}}`;
      }
    : quote;
  const conditions = filters.map((filter) => compile(filter, literal, metadata));
  return {
    text: conditions
      .flatMap(({ text }) => (text === null ? [] : [text]))
      .map((text) => `(${text})`)
      .join(" and "),
    values,
    exact: conditions.every(({ exact }) => exact),
  };
}

/** `text`: `null` where the condition narrows nothing down. */
interface Condition {
  text: string | null;
  exact: boolean;
}

type Literal = (text: string) => string | null;

const everything: Condition = { text: null, exact: true };
const unknown: Condition = { text: null, exact: false };
const nothing: Condition = { text: NEVER, exact: true };

function compile(filter: Filter, literal: Literal, metadata: boolean): Condition {
  switch (filter.field) {
    case "source":
    case "title":
    case "format":
    case "heading":
      return onText(filter.field, filter, literal);
    case "page":
      return onPage(filter);
    default:
      return metadata ? onMetadata(metadataKey(filter.field) ?? filter.field, filter, literal) : unknown;
  }
}

function onText(field: string, { operator, value }: Filter, literal: Literal): Condition {
  switch (operator) {
    case "=":
      return written(literal(value), (text) => `${field} == ${text}`);
    case "!=":
      return written(literal(value), (text) => `${field} != ${text}`);
    case "~":
      return onGlob(field, value, literal);
    default:
      // A number has no order with a stored string.
      if (numberOf(value) !== null) return nothing;
      return written(literal(value), (text) => `${field} ${operator} ${text}`);
  }
}

/** What stands before the first wildcard is what `like` can look for; the rest of the glob is for the caller. */
function onGlob(field: string, glob: string, literal: Literal): Condition {
  const [prefix = ""] = glob.split(/[*?]/, 1);
  if (prefix === glob) return onText(field, { field, operator: "=", value: glob }, literal);
  if (prefix === "" || /[%_\\"]/.test(prefix) || !inPlane(prefix)) return unknown;
  // `like` takes a literal pattern in every version.
  const condition: Condition = { text: `${field} like ${JSON.stringify(`${prefix}%`)}`, exact: false };
  return glob === `${prefix}*` ? { ...condition, exact: true } : condition;
}

/** -1 stands for no page. */
function onPage({ operator, value }: Filter): Condition {
  if (operator === "~") return { text: "page >= 0", exact: false };
  const number = numberOf(value);
  if (number === null) return operator === "!=" ? everything : nothing;
  const text = decimal(number);
  if (text === null || number < 0) return { text: operator === "!=" ? null : "page >= 0", exact: false };
  if (operator === "!=") return { text: `page != ${text}`, exact: true };
  if (operator === "=") return { text: `page == ${text}`, exact: true };
  return { text: `page >= 0 and page ${operator} ${text}`, exact: true };
}

/** JSON is compared differently by every deployment; what is written here leaves out no row on any of them. */
function onMetadata(key: string, { operator, value }: Filter, literal: Literal): Condition {
  const name = JSON.stringify(key);
  if (/["\\\p{C}]/u.test(key) || !inPlane(key) || operator === "!=" || operator === "~") return unknown;
  const path = `metadata[${name}]`;
  const number = numberOf(value);
  const numeral = number === null ? null : decimal(number);
  if (number !== null && numeral === null) return unknown;
  if (operator !== "=") {
    if (numeral !== null) return { text: `${path} ${operator} ${numeral}`, exact: false };
    return superset(literal(value), (text) => `${path} ${operator} ${text}`);
  }
  // Milvus Lite's grammar takes no negative number as an argument.
  if (number !== null && number < 0) return unknown;
  const also = numeral ?? (value === "true" || value === "false" ? value : null);
  return superset(literal(value), (text) => {
    const candidates = also === null ? [text] : [text, also];
    return candidates
      .flatMap((candidate) => [`${path} == ${candidate}`, `json_contains(${path}, ${candidate})`])
      .join(" or ");
  });
}

function written(text: string | null, write: (text: string) => string): Condition {
  return text === null ? unknown : { text: write(text), exact: true };
}

function superset(text: string | null, write: (text: string) => string): Condition {
  return text === null ? unknown : { text: write(text), exact: false };
}

/** A number as every version's grammar reads it; `null` where it would need an exponent. */
function decimal(number: number): string | null {
  const text = String(number);
  return /^-?\d+(\.\d+)?$/.test(text) ? text : null;
}

/**
 * A string literal with the escapes that every deployment reads. `null` where none is safe: servers mangle what is
 * beyond the basic plane, and other control characters have no escape in common.
 */
export function quote(text: string): string | null {
  if (!inPlane(text)) return null;
  const escaped = text.replaceAll(/["\\\n\r\t]/g, (character) => escapes[character] as string);
  return /\p{Cc}/u.test(escaped) ? null : `"${escaped}"`;
}

const escapes: Record<string, string> = { '"': String.raw`\"`, "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function inPlane(text: string): boolean {
  return !/[\uD800-\uDFFF]/.test(text);
}

/** A condition on keys that are hexadecimal digits. Throws where one is not: it would be a bug. */
export function isOneOf(field: string, keys: readonly string[]): string {
  const strange = keys.find((key) => !/^[0-9a-f]+$/.test(key));
  if (strange !== undefined) throw new TypeError(`${JSON.stringify(strange)} is no key`);
  return `${field} in [${keys.map((key) => `"${key}"`).join(",")}]`;
}
