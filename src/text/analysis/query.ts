import { loadAnalyzer } from "./analyzer.ts";
import type { Language } from "./language.ts";
import { stopWordsOf } from "./stop-words.ts";

/** So much of a query is read, in UTF-16 code units, and so many of its different words are looked for. */
const longestQuery = 8000;
const mostWords = 200;

export interface QueryWord {
  /** As it is written in the query. */
  word: string;
  /** The terms that documents have for it, those of all languages; never empty. */
  terms: string[];
}

/**
 * The words of a query that carry its subject, in order, each with its terms. `languages` are those that the collection
 * holds: the words are analysed for each of them, unless the stop words of the query tell which one it is in. The terms
 * of other languages would do harm then: the Spanish stem of an English word is in one or two documents, and so rare a
 * term outweighs all others. Where all words are stop words, all are kept.
 */
export async function queryWords(query: string, languages: readonly Language[]): Promise<QueryWord[]> {
  return (await queryAnalysis(query, languages)).words;
}

/** `queryWords`, and the languages that the words were analysed for. */
export async function queryAnalysis(
  query: string,
  languages: readonly Language[],
): Promise<{ words: QueryWord[]; languages: Language[] }> {
  const text = query.slice(0, longestQuery).toWellFormed();
  const candidates: { language: Language; words: QueryWord[]; subject: QueryWord[]; stopWords: number }[] = [];
  for (const language of languages) {
    const stopWords = stopWordsOf(language);
    const analyzed = (await loadAnalyzer(language)).queryWords(text);
    const subject = analyzed.map(({ word, terms }) => ({
      word,
      // IT, US and WHO are names.
      terms: terms.filter(({ from }) => /^\p{Lu}{2,}$/u.test(word) || !stopWords.has(from)).map(({ term }) => term),
    }));
    candidates.push({
      language,
      words: analyzed.map(({ word, terms }) => ({ word, terms: terms.map(({ term }) => term) })),
      subject: subject.filter(({ terms }) => terms.length > 0),
      stopWords: subject.filter(({ terms }) => terms.length === 0).length,
    });
  }
  const told = toldLanguage(candidates);
  const chosen = told === null ? candidates : [told];
  const found = merged(chosen.map(({ subject }) => subject));
  return {
    words: found.length > 0 ? found : merged(chosen.map(({ words }) => words)),
    languages: chosen.map(({ language }) => language),
  };
}

/** The terms of a query, each once: a document that has any of them is a hit. */
export async function analyzeQuery(query: string, languages: readonly Language[]): Promise<string[]> {
  return [...new Set((await queryWords(query, languages)).flatMap(({ terms }) => terms))];
}

/** The candidate that has at least two stop words, and twice as many as any other. */
function toldLanguage<Candidate extends { stopWords: number }>(candidates: readonly Candidate[]): Candidate | null {
  const [first, second] = [...candidates].sort((a, b) => b.stopWords - a.stopWords);
  if (first === undefined || first.stopWords < 2) return null;
  return second === undefined || first.stopWords >= 2 * second.stopWords ? first : null;
}

/** Each word once, with the terms of all languages. */
function merged(lists: readonly (readonly QueryWord[])[]): QueryWord[] {
  const words = new Map<string, Set<string>>();
  for (const list of lists) {
    for (const { word, terms } of list) {
      const known = words.get(word) ?? new Set();
      for (const term of terms) known.add(term);
      words.set(word, known);
    }
  }
  return [...words].slice(0, mostWords).map(([word, terms]) => ({ word, terms: [...terms] }));
}
