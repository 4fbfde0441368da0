import { cutPoint, nonEmpty, type Range } from "../text/ranges.ts";
import { sentences } from "../text/sentences.ts";

/** A stretch of a text that goes into one chunk whole. Between two pieces stands nothing but white space. */
export interface Piece extends Range {
  /** Where the text that was cut in front of this piece begins: an overlap may reach back to it. `null`: nothing was cut. */
  cutFrom: number | null;
}

/** Characters in one piece where a text has no boundary at all. */
const hardPieceChars = 64;

/** Paragraphs; where one is longer than `maxChars`, its sentences; where one of them is, its words, cut hard if need be. */
export function* prosePieces(text: string, range: Range, maxChars: number): Generator<Piece> {
  for (const paragraph of splitAt(text, range, blankLine)) {
    if (fits(paragraph, maxChars)) {
      yield { ...paragraph, cutFrom: null };
      continue;
    }
    let cutFrom: number | null = null;
    for (const piece of sentencePieces(text, paragraph, maxChars)) {
      yield { ...piece, cutFrom };
      cutFrom = paragraph.start;
    }
  }
}

/** Lines with their indentation; a line that is longer than `maxChars` becomes its words. */
export function* linePieces(text: string, range: Range, maxChars: number): Generator<Piece> {
  for (const line of splitAt(text, range, lineBreak)) {
    let { start } = line;
    while (start > range.start && (text[start - 1] === " " || text[start - 1] === "\t")) start--;
    if (line.end - start <= maxChars) {
      yield { start, end: line.end, cutFrom: null };
      continue;
    }
    let cutFrom: number | null = null;
    for (const piece of wordPieces(text, line, maxChars)) {
      yield { ...piece, cutFrom };
      cutFrom = line.start;
    }
  }
}

/** Lines that stand together between blank lines; where they are longer than `maxChars`, each line alone. */
export function* lineGroups(text: string, range: Range, maxChars: number): Generator<Piece> {
  let end = range.start;
  for (const group of splitAt(text, range, blankLine)) {
    // A group keeps the indentation of its first line.
    const start = Math.max(end, text.lastIndexOf("\n", group.start - 1) + 1);
    ({ end } = group);
    if (end - start <= maxChars) yield { start, end, cutFrom: null };
    else yield* linePieces(text, { start, end }, maxChars);
  }
}

/** The largest units that fit: paragraphs, lines, sentences, words, characters. An overlap may reach across all of them. */
export function* recursivePieces(text: string, range: Range, maxChars: number): Generator<Piece> {
  for (const paragraph of splitAt(text, range, blankLine)) {
    if (fits(paragraph, maxChars)) {
      yield { ...paragraph, cutFrom: range.start };
      continue;
    }
    for (const line of splitAt(text, paragraph, lineBreak)) {
      const pieces = fits(line, maxChars) ? [line] : sentencePieces(text, line, maxChars);
      for (const piece of pieces) yield { start: piece.start, end: piece.end, cutFrom: range.start };
    }
  }
}

function* sentencePieces(text: string, range: Range, maxChars: number): Generator<Range> {
  for (const sentence of sentences(text, range)) {
    if (fits(sentence, maxChars)) yield sentence;
    else yield* wordPieces(text, sentence, maxChars);
  }
}

/** Runs without white space; a run that is longer than `maxChars` is cut between user-perceived characters. */
export function* wordPieces(text: string, range: Range, maxChars: number): Generator<Range> {
  const step = Math.max(2, Math.min(hardPieceChars, Math.floor(maxChars / 4)));
  for (const word of splitAt(text, range, whiteSpace)) {
    if (fits(word, maxChars)) {
      yield word;
      continue;
    }
    for (let { start } = word; start < word.end;) {
      const end = Math.min(word.end, cutPoint(text, start, step, maxChars));
      yield { start, end };
      start = end;
    }
  }
}

const blankLine = /\n[ \t]*\n/g;
const lineBreak = /\n/g;
const whiteSpace = /\s+/g;

/** What stands between the matches of a pattern, without white space around it; empty parts are left out. */
function* splitAt(text: string, { start, end }: Range, separator: RegExp): Generator<Range> {
  let from = start;
  // The slice keeps the search inside the range: behind it may stand megabytes without a match.
  for (const match of text.slice(start, end).matchAll(separator)) {
    yield* nonEmpty(text, from, start + match.index);
    from = start + match.index + match[0].length;
  }
  yield* nonEmpty(text, from, end);
}

function fits({ start, end }: Range, maxChars: number): boolean {
  return end - start <= maxChars;
}
