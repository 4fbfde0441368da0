import { inColumns } from "./columns.ts";
import type { PlacedRun } from "./columns.ts";
import { gapBetween, inReadingDirection } from "./direction.ts";

/** A run of text on a page, in the order in which the file draws it. */
export interface TextRun {
  text: string;
  /** The font's matrix on the page: `[a, b, c, d, x, y]`, in points. */
  transform: readonly number[];
  /** Along the direction of the text, in points. */
  width: number;
  /** Set in columns from top to bottom. */
  vertical: boolean;
  /** In a font whose name says that it is bold. */
  bold: boolean;
  /** The last run of its line. */
  endsLine: boolean;
}

/** A line of text on a page. */
export interface Line {
  text: string;
  /** Distance across the lines; it falls from one line to the next. */
  position: number;
  /** Where its text starts. */
  start: number;
  /** Of the largest character, in points. */
  size: number;
  /** Of most characters, in points. */
  textSize: number;
  /** All of its letters are. */
  bold: boolean;
  /** Set from the bottom of the page to its top, or the other way. */
  turned: boolean;
  /** A column of characters that are drawn one below the other. */
  stacked: boolean;
}

/** A space that is not drawn is at least this wide, in font sizes. */
const spaceWidth = 0.17;
/** A gap this wide separates the cells of a table. */
const cellGap = 1.2;
/** Lines this much further apart than the page's usual ones are two paragraphs. */
const paragraphGap = 1.3;

/** The characters whose compatibility form is what people type: ligatures, Arabic and vertical forms, wide spaces. */
const compatibility =
  /[\u00A0\u2000-\u200A\u202F\uFB00-\uFB06\uFB13-\uFB17\uFB1D-\uFDFF\uFE10-\uFE19\uFE30-\uFE44\uFE70-\uFEFC]+/g;
const unprintable = /[\u0000-\u0008\u000B-\u001F\u007F\uFEFF]/g;
/** Bullets of the Symbol and Wingdings fonts, which have no Unicode of their own. */
const symbolBullets = /[\uF0A7\uF0B7]/g;
const loneSurrogates = /\p{Surrogate}/gu;
/** Where the direction changes, the gap can be part of a run; Arabic joins prefixes to a Latin word, but no suffixes. */
const latinEnd = /[\p{Script=Latin}\p{N}]$/u;
const rightToLeftStart = /^[\p{Script=Arabic}\p{Script=Hebrew}]/u;
/**
 * Lam and alef are one glyph. Where the file says so with two letters, they are turned round with the line; no word
 * begins with two alefs, so that in the article's place it can be told, and is put right.
 */
const turnedLamAlef = /(?<![\p{L}\p{M}])([\u0648\u0641\u0628\u0643]?\u0627)([\u0622\u0623\u0625\u0627])\u0644/gu;
/** Written without spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** The lines of a page in reading order. */
export function layOutLines(runs: readonly TextRun[]): Line[] {
  return joinStacked(linesOf(runs));
}

/** The words that stand in the middle of a line anywhere in the document: whole, in lower case. */
export function wordsOf(pages: readonly (readonly Line[])[]): ReadonlySet<string> {
  const words = new Set<string>();
  for (const { text } of pages.flat()) {
    for (const [word] of text.matchAll(/[\p{L}\p{M}]+(?![\p{L}\p{M}]|[-\u2010\u00AD]$)/gu))
      words.add(word.toLowerCase());
  }
  return words;
}

/** The text of a page, and where each of its lines begins in it; `null`: behind others, in a line that it was joined to. */
export interface LaidOutText {
  text: string;
  starts: (number | null)[];
}

/**
 * The text of a page: a line of it per line, a blank line between paragraphs. Words that the end of a line cuts are
 * made whole; the document's own words tell a cut from the hyphen of a compound.
 */
