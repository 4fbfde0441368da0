import stringWidth from "fast-string-width";
import { wordSegments } from "../../../text/word-segments.ts";

/** A colour, or the beginning or end of a link: it takes no columns. */
export const escapeSequence = /(\u001B(?:\[[0-9;]*m|\]8;;[^\u0007]*\u0007))/;
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303F\uFF00-\uFFEF]/u;
/** Signs that no line begins with, and signs that no line ends with. */
const closing = /^[\p{Pe}\p{Pf}、。，．・：；？！ー々〜…,.:;?!%]+$/u;
const opening = /^[\p{Ps}\p{Pi}]+$/u;

/**
 * The units of a word that a line may end between: the word itself, but for scripts that are written without spaces.
 */
export function unitsOf(word: string): string[] {
  if (!unspaced.test(word)) return [word];
  const units: string[] = [];
  for (const { segment } of wordSegments(word)) {
    const last = units.at(-1);
    if (last === undefined || !isBreakable(last, segment)) units.push((units.pop() ?? "") + segment);
    else units.push(segment);
  }
  return units;
}

function isBreakable(before: string, after: string): boolean {
  const left = [...before].at(-1) ?? "";
  if (closing.test(after) || opening.test(left)) return false;
  return unspaced.test(left) || unspaced.test([...after][0] ?? "");
}

/**
 * The parts of a word that is longer than a line: cut behind signs, as in a path or an address, or else its characters.
 */
export function partsOf(word: string): string[] {
  return word.split(escapeSequence).flatMap((text, index) => {
    if (index % 2 === 1) return [text];
    const pieces = text.match(/[^/\\\-_.,:;?&=]*[/\\\-_.,:;?&=]*/g) ?? [];
    return pieces.flatMap((piece) =>
      stringWidth(piece) > shortestPart ? characters(piece) : piece === "" ? [] : [piece],
    );
  });
}

/** Columns. A longer part of a word is broken anywhere. */
const shortestPart = 24;

function characters(text: string): string[] {
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return [...graphemes.segment(text)].map(({ segment }) => segment);
}

let graphemes: Intl.Segmenter | null = null;
