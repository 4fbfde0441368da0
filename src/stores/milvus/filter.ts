import type { Filter, FilterField, FilterTest, FilterValue, Glob } from "../../types.ts";
import { decimal, isInBasicPlane, quote } from "./literals.ts";
import type { TemplateValue } from "./wire/protocol.ts";

/** A condition in Milvus's expression language. */
export interface Expression {
  /** Empty: every row. */
  text: string;
  /** The values of the placeholders `{v0}`… in `text`; empty where the server has no templates. */
  values: Record<string, TemplateValue>;
  /** `false`: the server returns every row that meets the filters and others too; `matchesAll` removes the others. */
  exact: boolean;
}

/** What a deployment's expression language can do. */
export interface FilterAbilities {
  /** Values may be sent beside the expression instead of inside. */
  templates: boolean;
}

/** The column that holds a filter's field, by how the expression language compares it. */
export type FilterTarget =
  /** `orNull`: the field may have no value. */
  | { type: "text" | "integer" | "float" | "boolean"; field: string; orNull?: boolean }
  /** An integer or text that filters compare as text. */
  | { type: "key"; field: string; isInteger: boolean }
  /** An array; `elements` is `null` where the language cannot compare their type. */
  | { type: "list"; field: string; elements: "text" | "integer" | null }
  /** The path of a passage as text; a glob also looks at the headings in the passage. */
  | { type: "heading" }
  /** An integer; -1 stands for no page. */
  | { type: "page" }
  /** A value of any type inside JSON. `contains`: its name as an argument of a function; `null` where it has none. */
  | { type: "json"; path: string; contains: string | null }
  /** The expression language cannot name it: `matchesAll` alone compares it. */
  | { type: "opaque" };

/** The fields that the filters of a collection can name. */
export interface FilterScope {
  /** Throws `UserError` where the collection has no such field. */
  target(field: FilterField): FilterTarget;
  /** An expression that no row meets. */
  nothing: string;
}

/** The scope of a collection that this tool made. */
export const ownScope: FilterScope = {
  target(field) {
    if (field.kind === "metadata") return inJson("metadata", field.key);
    if (field.name === "heading") return { type: "heading" };
    return field.name === "page" ? { type: "page" } : { type: "text", field: field.name };
  },
  // Keys are never empty.
  nothing: `id == ""`,
};

