import { withoutAccents } from "../analysis/fold.ts";
import { normalized } from "../normalized.ts";

/** Scripts that are written without spaces between words: each of their characters counts as a word. */
const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const character = String.raw`[${unspaced}]\p{M}*`;
const word = String.raw`(?:(?![${unspaced}])[\p{L}\p{N}\p{M}])+(?:\+\+(?!\+)|#(?![\p{L}\p{N}]))?`;

const words = new RegExp(`${character}|${word}`, "gu");
/**
 * A word with all that hyphens join to it, those in front of it included: `e-mail`, `-xzf`. A row of hyphens is looked at
 * from its start alone, so that a long one takes time in proportion to its length.
 */
const hyphenatedWords = new RegExp(`${character}|(?<![-‐‑])[-‐‑]*${word}(?:[-‐‑]+${word})*`, "gu");

function wordsBy(pattern: RegExp, text: string): string {
  const folded = withoutAccents(normalized(text, "NFKC").replaceAll("\u00ad", "").toLowerCase());
  const found = folded.match(pattern) ?? [];
  return ` ${found.join(" ")} `;
}

/**
 * The words of a text as they are compared literally: in their order, in small letters, without accents, without
 * whatever stands between them, separated by single spaces, with a space at either end.
 */
export function literalWords(text: string): string {
  return wordsBy(words, text);
}

/** The same, with `e-mail` and `-xzf` as one word. */
export function literalHyphenatedWords(text: string): string {
  return wordsBy(hyphenatedWords, text).replaceAll(/[‐‑]/g, "-");
}
