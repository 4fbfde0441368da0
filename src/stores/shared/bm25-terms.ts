import { ANALYSIS_VERSION, type Analyzer, loadAnalyzer } from "../../text/analysis/analyzer.ts";
import { type Language, languageOf } from "../../text/analysis/language.ts";
import { analyzeQuery } from "../../text/analysis/query.ts";
import { searchTerms } from "../../text/search-terms.ts";
import type { StoredChunk } from "../../types.ts";
import type { Manifest, NewManifest } from "../types.ts";

/** The manifest of a new collection, whose rows have the form that this version writes. */
export function manifestOfForm2(made: NewManifest, { bm25 }: { bm25: boolean }): Manifest {
  return { ...made, schemaVersion: 2, analyzer: bm25 ? "multilingual" : "none", analysis: ANALYSIS_VERSION };
}

/** Whether this version of the tool can read a collection. */
export function isReadable({ schemaVersion, analysis = 0 }: Manifest): boolean {
  return schemaVersion <= 2 && analysis <= ANALYSIS_VERSION;
}

/** What BM25 reads of a chunk: the terms of its context and text in their order, separated by single spaces. */
export type TermsOf = (chunk: Pick<StoredChunk, "language" | "context" | "text" | "terms">) => string;

/** Loads the analyzers of the languages whose chunks come without terms. */
export async function loadTermsOf(chunks: readonly Pick<StoredChunk, "language" | "terms">[]): Promise<TermsOf> {
  const analyzers = new Map<string, Analyzer>();
  for (const { language, terms } of chunks) {
    if (terms === undefined && !analyzers.has(language)) {
      analyzers.set(language, await loadAnalyzer(languageOf(language)));
    }
  }
  return ({ language, context, text, terms }) =>
    terms ?? (analyzers.get(language) as Analyzer).documentTerms(context + text);
}

/** One language of a commit record that is not in this list; `null` where the collection holds no other. */
export type OtherLanguage = (known: readonly string[]) => Promise<string | null>;

/** The languages of a collection; those found once are not asked for again. */
export function collectionLanguages(otherLanguage: OtherLanguage): () => Promise<Language[]> {
  const known = new Set<string>();
  return async () => {
    for (;;) {
      const other = await otherLanguage([...known]);
      if (other === null || known.has(other)) break;
      known.add(other);
    }
    return [...new Set([...known].map(languageOf))];
  };
}

/** What `find` gives, asked for once as long as `version` stays the same; a failure is not kept. */
export function oncePerVersion<Result>(version: () => number, find: () => Promise<Result>): () => Promise<Result> {
  let kept: { version: number; found: Promise<Result> } | null = null;
  return () => {
    if (kept !== null && kept.version === version()) return kept.found;
    const asked = { version: version(), found: find() };
    kept = asked;
    asked.found.catch(() => {
      if (kept === asked) kept = null;
    });
    return asked.found;
  };
}

/**
 * What BM25 looks for in a collection of form 2: the terms of the question in the collection's languages, separated by
 * spaces.
 */
export async function questionTerms(question: string, languages: () => Promise<Language[]>): Promise<string> {
  return (await analyzeQuery(question, await languages())).join(" ");
}

/** What BM25 looks for where the engine finds the words: the question without its stop words. */
export const questionWords = searchTerms;
