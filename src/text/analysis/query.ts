import { type AnalyzedWord, loadAnalyzer } from "./analyzer.ts";
import type { Language } from "./language.ts";
import { queryStopWords } from "./stop-words.ts";

/**
 * The words of a query with their terms in every language of a collection: a document's words were stemmed in its own
 * language, and the language of a query of two words cannot be told.
 */
export async function analyzeQuery(query: string, languages: readonly Language[]): Promise<string[]> {
  const terms = new Set<string>();
  const stop = queryStopWords(query, languages);
  const all: AnalyzedWord[][] = [];
  for (const language of languages) all.push((await loadAnalyzer(language)).queryWords(query));
  for (const words of all) {
    for (const { word, terms: own } of words) {
      const abbreviation = /^\p{Lu}{2,}$/u.test(word);
      for (const { term, from } of own) if (abbreviation || !stop.has(from)) terms.add(term);
    }
  }
  if (terms.size > 0) return [...terms];
  return [...new Set(all.flatMap((words) => words.flatMap(({ terms }) => terms.map(({ term }) => term))))];
}