/** A key inside a JSON field. `contains`: see `FilterTarget`; the path itself unless told. */
export function inJson(field: string, key: string, contains?: string | null): FilterTarget {
  if (/["\\\p{C}]/u.test(key) || !isInBasicPlane(key)) return { type: "opaque" };
  const path = `${field}[${JSON.stringify(key)}]`;
  return { type: "json", path, contains: contains === undefined ? path : contains };
}

/** A filter as an expression. */
type Condition =
  /** Every row meets it. */
  | { kind: "everything" }
  /** No row meets it. */
  | { kind: "nothing" }
  /** The language cannot express it: every row may meet it. */
  | { kind: "unknown" }
  | { kind: "expression"; text: string; exact: boolean };

/** Writes a text into the expression; `null` where it cannot be written. */
type Literal = (text: string) => string | null;

/**
 * Prints filters in Milvus's expression language. No value can change the meaning of the expression. Conditions on typed
 * fields are exact where the language has them; those on JSON, and most globs, select a superset of the rows. With
 * `json` false, conditions on JSON select every row. Throws `UserError` where the scope has no such field.
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
  const conditions = filters.map(({ field, ...test }) => {
    const target = scope.target(field);
    return target.type === "json" && !json ? unknown : compile(target, test, literal);
  });
  return {
    text: conditions
      .flatMap((condition) => {
        if (condition.kind === "expression") return [`(${condition.text})`];
        return condition.kind === "nothing" ? [`(${scope.nothing})`] : [];
      })
      .join(" and "),
    values,
    exact: conditions.every((one) => (one.kind === "expression" ? one.exact : one.kind !== "unknown")),
  };
}

const everything: Condition = { kind: "everything" };
const nothing: Condition = { kind: "nothing" };
const unknown: Condition = { kind: "unknown" };

function exact(text: string | null): Condition {
  return text === null ? unknown : { kind: "expression", text, exact: true };
}

/** An expression that every row meets which meets the filter, and others may. */
function superset(text: string | null): Condition {
  return text === null ? unknown : { kind: "expression", text, exact: false };
}

function compile(target: FilterTarget, test: FilterTest, literal: Literal): Condition {
  switch (target.type) {
    case "text":
      return orNull(target, test, onText(target.field, test, literal));
    case "integer":
    case "float":
      return orNull(target, test, onNumber(target.field, test, target.type === "float"));
    case "boolean":
      return orNull(target, test, onBoolean(target.field, test));
    case "key":
      return target.isInteger ? onIntegerKey(target.field, test) : onText(target.field, test, literal);
    case "list":
      return onList(target, test, literal);
    case "heading":
      return test.operator === "~" ? unknown : onText("heading", test, literal);
    case "page":
      return onPage(test);
    case "json":
      return onJson(target, test, literal);
    case "opaque":
      return unknown;
  }
}

/** A row without a value meets every `!=`; the comparison alone leaves it out. */
function orNull(
  target: { field: string; orNull?: boolean },
  { operator }: FilterTest,
  condition: Condition,
): Condition {
  if (target.orNull !== true || operator !== "!=" || condition.kind !== "expression") return condition;
  return { ...condition, text: `${condition.text} or ${target.field} is null` };
}

function onText(field: string, test: FilterTest, literal: Literal): Condition {
  if (test.operator === "~") return onGlob(field, test.glob, literal);
  const text = "value" in test ? test.value.text : test.bound;
  // Neither numbers nor booleans have an order with a stored string.
  if (typeof text !== "string") return nothing;
  return compared(field, test.operator, literal(text));
}

/** The text before the first wildcard is what `like` can look for. */
function onGlob(field: string, glob: Glob, literal: Literal): Condition {
  const [first = { literal: "" }, second] = glob;
  if (typeof first === "string") return unknown;
  if (second === undefined) return compared(field, "=", literal(first.literal));
  if (/[%_\\"]/.test(first.literal) || !isInBasicPlane(first.literal)) return unknown;
  // `like` takes a literal pattern in every version.
  const text = `${field} like ${JSON.stringify(`${first.literal}%`)}`;
  return second === "any" && glob.length === 2 ? exact(text) : superset(text);
}

/** Servers compare an integer field with integers alone, and a field of 32 bits rounds what it holds. */
function onNumber(field: string, test: FilterTest, isFloat: boolean): Condition {
  if (test.operator === "~") return unknown;
  const { operator } = test;
  const number = numberIn(test);
  if (number === null) return operator === "!=" ? everything : nothing;
  const text = decimal(number);
  if (text === null || (!isFloat && Math.abs(number) > Number.MAX_SAFE_INTEGER)) return unknown;
  if (isFloat) return operator === "!=" ? unknown : superset(`${field} ${signs[operator]} ${text}`);
  if (Number.isInteger(number)) return compared(field, operator, text);
  if (operator === "=" || operator === "!=") return operator === "=" ? nothing : everything;
  return exact(`${field} ${operator.startsWith(">") ? ">" : "<="} ${Math.floor(number)}`);
}

function onBoolean(field: string, test: FilterTest): Condition {
  if (test.operator === "~") return unknown;
  // Booleans have no order.
  if (!("value" in test)) return nothing;
  if (test.value.boolean === null) return test.operator === "=" ? nothing : everything;
  return compared(field, test.operator, String(test.value.boolean));
}

/** Reads the key from its text, so that keys beyond what a number holds exactly are compared digit by digit. */
function onIntegerKey(field: string, test: FilterTest): Condition {
  if (!("value" in test)) return unknown;
  const { text } = test.value;
  const isKey = /^(?:0|-?[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
  if (isKey) return compared(field, test.operator, text);
  return test.operator === "=" ? nothing : everything;
}

/** One element is enough. */
function onList(
  { field, elements }: { field: string; elements: "text" | "integer" | null },
  test: FilterTest,
  literal: Literal,
): Condition {
  if (test.operator !== "=" || elements === null) return unknown;
  const { text } = test.value;
  // Milvus Lite's grammar takes no negative number as an argument.
  const element = elements === "text" ? literal(text) : /^\d{1,15}$/.test(text) ? String(Number(text)) : null;
  return superset(element && `array_contains(${field}, ${element})`);
}

function onPage(test: FilterTest): Condition {
  if (test.operator === "~") return superset("page >= 0");
  const { operator } = test;
  const number = numberIn(test);
  if (number === null) return operator === "!=" ? everything : nothing;
  const text = decimal(number);
  if (text === null || number < 0) return operator === "!=" ? unknown : superset("page >= 0");
  if (operator === "=" || operator === "!=") return compared("page", operator, text);
  return exact(`page >= 0 and page ${operator} ${text}`);
}

/** Every deployment compares JSON differently; these expressions leave out no matching row on any of them. */
function onJson(
  { path, contains }: { path: string; contains: string | null },
  test: FilterTest,
  literal: Literal,
): Condition {
  switch (test.operator) {
    case "=":
      return equalsJson(path, contains, test.value, literal);
    case "!=":
    case "~":
      return unknown;
    default: {
      if (typeof test.bound === "boolean") return nothing;
      const bound = typeof test.bound === "number" ? decimal(test.bound) : literal(test.bound);
      return superset(bound && `${path} ${test.operator} ${bound}`);
    }
  }
}

function equalsJson(
  path: string,
  contains: string | null,
  { text, number, boolean }: FilterValue,
  literal: Literal,
): Condition {
  // Milvus Lite's grammar takes no negative number as an argument.
  if (contains === null || (number !== null && number < 0)) return unknown;
  const numeral = number === null ? null : decimal(number);
  // No stored number is infinite: only a text equals a value that reads as one, such as a hash of digits and an `e`.
  if (number !== null && numeral === null && Number.isFinite(number)) return unknown;
  const typed = numeral ?? (boolean === null ? null : String(boolean));
  const written = literal(text);
  if (written === null) return unknown;
  return superset(
    [written, ...(typed === null ? [] : [typed])]
      .flatMap((candidate) => [`${path} == ${candidate}`, `json_contains(${contains}, ${candidate})`])
      .join(" or "),
  );
}

/** The number that a test compares with; `null` where it compares with none. */
function numberIn(test: Exclude<FilterTest, { operator: "~" }>): number | null {
  if ("value" in test) return test.value.number;
  return typeof test.bound === "number" ? test.bound : null;
}

const signs = { "=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" } as const;

function compared(field: string, operator: keyof typeof signs, value: string | null): Condition {
  return exact(value && `${field} ${signs[operator]} ${value}`);
}
