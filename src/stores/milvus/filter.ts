import type { Filter } from "../../types.ts";
import { metadataKey, numberOf } from "../../filters/match.ts";
import type { TemplateValue } from "./wire/protocol.ts";

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

/** Where a collection keeps what a filter names, by how the expression language compares it. */
export type FilterTarget =
  /** `orNull`: the field may have no value. */
  | { type: "text" | "integer" | "float" | "boolean"; field: string; orNull?: boolean }
  /** An integer or text that filters see as text. */
  | { type: "key"; field: string; isInteger: boolean }
  /** An array; `null` where its elements are of a type that no filter reaches. */
  | { type: "list"; field: string; elements: "text" | "integer" | null }
  /** An integer of which -1 stands for none. */
  | { type: "page" }
  /** A value of any type inside JSON. `contains`: how a function names it; `null` where none can. */
  | { type: "json"; path: string; contains: string | null }
  /** Read by `matchesAll` alone. */
  | { type: "opaque" };

/** What the filters of a collection can name. */
export interface FilterScope {
  /** Throws `UserError` where nothing in the collection answers to the name. */
  target(field: string): FilterTarget;
  /** Met by no row. */
  nothing: string;
}

/** Of a collection that this tool made. */
export const ownScope: FilterScope = {
  target(field) {
    switch (field) {
      case "source":
      case "title":
      case "format":
      case "heading":
        return { type: "text", field };
      case "page":
        return { type: "page" };
      default:
        return inJson("metadata", metadataKey(field) ?? field);
    }
  },
  // Keys are never empty.
  nothing: `id == ""`,
};

/** A key inside a JSON field. `contains`: where functions call it otherwise. */
export function inJson(field: string, key: string, contains?: string | null): FilterTarget {
  if (/["\\\p{C}]/u.test(key) || !inPlane(key)) return { type: "opaque" };
  const path = `${field}[${JSON.stringify(key)}]`;
  return { type: "json", path, contains: contains === undefined ? path : contains };
}

/**
 * Compiles filters so that no value can change the meaning of the expression. Conditions on typed fields are exact where
 * the language has them; those on JSON, and globs, narrow the rows down to a superset. With `json` false, conditions on
 * JSON narrow nothing down. Throws `UserError` where the scope knows no such field.
 */
export function compileFilters(
  filters: readonly Filter[],
  abilities: FilterAbilities,
  { scope = ownScope, json = true }: { scope?: FilterScope; json?: boolean } = {},
): Expression {
  const values: Record<string, TemplateValue> = {};
  const literal = abilities.templates
    ? (text: string): string => {
        const name = `v${Object.keys(values).length}`;
        values[name] = { string_val: text };
        return `{${name}}`;
      }
    : quote;
  const conditions = filters.map((filter) => {
    const target = scope.target(filter.field);
    return target.type === "json" && !json ? unknown : compile(target, filter, literal);
  });
  return {
    text: conditions
      .flatMap((condition) => (condition === nothing ? [scope.nothing] : (condition.text ?? [])))
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
/** Stands for the scope's own. */
const nothing: Condition = { text: null, exact: true };

function compile(target: FilterTarget, filter: Filter, literal: Literal): Condition {
  switch (target.type) {
    case "text":
      return orNull(target, filter, onText(target.field, filter, literal));
    case "integer":
    case "float":
      return orNull(target, filter, onNumber(target.field, filter, target.type === "float"));
    case "boolean":
      return orNull(target, filter, onBoolean(target.field, filter));
    case "key":
      return target.isInteger ? onIntegerKey(target.field, filter) : onText(target.field, filter, literal);
    case "list":
      return onList(target, filter, literal);
    case "page":
      return onPage(filter);
    case "json":
      return onJson(target, filter, literal);
    case "opaque":
      return unknown;
  }
}

/** What has no value differs from every value, and a comparison alone would leave it out. */
function orNull(target: { field: string; orNull?: boolean }, { operator }: Filter, condition: Condition): Condition {
  if (target.orNull !== true || operator !== "!=" || condition.text === null) return condition;
  return { ...condition, text: `${condition.text} or ${target.field} is null` };
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

/** Servers compare an integer field with integers alone, and a field of 32 bits rounds what it holds. */
function onNumber(field: string, { operator, value }: Filter, isFloat: boolean): Condition {
  if (operator === "~") return unknown;
  const number = numberOf(value);
  if (number === null) return operator === "!=" ? everything : nothing;
  const text = decimal(number);
  if (text === null || (!isFloat && Math.abs(number) > Number.MAX_SAFE_INTEGER)) return unknown;
  const comparison = operator === "=" ? "==" : operator;
  if (isFloat) return operator === "!=" ? unknown : { text: `${field} ${comparison} ${text}`, exact: false };
  if (Number.isInteger(number)) return { text: `${field} ${comparison} ${text}`, exact: true };
  if (operator === "=" || operator === "!=") return operator === "=" ? nothing : everything;
  return { text: `${field} ${operator.startsWith(">") ? ">" : "<="} ${Math.floor(number)}`, exact: true };
}

function onBoolean(field: string, { operator, value }: Filter): Condition {
  if (operator === "~") return unknown;
  const isTruth = value === "true" || value === "false";
  if (operator === "=") return isTruth ? { text: `${field} == ${value}`, exact: true } : nothing;
  if (operator === "!=") return isTruth ? { text: `${field} != ${value}`, exact: true } : everything;
  // Truth has no order.
  return nothing;
}

/** As text, so that keys beyond what a number holds exactly are compared digit by digit. */
function onIntegerKey(field: string, { operator, value }: Filter): Condition {
  if (operator !== "=" && operator !== "!=") return unknown;
  const isKey = /^(?:0|-?[1-9]\d{0,18})$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value);
  if (isKey) return { text: `${field} ${operator === "=" ? "==" : "!="} ${value}`, exact: true };
  return operator === "=" ? nothing : everything;
}

/** One element is enough. */
function onList(
  { field, elements }: { field: string; elements: "text" | "integer" | null },
  { operator, value }: Filter,
  literal: Literal,
): Condition {
  if (operator !== "=" || elements === null) return unknown;
  // Milvus Lite's grammar takes no negative number as an argument.
  const element = elements === "text" ? literal(value) : /^\d{1,15}$/.test(value) ? String(Number(value)) : null;
  return superset(element, (text) => `array_contains(${field}, ${text})`);
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
function onJson(
  { path, contains }: { path: string; contains: string | null },
  { operator, value }: Filter,
  literal: Literal,
): Condition {
  if (operator === "!=" || operator === "~") return unknown;
  const number = numberOf(value);
  const numeral = number === null ? null : decimal(number);
  // No stored number is infinite: what equals such a value is text, as hashes of digits and an `e` are.
  const isText = operator === "=" && number !== null && !Number.isFinite(number);
  if (number !== null && numeral === null && !isText) return unknown;
  if (operator !== "=") {
    if (numeral !== null) return { text: `${path} ${operator} ${numeral}`, exact: false };
    return superset(literal(value), (text) => `${path} ${operator} ${text}`);
  }
  // Milvus Lite's grammar takes no negative number as an argument.
  if (contains === null || (number !== null && number < 0)) return unknown;
  const also = numeral ?? (value === "true" || value === "false" ? value : null);
  return superset(literal(value), (text) => {
    const candidates = also === null ? [text] : [text, also];
    return candidates
      .flatMap((candidate) => [`${path} == ${candidate}`, `json_contains(${contains}, ${candidate})`])
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