export function textOfLines(lines: readonly Line[], words: ReadonlySet<string>): LaidOutText {
  const usual = usualDistance(lines);
  const starts: (number | null)[] = [];
  let text = "";
  let last = "";
  let previous: Line | null = null;
  for (const line of lines) {
    const relation = previous === null ? null : relationOf(previous, line, usual);
    const [before, next] = relation === null ? ["", line.text] : joined(last, line.text, relation, words);
    if (next === undefined) last = before;
    else {
      text += before;
      last = next;
    }
    starts.push(next === undefined ? null : text.length);
    previous = line;
  }
  return { text: text + last, starts };
}

function linesOf(runs: readonly TextRun[]): Line[] {
  const drawn: PlacedRun[][] = [[]];
  for (const run of runs) {
    if (run.text !== "") drawn.at(-1)?.push(place(run));
    if (run.endsLine) drawn.push([]);
  }
  return inColumns(drawn).flatMap((drawnLine) => {
    const line = inReadingDirection(drawnLine);
    const visible = line.filter((run) => run.text.trim() !== "");
    const [first] = visible;
    const text = cleanText(joinRuns(line)).trim();
    if (first === undefined || text === "") return [];
    const size = Math.max(...visible.map((run) => run.size));
    const { position, start, turned, vertical: stacked } = first;
    const bold = visible.every((run) => run.bold || !/[\p{L}\p{N}]/u.test(run.text));
    return [{ text, position, start, size, textSize: sizeOfMost(visible), bold, turned, stacked }];
  });
}

/** The font size of the longest run: a raised number or a large first letter is not the line's. */
function sizeOfMost(runs: readonly PlacedRun[]): number {
  return runs.reduce((longest, run) => (run.text.length > longest.text.length ? run : longest)).size;
}

/**
 * Joins what is set from top to bottom in a font that knows of no such thing: a line for every character. The columns
 * that result follow each other from right to left.
 */
function joinStacked(lines: readonly Line[]): Line[] {
  const joined: Line[] = [];
  let above: Line | null = null;
  for (const line of lines) {
    const column = joined.at(-1);
    if (above !== null && column !== undefined && isBelow(above, line)) {
      column.text += line.text;
      // From here on the column is measured across, as a line is.
      if (!column.stacked) Object.assign(column, { stacked: true, position: column.start, start: -column.position });
    } else {
      joined.push({ ...line });
    }
    above = line;
  }
  return joined;
}

function isBelow(above: Line, line: Line): boolean {
  const gap = distance(above, line);
  const isCharacters = [above, line].every(
    ({ text }) => text.length <= 2 && (unspaced.test(text) || !/[\p{L}\p{N}]/u.test(text)),
  );
  return isCharacters && gap > 0 && gap < 2.2 && Math.abs(above.start - line.start) < line.size * 0.8;
}

/** Turns the page so that its text runs along the first axis, whichever way it is set. */
function place({ text, transform, width, vertical, bold }: TextRun): PlacedRun {
  const [a = 1, b = 0, c = 0, d = 1, x = 0, y = 0] = transform;
  const size = Math.hypot(c, d) || Math.hypot(a, b);
  // A single character is drawn in its place, whichever way its font is set.
  if (vertical && text.length > 1)
    return { text, start: -y, end: -y + width, position: x, size, vertical, bold, turned: false };
  const length = Math.hypot(a, b) || 1;
  const along = (x * a + y * b) / length;
  const position = (y * a - x * b) / length;
  return {
    text,
    start: along,
    end: along + width,
    position,
    size,
    vertical: false,
    bold,
    turned: Math.abs(b) > Math.abs(a),
  };
}

