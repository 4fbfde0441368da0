import { UserError } from "../../errors.ts";
import { globMatches, parseGlob } from "../../filters/glob.ts";
import type { Store } from "../../stores/types.ts";
import { findCollection } from "./collections.ts";

/**
 * The collections that names and globs stand for, each once, in the order of the patterns. Throws `UserError`
 * `collection-not-found` for a name that is not there, and for a glob that matches none.
 */
export async function matchingNames(store: Store, patterns: readonly string[]): Promise<string[]> {
  const names = await store.list();
  const found = new Set<string>();
  for (const pattern of patterns) {
    const glob = parseGlob(pattern);
    const isGlob = glob.some((part) => typeof part === "string");
    const matching = names.filter((name) => (isGlob ? globMatches(glob, name) : name === pattern));
    if (matching.length === 0) {
      // Its message names what is near.
      if (!isGlob) await findCollection(store, pattern);
      const existing = names.length === 0 ? "it holds no collection yet" : `it holds: ${names.join(", ")}`;
      throw new UserError(
        "collection-not-found",
        `no collection in ${store.location} matches ${pattern}; ${existing}`,
        {
          hint: "name collections, or a glob that matches some",
        },
      );
    }
    for (const name of matching) found.add(name);
  }
  return [...found];
}
