import { stemmer } from "stemmer";
import { stopWords } from "./stop-words.ts";
import { wordSegments } from "./word-segments.ts";
import { normalized } from "./normalized.ts";

/** Case, width, and the diacritics of Latin script make no difference between words. */
function fold(text: string): string {
  return normalized(text, "NFKD")
    .replaceAll(/(?<=\p{Script=Latin})\p{Mn}+/gu, "")
    .normalize("NFKC")
    .replaceAll("’", "'")
    .toLowerCase();
}

/** Particles and endings of Japanese come out of segmentation as short runs of hiragana. */
const particle = /^\p{Script=Hiragana}{1,3}$/u;

/**
 * The words of a text that carry its subject, in order: folded, stemmed, without stop words.
 * Works for scripts without spaces between words, by the Unicode segmentation that the runtime has.
 */
export function contentWords(text: string): string[] {
  const words: string[] = [];
  for (const { segment, isWordLike } of wordSegments(fold(text))) {
    if (!isWordLike || stopWords.has(segment) || particle.test(segment)) continue;
    words.push(/^[a-z']+$/.test(segment) ? stemmer(segment.replace(/'s$/, "")) : segment);
  }
  return words;
}

/**
 * How much two stems have in common, 0 to 1: 1 where they are equal, less where they share their beginning
 * ("store" and "storag"), which covers inflection in languages that have no stemmer here.
 */
export function stemSimilarity(left: string, right: string): number {
  if (left === right) return 1;
  const longest = Math.max(left.length, right.length);
  let shared = 0;
  while (shared < longest && left[shared] === right[shared]) shared += 1;
  return shared >= 4 && shared / longest >= 0.66 && !/\d/.test(left + right) ? 0.6 : 0;
}

/** The best similarity of `word` to any of `words`, 0 to 1. */
export function bestSimilarity(word: string, words: Iterable<string>): number {
  let best = 0;
  for (const other of words) {
    const similarity = stemSimilarity(word, other);
    if (similarity === 1) return 1;
    if (similarity > best) best = similarity;
  }
  return best;
}
