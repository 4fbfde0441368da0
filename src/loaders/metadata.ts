import type { Metadata } from "../types.ts";

/** What a document says about itself, before it is known which values are there. */
export type MetadataDraft = Record<string, string | number | readonly string[] | null | undefined>;

/** The entries that have a value; white space in strings is made one space. Lists keep their order, each value once. */
export function toMetadata(draft: MetadataDraft): Metadata {
  const metadata: Metadata = {};
  for (const [key, value] of Object.entries(draft)) {
    if (value === null || value === undefined) continue;
    if (typeof value === "number") metadata[key] = value;
    else if (typeof value === "string") {
      const line = oneLine(value);
      if (line !== "") metadata[key] = line;
    } else {
      const values = [...new Set(value.map(oneLine))].filter((item) => item !== "");
      if (values.length > 0) metadata[key] = values;
    }
  }
  return metadata;
}

/** `a, b; c` → `["a", "b", "c"]`: how keywords are written in one field. */
export function keywordList(value: string | null | undefined): string[] {
  return (value ?? "").split(/[,;、，]/).map(oneLine);
}

/**
 * A date as ISO 8601, which sorts and compares as a string: `2024-05-01` where only a day is given, else UTC with
 * milliseconds. `null` for what is no date.
 */
export function isoDate(value: string | Date | null | undefined): string | null {
  if (value === null || value === undefined || value === "") return null;
  const isDay = typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value.trim());
  if (isDay) return Number.isNaN(Date.parse(value.trim())) ? null : value.trim();
  const date = value instanceof Date ? value : new Date(value.trim());
  return Number.isNaN(date.getTime()) || !/\d{4}/.test(String(value)) ? null : date.toISOString();
}

/** White space and control characters made one space. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\u200B\uFEFF]+/gu, " ").trim();
}