function joinRuns(runs: readonly PlacedRun[]): string {
  let text = "";
  let previous: PlacedRun | null = null;
  for (const run of runs) {
    // A drawn space says where words end, its width whether it is the gap between two cells.
    if (run.text.trim() === "") {
      if (text !== "") text = `${text.trimEnd()}${run.end - run.start > cellGap * run.size ? "  " : " "}`;
      previous = run;
      continue;
    }
    if (previous !== null && !/\s$/.test(text) && !/^\s/.test(run.text)) {
      const gap = gapBetween(previous, run, runs) / run.size;
      const isSpaced = !unspaced.test(text.slice(-1)) && !unspaced.test(run.text.slice(0, 1));
      if (gap > cellGap) text += "  ";
      else if ((gap > spaceWidth && isSpaced) || (latinEnd.test(text) && rightToLeftStart.test(run.text))) text += " ";
    }
    text += run.text;
    previous = run;
  }
  return text;
}

function cleanText(text: string): string {
  return text
    .replaceAll(compatibility, (characters) => characters.normalize("NFKC"))
    .replaceAll(turnedLamAlef, "$1\u0644$2")
    .replaceAll(symbolBullets, "\u2022")
    .replaceAll(unprintable, "")
    .replaceAll(loneSurrogates, "\uFFFD");
}

/** The distance of two lines of one paragraph, in font sizes: that of the closer quarter, for most lines have a neighbour. */
function usualDistance(lines: readonly Line[]): number {
  const distances = lines
    .slice(1)
    .map((line, index) => distance(lines[index] ?? line, line))
    .filter((value) => value > 0.5 && value < 4)
    .sort((a, b) => a - b);
  return Math.max(distances[Math.floor(distances.length / 4)] ?? 0, 1);
}

/** From one line down to the next, in sizes of the larger font; negative where the next one stands higher. */
function distance(line: Line, next: Line): number {
  return (line.position - next.position) / Math.max(line.size, next.size);
}

type Relation = "same row" | "next line" | "next column" | "next paragraph";

function relationOf(line: Line, next: Line, usual: number): Relation {
  if (line.stacked !== next.stacked) return "next paragraph";
  const gap = distance(line, next);
  if (gap < -0.5) return "next column";
  if (Math.abs(gap) < 0.1) return "same row";
  return gap > usual * paragraphGap ? "next paragraph" : "next line";
}

/** A word cut by a hyphen, with what stands before it and is part of it. */
const cutWord = /(?<![\p{L}\p{M}\p{N}'’-])([\p{L}\p{M}\p{N}'’-]*\p{Ll}\p{M}*)[-\u2010\u00AD]$/u;
const restOfWord = /^(\p{Ll}[\p{L}\p{M}\p{N}'’-]*[^\s\p{L}\p{N}]*)(?:\s+|$)/u;

/** The end of the text so far and the line after it, with what stands between them. */
function joined(last: string, next: string, relation: Relation, words: ReadonlySet<string>): [string, string?] {
  if (relation === "same row") return [`${last}  ${next}`];
  const cut = relation === "next paragraph" || !/[-\u2010\u00AD]$/.test(last) ? null : cutWord.exec(last);
  const rest = cut === null ? null : restOfWord.exec(next);
  if (cut !== null && rest !== null) {
    // A soft hyphen always is a cut.
    const isCompound = !last.endsWith("\u00AD") && isCompoundOf(cut[1] ?? "", rest[1] ?? "", words);
    const whole = `${isCompound ? last : last.slice(0, -1)}${rest[1] ?? ""}`;
    const remainder = next.slice(rest[0].length);
    return remainder === "" ? [whole] : [`${whole}\n`, remainder];
  }
  return [`${last}${relation === "next line" ? "\n" : "\n\n"}`, next];
}

/** Whether the hyphen between the two belongs to the word: `state-of-the-` and `art`, `cutting-` and `edge`. */
function isCompoundOf(front: string, back: string, words: ReadonlySet<string>): boolean {
  if (/[-\u2010]/.test(front)) return true;
  const [first, second] = [front, back].map((part) => part.toLowerCase().replace(/[^\p{L}\p{M}][^]*$/u, ""));
  if (first === undefined || second === undefined || words.has(first + second)) return false;
  return first.length > 2 && second.length > 2 && words.has(first) && words.has(second);
}
