import type { Filter, MetadataScalar, StoredChunk } from "../types.ts";

/** What a filter can look at. */
export type FilterSubject = Pick<StoredChunk, "source" | "title" | "format" | "page" | "heading" | "metadata">;

type FieldValue = MetadataScalar | MetadataScalar[] | null | undefined;

/** Between the headings of a path, where a filter compares the path as one string. */
export const HEADING_SEPARATOR = " > ";

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a filter's value reads as, infinite where it is beyond all others; `null` where it reads as none. */
export function numberOf(value: string): number | null {
  return numberPattern.test(value) ? Number(value) : null;
}

/**
 * Whether a chunk meets a condition: the reference for what `Filter` promises. Stores compile what their engine can do
 * exactly, and leave the rest to this function.
 */
export function matches(filter: Filter, subject: FilterSubject): boolean {
  const stored = fieldValue(filter.field, subject);
  if (stored === null || stored === undefined) return filter.operator === "!=";
  const elements = Array.isArray(stored) ? stored : [stored];
  switch (filter.operator) {
    case "=":
      return elements.some((element) => isEqual(element, filter.value));
    case "!=":
      return !elements.some((element) => isEqual(element, filter.value));
    case "~": {
      const glob = [...filter.value];
      return elements.some((element) => globMatches(glob, [...String(element)]));
    }
    case "<":
    case "<=":
    case ">":
    case ">=": {
      if (Array.isArray(stored)) return false;
      // In metadata, `true` and `false` name booleans, which have no order.
      if (isBoolean(filter.value) && metadataKey(filter.field) !== null) return false;
      const order = compare(stored, filter.value);
      return order !== null && holds(filter.operator, order);
    }
  }
}

/** Whether a chunk meets every condition. */
export function matchesAll(filters: readonly Filter[], subject: FilterSubject): boolean {
  return filters.every((filter) => matches(filter, subject));
}

/** The metadata key that a filter's field names; `null` where it names one of the chunk's own fields. */
export function metadataKey(field: string): string | null {
  if (ownFields.has(field)) return null;
  return field.startsWith("metadata.") ? field.slice("metadata.".length) : field;
}

const ownFields = new Set(["source", "title", "format", "page", "heading"]);

function fieldValue(field: string, subject: FilterSubject): FieldValue {
  switch (field) {
    case "source":
      return subject.source;
    case "title":
      return subject.title;
    case "format":
      return subject.format;
    case "page":
      return subject.page;
    case "heading":
      return subject.heading.join(HEADING_SEPARATOR);
    default: {
      const key = metadataKey(field) ?? field;
      return Object.hasOwn(subject.metadata, key) ? subject.metadata[key] : undefined;
    }
  }
}

function isEqual(stored: MetadataScalar, value: string): boolean {
  switch (typeof stored) {
    case "number":
      return numberOf(value) === stored;
    case "boolean":
      return value === String(stored);
    default:
      return stored === value;
  }
}

function isBoolean(value: string): boolean {
  return value === "true" || value === "false";
}

/** Negative, zero or positive like a comparator; `null` where the two have no order. */
function compare(stored: MetadataScalar, value: string): number | null {
  const number = numberOf(value);
  if (typeof stored === "number") return number === null ? null : stored - number;
  if (typeof stored === "string") return number === null ? compareByCodePoint(stored, value) : null;
  return null;
}

function holds(operator: "<" | "<=" | ">" | ">=", order: number): boolean {
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** JavaScript's own `<` compares UTF-16 code units, which sorts characters above U+FFFF below U+E000. */
function compareByCodePoint(left: string, right: string): number {
  const limit = Math.min(left.length, right.length);
  for (let index = 0; index < limit; index++) {
    if (left[index] === right[index]) continue;
    return codePointRank(left.charCodeAt(index)) - codePointRank(right.charCodeAt(index));
  }
  return left.length - right.length;
}

function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** `*` any run, `?` one character, the rest as written; over the whole value. At most length × length steps. */
function globMatches(glob: readonly string[], value: readonly string[]): boolean {
  let at = 0;
  let globAt = 0;
  let star = -1;
  let starCovers = 0;
  while (at < value.length) {
    if (globAt < glob.length && glob[globAt] === "*") {
      star = globAt++;
      starCovers = at;
    } else if (globAt < glob.length && (glob[globAt] === "?" || glob[globAt] === value[at])) {
      globAt++;
      at++;
    } else if (star >= 0) {
      // Let the last `*` cover one character more, and try again from there.
      globAt = star + 1;
      at = ++starCovers;
    } else {
      return false;
    }
  }
  while (glob[globAt] === "*") globAt++;
  return globAt === glob.length;
}
