import { UserError } from "../../../errors.ts";
import { usualFusion } from "../../../types.ts";
import { collectionLanguages, questionTerms, questionWords } from "../../shared/bm25-terms.ts";
import { checkVector } from "../../shared/check-vector.ts";
import { fuse } from "../../shared/fusion.ts";
import { mostCounted, wordFrequencies } from "../../shared/word-frequencies.ts";
import type { Collection, Manifest } from "../../types.ts";
import { anyRow, countRows, everyRow } from "../reader.ts";
import type { SearchedCollection } from "../search/calls.ts";
import { countHolders, modesOf, searchMilvus } from "../search/search.ts";
import { isCommitRecord, quoted } from "./conditions.ts";

/**
 * Searches a collection that this tool made. The engine's BM25 gets the words of a question in the form in which it has
 * those of the passages: prepared for its own analyzer (form 1), or as the terms of the collection's languages (form
 * 2).
 */
export function questionsTo(
  rows: SearchedCollection,
  manifest: Manifest,
  has: { vectors: boolean; bm25: boolean },
): Pick<Collection, "modes" | "search" | "wordFrequencies"> {
  const { dialect, name } = rows;
  const modes = modesOf(has.vectors, has.bm25);

  const languages = collectionLanguages(async (known) => {
    const isOther = known.length === 0 ? "" : ` and language not in [${known.map(quoted).join(",")}]`;
    const row = await anyRow(rows, { ...everyRow, text: `${isCommitRecord}${isOther}` }, ["language"]);
    return row === null ? null : (row["language"] as string);
  });

  const isForm1 = manifest.schemaVersion === 1;
  const prepared = (terms: string): string =>
    isForm1 ? dialect.prepareWords(manifest.analyzer, terms) : dialect.encodeTerms(terms);

  return {
    modes,

    async search(request) {
      if (request.mode !== "text") checkVector(request.vector, manifest, name);
      if (!modes.includes(request.mode)) throw noTextIndex(name, dialect.product);
      if (request.mode === "dense") return searchMilvus(rows, request);
      const words = isForm1 ? questionWords(request.text) : await questionTerms(request.text, languages);
      const text = prepared(words);
      if (text !== "") return searchMilvus(rows, { ...request, text });
      // BM25 finds nothing without a word to look for.
      if (request.mode === "text") return [];
      const dense = await searchMilvus(rows, { ...request, mode: "dense" });
      return fuse({ dense, text: [] }, request.fusion ?? usualFusion, { limit: request.limit });
    },

    async wordFrequencies(text) {
      if (!has.bm25) return null;
      return wordFrequencies(text, {
        manifest,
        languages,
        countChunks: () => countRows(rows),
        countHolders: (lists) => {
          const asked = lists.map((terms) => prepared(terms.join(" ")));
          return countHolders(rows, asked, mostCounted);
        },
      });
    },
  };
}

function noTextIndex(name: string, product: string): UserError {
  return new UserError("no-text-index", `collection "${name}" has no BM25 index: ${product} made it`, {
    hint: "BM25 needs Milvus 2.5 or later; search with --mode dense, or update the server and ingest with --recreate",
  });
}
