import { editDistance } from "../../util/closest.ts";
import { withoutAccents } from "../analysis/fold.ts";
import { normalized } from "../normalized.ts";

/** Letters alone: a version, a number or a name in code that differs by one sign is another one. */
const correctable = /^\p{L}{4,40}$/u;
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Letters of a word that says enough by itself to be known with two wrong ones. */
const longWord = 8;

/** How many letters of a word may be wrong, missing or too many; 0 where the word cannot be a mistyped one. */
export function mistypedLetters(word: string): number {
  if (!correctable.test(word) || unspaced.test(word)) return 0;
  return word.length < longWord ? 1 : 2;
}

/** A word of a text that is nearly another one. */
export interface NearWord {
  word: string;
  distance: number;
  /** How often it stands in the texts. */
  count: number;
  /** How often it begins with a capital. */
  capitals: number;
}

/**
 * The words of texts that are at most so many letters away from a word, in small letters, without accents. Who mistypes
 * a word seldom errs in its first letter: a short word has to begin with the same letter, or with its first two swapped;
 * and where two letters are wrong, the first three have to be right ("percentage" is no mistyped "parentage").
 */
export function nearWords(texts: Iterable<string>, word: string, distance: number): NearWord[] {
  const wanted = folded(word);
  const known = new Map<string, NearWord | null>();
  for (const text of texts) {
    for (const written of text.match(/\p{L}+/gu) ?? []) {
      if (Math.abs(written.length - wanted.length) > distance + 1) continue;
      const candidate = folded(written);
      const capitals = /^\p{Lu}/u.test(written) ? 1 : 0;
      const found = known.get(candidate);
      if (found !== undefined) {
        if (found !== null) {
          found.count += 1;
          found.capitals += capitals;
        }
        continue;
      }
      const away = Math.abs(candidate.length - wanted.length) > distance ? Infinity : editDistance(candidate, wanted);
      const isNear = away > 0 && away <= distance && beginsAlike(candidate, wanted, away);
      known.set(candidate, isNear ? { word: candidate, distance: away, count: 1, capitals } : null);
    }
  }
  return [...known.values()].filter((near) => near !== null);
}

function beginsAlike(candidate: string, wanted: string, away: number): boolean {
  if (away > 1) return candidate.slice(0, 3) === wanted.slice(0, 3);
  const isSwapped = candidate[0] === wanted[1] && candidate[1] === wanted[0];
  return wanted.length >= longWord || candidate[0] === wanted[0] || isSwapped;
}

/** The word that was most likely meant: the nearest, of these one with the same first letter, of these the commonest. */
export function likeliestWord(near: readonly NearWord[], word: string): string | null {
  const first = folded(word)[0];
  const sameFirst = (candidate: NearWord) => Number(candidate.word[0] === first);
  const [best] = [...near].sort(
    (a, b) => a.distance - b.distance || sameFirst(b) - sameFirst(a) || b.count - a.count || (a.word < b.word ? -1 : 1),
  );
  return best?.word ?? null;
}

function folded(word: string): string {
  return withoutAccents(normalized(word, "NFKC").toLowerCase());
}
