import { fileStem } from "../../files/file-stem.ts";
import type { Hit } from "../../types.ts";
import type { EvalQuestion, Reference } from "./question-set.ts";

/** Knows which stored documents a set means by its names. */
export interface DocumentMatcher {
  /** The reference of a question that a hit's document is; `null` where it is none of them. */
  referenceOf(hit: Pick<Hit, "source" | "metadata">, references: readonly Reference[]): Reference | null;
  /** The stored source that a name means; `null` where no source is called so. */
  sourceOf(name: string): string | null;
  /** Names that no stored source has, and no hit so far had as its `_id`. */
  missing(): string[];
}

/**
 * Matches the names of a set with stored sources. A name means the source that it is; else the one source that ends with
 * it, from a slash on; else the one source whose file name it is without the extension. A document whose metadata has an
 * `_id` is also meant by that. A name that fits several sources equally means all of them.
 */
export function matchDocuments(questions: readonly EvalQuestion[], sources: readonly string[]): DocumentMatcher {
  const stems = new Map<string, string[]>();
  for (const source of sources) {
    const ends = source.split("/").map((_, index, parts) => parts.slice(index).join("/"));
    for (const name of new Set([...ends, fileStem(source)])) stems.set(name, [...(stems.get(name) ?? []), source]);
  }
  const exact = new Set(sources);
  const meant = new Map<string, readonly string[]>();
  for (const { document } of questions.flatMap(({ references }) => references)) {
    const name = document.replace(/^\.\//, "");
    meant.set(document, exact.has(name) ? [name] : (stems.get(name) ?? []));
  }
  const seen = new Set<string>();
  return {
    referenceOf({ source, metadata }, references) {
      const id = metadata["_id"] === undefined ? null : String(metadata["_id"]);
      const found = references.find(({ document }) => document === id || meant.get(document)?.includes(source));
      if (found !== undefined) seen.add(found.document);
      return found ?? null;
    },
    sourceOf: (name) => meant.get(name)?.[0] ?? null,
    missing: () => [...meant].filter(([name, found]) => found.length === 0 && !seen.has(name)).map(([name]) => name),
  };
}
