import { UserError } from "../../errors.ts";
import type { CommonFlags } from "./flags.ts";

/** What `--collection` and `--boost` say of several collections. */
export interface CollectionPatterns {
  /** Names and globs, in the order in which they were given. */
  patterns: string[];
  /** How much the ranks of a collection count, by its name; 1 where it is not set. */
  boosts: ReadonlyMap<string, number>;
}

/**
 * The names and globs of `--collection`, which may be repeated and comma-separated; `null` where one collection is meant,
 * by its name or as it is configured. Throws `UserError` `usage` where `--boost` is given with one collection.
 */
export function collectionPatterns(
  written: string | undefined,
  boosts: ReadonlyMap<string, number> = new Map(),
): CollectionPatterns | null {
  const patterns = [...new Set((written ?? "").split(",").map((name) => name.trim()))].filter((name) => name !== "");
  if (isSeveral(written)) return { patterns, boosts };
  if (boosts.size === 0) return null;
  throw new UserError("usage", "--boost compares collections, and one is searched", {
    hint: "name several, as in: --collection docs,blog --boost docs=1.5",
  });
}

/** Whether a text names several collections, or may. */
export function isSeveral(written: string | undefined): boolean {
  return written !== undefined && /[,*?]/.test(written);
}

/** The flags without `--collection`, which a configuration takes as one name. */
export function withoutCollection<Flags extends CommonFlags>(flags: Flags): Flags {
  const { collection: _, ...rest } = flags;
  return rest as Flags;
}
