import { UserError } from "../errors.ts";
import type { Filter, FilterField, FilterOperator, FilterTest, OwnField } from "../types.ts";
import { parseGlob } from "./glob.ts";

/** Characters of a glob at most. An engine that compiles globs to regular expressions limits their size. */
const MAX_GLOB_LENGTH = 1_000;

const ownFields: ReadonlySet<string> = new Set<OwnField>(["source", "title", "format", "page", "heading"]);

const numberPattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a text reads as, infinite where it is too large for a number; `null` where it reads as none. */
export function numberOf(text: string): number | null {
  return numberPattern.test(text) ? Number(text) : null;
}

/**
 * The condition that a user wrote as a field, an operator and a value. Throws `UserError` `invalid-filter` for a glob
 * of more than 1,000 characters.
 */
export function createFilter(field: string, operator: FilterOperator, value: string): Filter {
  const parsed = parseField(field);
  return { field: parsed, ...parseTest(parsed, operator, value) };
}

function parseField(name: string): FilterField {
  if (ownFields.has(name)) return { kind: "own", name: name as OwnField };
  return { kind: "metadata", key: name.startsWith("metadata.") ? name.slice("metadata.".length) : name };
}

function parseTest(field: FilterField, operator: FilterOperator, text: string): FilterTest {
  const number = numberOf(text);
  const boolean = text === "true" || text === "false" ? text === "true" : null;
  switch (operator) {
    case "=":
    case "!=":
      return { operator, value: { text, number, boolean } };
    case "~":
      if (text.length > MAX_GLOB_LENGTH) throw tooLong(text);
      return { operator, glob: parseGlob(text) };
    default:
      // The chunk's own fields hold no booleans, so `true` is a word there.
      return { operator, bound: number ?? (field.kind === "own" ? text : (boolean ?? text)) };
  }
}

function tooLong(glob: string): UserError {
  const message = `the glob of a filter has ${glob.length.toLocaleString("en")} characters: "${glob.slice(0, 40)}…"`;
  return new UserError("invalid-filter", message, {
    hint: `a glob has up to ${MAX_GLOB_LENGTH.toLocaleString("en")} characters; a value without * and ? is compared with =`,
  });
}
