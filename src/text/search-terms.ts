import { stopWords, stopWordsByLanguage } from "./stop-words.ts";
import { wordSegments } from "./word-segments.ts";

/**
 * The query without the stop words of the language that most of its stop words belong to; whole where nothing would be
 * left. The rest stays as it was written. Abbreviations in capitals (IT, US, WHO) are not stop words.
 *
 * BM25 weighs rare words higher, but in a small collection of documentation "how do I" is rare enough to win.
 */
function withoutStopWords(query: string): string {
  const segments = [...wordSegments(query)].map(({ segment, isWordLike }) => ({
    segment,
    word: isWordLike && !/^\p{Lu}{2,}$/u.test(segment) ? segment.toLowerCase().replaceAll("’", "'") : null,
  }));
  const found = segments.flatMap(({ word }) => (word !== null && stopWords.has(word) ? [word] : []));
  let language: ReadonlySet<string> = stopWordsByLanguage.en;
  const count = (set: ReadonlySet<string>): number => found.filter((word) => set.has(word)).length;
  for (const set of Object.values(stopWordsByLanguage)) if (count(set) > count(language)) language = set;
  const kept = segments.filter(({ word }) => word === null || !language.has(word)).map(({ segment }) => segment);
  const text = kept.join("").replaceAll(/\s+/g, " ").trim();
  return /[\p{L}\p{N}]/u.test(text) ? text : query;
}

/** So much of a query is read; see `wordSegments` for why. */
const readQueryChars = 8000;
const longQueryChars = 1000;
const longQueryWords = 200;

/**
 * What BM25 looks for: the query without its stop words, and of a long one, such as a pasted page, the first 200 words
 * that differ. A page repeats its subject, so more words cost time and find the same.
 */
export function searchTerms(query: string): string {
  const text = withoutStopWords(query.slice(0, readQueryChars).toWellFormed());
  if (text.length <= longQueryChars) return text;
  const words = new Set<string>();
  for (const { segment, isWordLike } of wordSegments(text)) {
    if (isWordLike) words.add(segment);
    if (words.size === longQueryWords) break;
  }
  return words.size === 0 ? text.slice(0, longQueryChars) : [...words].join(" ");
}
