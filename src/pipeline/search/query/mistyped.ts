import type { ReadableCollection, ScoredChunk } from "../../../stores/types.ts";
import { textTokens } from "../../../text/analysis/words.ts";
import { likeliestWord, mistypedLetters, nearWords } from "../../../text/query/near-words.ts";
import { stopWords } from "../../../text/stop-words.ts";

/** A word that the collection does not hold, and the one that it is taken for. */
export interface Correction {
  word: string;
  meant: string;
}

/** Words of a query that are looked at: a page that was pasted is no place for corrections. */
const mostWords = 20;

/**
 * The words of a query that occur nowhere in the collection and are nearly one that does. `hits`: what the query found;
 * a word that stands there is not asked about, so that an ordinary query costs nothing. `literal`: words that are meant as
 * they are written.
 */
export async function mistypedWords(
  collection: ReadableCollection,
  query: { text: string; hits: readonly ScoredChunk[]; literal: readonly string[] },
): Promise<Correction[]> {
  if (!collection.modes.includes("text")) return [];
  const literal = new Set(query.literal.flatMap(textTokens));
  const words = [...new Set(textTokens(query.text))].filter((word) => mistypedLetters(word) > 0 && !literal.has(word));
  if (words.length > mostWords) return [];
  const texts = query.hits.map(({ chunk }) => chunk.context + chunk.text);
  const seen = texts.map((text) => text.toLowerCase());
  const corrections: Correction[] = [];
  for (const word of words) {
    const small = word.toLowerCase();
    // Whatever its ending there; what this overlooks, such as an accent, the store is asked about.
    const beginning = small.slice(0, Math.max(4, word.length - 3));
    if (stopWords.has(small) || seen.some((text) => text.includes(beginning))) continue;
    if (await isHeld(collection, word)) continue;
    const meant = await meantBy(collection, word, texts);
    if (meant !== null) corrections.push({ word, meant });
  }
  return corrections;
}

async function isHeld(collection: ReadableCollection, word: string): Promise<boolean> {
  return (await collection.search({ mode: "text", text: word, vector: null, limit: 1, filters: [] })).length > 0;
}

async function meantBy(collection: ReadableCollection, word: string, found: readonly string[]): Promise<string | null> {
  const distance = mistypedLetters(word);
  const texts = collection.foreign === undefined ? await collection.textsWithWordLike(word, distance) : found;
  return likeliestWord(nearWords(texts, word, distance), word);
}

/** The query with each mistyped word replaced. */
export function corrected(text: string, corrections: readonly Correction[]): string {
  return corrections.reduce((query, { word, meant }) => {
    const literal = word.replaceAll(/[^\p{L}\p{N}]/gu, String.raw`\$&`);
    return query.replaceAll(new RegExp(String.raw`(?<![\p{L}\p{N}\p{M}])${literal}(?![\p{L}\p{N}\p{M}])`, "gu"), meant);
  }, text);
}
