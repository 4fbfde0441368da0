import type {
  Filter,
  FilterField,
  FilterTest,
  FilterValue,
  MetadataScalar,
  OrderOperator,
  StoredChunk,
} from "../types.ts";
import { compareCodePoints } from "../util/compare-code-points.ts";
import { globMatches } from "./glob.ts";
import { headingLines } from "./heading-names.ts";

/** What a filter can look at. */
export type FilterSubject = Pick<StoredChunk, "source" | "title" | "format" | "page" | "heading" | "metadata"> & {
  /** Of the passage; needed by globs over headings alone. */
  text?: string;
};

type StoredValue = MetadataScalar | MetadataScalar[] | null | undefined;

/** Stands between the headings of a path, where a filter compares the path as one string. */
export const HEADING_SEPARATOR = " > ";

/** Whether a chunk meets every condition: the reference for what `Filter` promises, whatever a store can express. */
export function matchesAll(filters: readonly Filter[], subject: FilterSubject): boolean {
  return filters.every(
    (filter) => matches(filter, storedValue(filter.field, subject)) || namesHeadingInside(filter, subject),
  );
}

/** A glob over headings also meets the name of a heading that stands in the passage. */
function namesHeadingInside(filter: Filter, subject: FilterSubject): boolean {
  if (!isHeadingGlob(filter)) return false;
  const { glob } = filter;
  return headingLines(subject).some((name) => globMatches(glob, name));
}

/** Whether a condition looks at the text of a passage, for the headings in it. */
export function isHeadingGlob(filter: Filter): filter is Filter & { operator: "~" } {
  return filter.operator === "~" && filter.field.kind === "own" && filter.field.name === "heading";
}

function storedValue(field: FilterField, subject: FilterSubject): StoredValue {
  if (field.kind === "metadata") {
    return Object.hasOwn(subject.metadata, field.key) ? subject.metadata[field.key] : undefined;
  }
  return field.name === "heading" ? subject.heading.join(HEADING_SEPARATOR) : subject[field.name];
}

function matches(test: FilterTest, stored: StoredValue): boolean {
  if (stored === null || stored === undefined) return test.operator === "!=";
  const elements = Array.isArray(stored) ? stored : [stored];
  switch (test.operator) {
    case "=":
      return elements.some((element) => isEqual(element, test.value));
    case "!=":
      return !elements.some((element) => isEqual(element, test.value));
    case "~":
      return elements.some((element) => globMatches(test.glob, String(element)));
    default:
      return !Array.isArray(stored) && isOrdered(stored, test.operator, test.bound);
  }
}

function isEqual(stored: MetadataScalar, value: FilterValue): boolean {
  switch (typeof stored) {
    case "number":
      return stored === value.number;
    case "boolean":
      return stored === value.boolean;
    default:
      return stored === value.text;
  }
}

function isOrdered(stored: MetadataScalar, operator: OrderOperator, bound: MetadataScalar): boolean {
  if (typeof stored === "number" && typeof bound === "number") return holds(operator, stored - bound);
  if (typeof stored === "string" && typeof bound === "string") return holds(operator, compareCodePoints(stored, bound));
  return false;
}

function holds(operator: OrderOperator, order: number): boolean {
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
