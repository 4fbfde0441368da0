import { stemSimilarity } from "../../text/content-words.ts";
import type { AskedWord } from "./asked-question.ts";
import type { TextTerms } from "./passage-terms.ts";

/** How well a text holds a word. */
export interface HeldWord {
  /** 1 where the word itself is there, less where a similar one is, 0 where none is. */
  degree: number;
  /** Where it stands, counted in words. */
  at: readonly number[];
}

/**
 * What a word counts that only begins like the asked one, is a part of it or has it as a part, or is the asked one with a
 * letter mistyped.
 */
const similarDegree = 0.5;
/** Shorter words are alike by chance. */
const leastLetters = 4;
/** Letters of a part of a compound at least, and of what it is joined to. */
const leastPart = { part: 5, rest: 3 };
const notHeld: HeldWord = { degree: 0, at: [] };

/** How well a text holds an asked word. A word that no chunk of the collection holds may be mistyped. */
export function heldWord({ terms, chunks }: AskedWord, { positions }: TextTerms): HeldWord {
  for (const term of terms) {
    const at = positions.get(term);
    if (at !== undefined) return { degree: 1, at };
  }
  const asked = terms[0] ?? "";
  if (asked.length < leastLetters) return notHeld;
  for (const [term, at] of positions) {
    const isSimilar =
      stemSimilarity(asked, term) > 0 || isPart(asked, term) || (chunks === 0 && isMistyped(asked, term));
    if (isSimilar) return { degree: similarDegree, at };
  }
  return notHeld;
}

/**
 * Whether one of two terms begins or ends with the other, as compounds do: `strecke` and `eisenbahnstrecke`. The
 * words of the passage are the dictionary, so that it is the same for every language.
 */
function isPart(left: string, right: string): boolean {
  const [part, whole] = left.length < right.length ? [left, right] : [right, left];
  if (part.length < leastPart.part || whole.length - part.length < leastPart.rest || /\d/.test(part)) return false;
  return whole.startsWith(part) || whole.endsWith(part);
}

/** Whether two terms are one typing error apart: a letter more, less or another one, or two that changed places. */
function isMistyped(left: string, right: string): boolean {
  if (left.length <= leastLetters || Math.abs(left.length - right.length) > 1 || /\d/.test(left)) return false;
  const shortest = Math.min(left.length, right.length);
  let start = 0;
  while (start < shortest && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < shortest - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const [one, other] = [left.slice(start, left.length - end), right.slice(start, right.length - end)];
  const isSwap = one.length === 2 && one[0] === other[1] && one[1] === other[0];
  return isSwap || (one.length <= 1 && other.length <= 1);
}

/** The share of the question, by the weights of its words, that is held; `degree` tells how well the word of an index is. */
export function heldShare(words: readonly AskedWord[], degree: (index: number) => number): number {
  let held = 0;
  let total = 0;
  for (const [index, { weight }] of words.entries()) {
    held += weight * degree(index);
    total += weight;
  }
  return total === 0 ? 0 : held / total;
}

/** Words that stand this near to each other belong together. */
const nearWords = 3;

/** The share of the question's neighbouring words, by their weights, that stand near to each other in a text too. */
export function neighbourShare(words: readonly AskedWord[], held: readonly HeldWord[]): number {
  let together = 0;
  let total = 0;
  for (let index = 0; index + 1 < words.length; index++) {
    const weight = words[index]!.weight + words[index + 1]!.weight;
    const [left, right] = [held[index]!.at, held[index + 1]!.at];
    total += weight;
    if (left.some((one) => right.some((other) => other !== one && Math.abs(other - one) <= nearWords))) {
      together += weight;
    }
  }
  return total === 0 ? 0 : together / total;
}
