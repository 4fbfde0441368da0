import type { Chunk } from "../../types.ts";

/** A stretch of a document with the lines that it takes; `null` in a document without lines. */
export type TextOfLines = Pick<Chunk, "text" | "startLine" | "endLine">;

/** Scripts that are written without spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * How many characters two neighbouring passages of one document share: what `left` ends and `right` begins with.
 * Chunkers repeat the end of a passage at the beginning of the next one, from the start of a word. Where the lines are
 * known, the shared text has to span exactly the lines that both passages have.
 */
export function sharedLength(left: TextOfLines, right: TextOfLines): number {
  const lines = left.endLine === null || right.startLine === null ? null : left.endLine - right.startLine;
  if (lines !== null && lines < 0) return 0;
  const first = right.text[0];
  for (let at = Math.max(0, left.text.length - right.text.length); at < left.text.length; at += 1) {
    if (left.text[at] !== first || !startsWord(left.text, at)) continue;
    const tail = left.text.slice(at);
    if (!right.text.startsWith(tail)) continue;
    if (lines === null || countBreaks(tail) === lines) return tail.length;
  }
  return 0;
}

/**
 * Two neighbouring passages as one, in the order of the document: what both hold stands there once, and the white space
 * that was cut away between them is put back as far as their lines tell it.
 */
export function joinNeighbours(left: TextOfLines, right: TextOfLines): TextOfLines {
  const shared = sharedLength(left, right);
  const between = shared > 0 ? "" : gapBetween(left, right);
  return {
    text: left.text + between + right.text.slice(shared),
    startLine: left.startLine ?? right.startLine,
    endLine: right.endLine ?? left.endLine,
  };
}

function gapBetween(left: TextOfLines, right: TextOfLines): string {
  if (left.endLine === null || right.startLine === null) return "\n\n";
  const breaks = right.startLine - left.endLine;
  if (breaks > 0) return "\n".repeat(breaks);
  return unspaced.test(left.text.slice(-1)) && unspaced.test(right.text.slice(0, 1)) ? "" : " ";
}

function startsWord(text: string, at: number): boolean {
  const before = text[at - 1];
  return before === undefined || /\s/.test(before) || !/[\p{L}\p{N}]/u.test(before) || unspaced.test(before);
}

export function countBreaks(text: string): number {
  return text.split("\n").length - 1;
}
