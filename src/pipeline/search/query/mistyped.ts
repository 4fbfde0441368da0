import type { ReadableCollection, ScoredChunk } from "../../../stores/types.ts";
import { textTokens } from "../../../text/analysis/words.ts";
import { type NearWord, likeliestWord, mistypedLetters, nearWords } from "../../../text/query/near-words.ts";
import { contentWords } from "../../../text/content-words.ts";
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
 * they are written; `leastLetters`: shorter words are left alone; `isHeldElsewhere`: whether another collection that is
 * searched at the same time holds a word, which is not mistyped then.
 */
export async function mistypedWords(
  collection: ReadableCollection,
  query: {
    text: string;
    hits: readonly ScoredChunk[];
    literal: readonly string[];
    leastLetters: number;
    isHeldElsewhere(word: string): Promise<boolean>;
  },
): Promise<Correction[]> {
  if (!collection.modes.includes("text")) return [];
  const literal = new Set(query.literal.flatMap(textTokens));
  const words = [...new Set(textTokens(query.text))].filter(
    (word) => word.length >= query.leastLetters && mistypedLetters(word) > 0 && !literal.has(word),
  );
  if (words.length > mostWords) return [];
  const texts = query.hits.map(({ chunk }) => chunk.context + chunk.text);
  const seen = texts.map((text) => text.toLowerCase()).join("\n");
  const [firstWord] = textTokens(query.text);
  const corrections: Correction[] = [];
  for (const word of words) {
    if (stopWords.has(word.toLowerCase()) || isSeen(word.toLowerCase(), seen)) continue;
    if (await holdsWord(collection, word)) continue;
    if (await query.isHeldElsewhere(word)) continue;
    const near = await wordsLike(collection, word, texts);
    const isName = word !== firstWord && /^\p{Lu}/u.test(word);
    const meant = likeliestWord(isName ? near.filter(isNameToo) : near, word);
    if (meant !== null) corrections.push({ word, meant });
  }
  return corrections;
}

/** Whether any passage of a collection has a word, in any of its forms; `false` where it cannot be searched by words. */
export async function holdsWord(collection: ReadableCollection, word: string): Promise<boolean> {
  if (!collection.modes.includes("text")) return false;
  return (await collection.search({ mode: "text", text: word, vector: null, limit: 1, filters: [] })).length > 0;
}

/**
 * Whether a text in small letters has the word, or the word with another ending that English has. Whatever this overlooks,
 * the store is asked about.
 */
function isSeen(word: string, text: string): boolean {
  if (text.includes(word)) return true;
  const [stem] = contentWords(word);
  const beginning = word.slice(0, Math.max(3, word.length - 3));
  const alike = text.match(new RegExp(String.raw`(?<!\p{L})${beginning}\p{L}*`, "gu")) ?? [];
  return stem !== undefined && [...new Set(alike)].some((other) => contentWords(other)[0] === stem);
}

/** Paris is no mistyped "pairs": a name is taken for a word alone that the texts write as a name. */
function isNameToo({ count, capitals }: NearWord): boolean {
  return 2 * capitals > count;
}

async function wordsLike(collection: ReadableCollection, word: string, found: readonly string[]): Promise<NearWord[]> {
  const distance = mistypedLetters(word);
  const texts = collection.foreign === undefined ? await collection.textsWithWordLike(word, distance) : found;
  return nearWords(texts, word, distance);
}

/** The query with each mistyped word replaced. */
export function corrected(text: string, corrections: readonly Correction[]): string {
  return corrections.reduce((query, { word, meant }) => {
    const literal = word.replaceAll(/[^\p{L}\p{N}]/gu, String.raw`\$&`);
    return query.replaceAll(new RegExp(String.raw`(?<![\p{L}\p{N}\p{M}])${literal}(?![\p{L}\p{N}\p{M}])`, "gu"), meant);
  }, text);
}
