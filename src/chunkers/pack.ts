import { isWhitespace, type Range } from "../text/ranges.ts";
import { sentences } from "../text/sentences.ts";
import type { Piece } from "./pieces.ts";

/** UTF-8 bytes that a Milvus VARCHAR field holds; see https://milvus.io/docs/limitations.md. */
export const maxChunkBytes = 65_535;

/** The most characters that never have more bytes than that: a UTF-16 code unit takes three in UTF-8 at most. */
export const maxChunkChars = maxChunkBytes / 3;

/** The length to keep to: what was asked for, within what can be stored, and enough for any one code point. */
export function lengthLimit(maxChars: number): number {
  return Math.max(2, Math.min(maxChars, maxChunkChars));
}

export interface PackLimits {
  /** Characters in a pack at most. */
  maxChars: number;
  /** Characters that a pack repeats of the one before, where a text was cut between them. */
  overlapChars: number;
  /**
   * Offset where the pieces end: packs are then filled evenly, so that none is left with a few last words. Without it,
   * each takes as much as goes in.
   */
  evenUpTo?: number;
}

/** Fills stretches of at most `maxChars` with pieces, in their order. Holds one pack in memory. */
export function* pack(text: string, pieces: Iterable<Piece>, limits: PackLimits): Generator<Range> {
  let current: Range | null = null;
  let starts: number[] = [];
  let enough = limits.maxChars;
  for (const piece of pieces) {
    if (current !== null && piece.end - current.start <= limits.maxChars && current.end - current.start < enough) {
      current.end = piece.end;
      starts.push(piece.start);
      continue;
    }
    let { start } = piece;
    if (current !== null) {
      yield current;
      start = overlapStart(text, current, starts, piece, limits);
    }
    current = { start, end: piece.end };
    starts = start < piece.start ? [start, piece.start] : [piece.start];
    enough = evenShare((limits.evenUpTo ?? 0) - start, limits.maxChars);
  }
  if (current !== null) yield current;
}

/** Length of each part when `length` is divided into as few as possible. */
function evenShare(length: number, maxChars: number): number {
  return length <= maxChars ? maxChars : length / Math.ceil(length / maxChars);
}

/**
 * Where the next pack begins: as far back as the overlap reaches, at the start of a piece, else of a sentence, else of
 * a word; at its own first piece where there is none of them.
 */
function overlapStart(
  text: string,
  previous: Range,
  starts: readonly number[],
  piece: Piece,
  { maxChars, overlapChars }: PackLimits,
): number {
  if (piece.cutFrom === null) return piece.start;
  const lowest = Math.max(piece.cutFrom, previous.start + 1, previous.end - overlapChars, piece.end - maxChars);
  if (lowest >= previous.end) return piece.start;
  return starts.find((start) => start >= lowest) ?? boundaryBehind(text, lowest, previous.end) ?? piece.start;
}

/** The first start of a sentence, else of a word, behind an offset that may be anywhere in one. */
function boundaryBehind(text: string, lowest: number, end: number): number | null {
  let word = lowest;
  while (word < end && !isWhitespace(text.charCodeAt(word))) word++;
  while (word < end && isWhitespace(text.charCodeAt(word))) word++;
  if (word >= end) return null;
  const [, sentence] = sentences(text, { start: word, end });
  return sentence?.start ?? word;
}
