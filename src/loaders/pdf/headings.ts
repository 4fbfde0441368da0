import type { PageHeading } from "../../types.ts";
import type { Line } from "./layout.ts";

/** A heading is set so much larger than most of the document's text. */
const minRatio = 1.15;
/** A bold one is not set smaller than the text. */
const minBoldRatio = 0.95;
/** Of the characters of a document; where more are bold, bold type says nothing. */
const maxBoldShare = 0.3;
/** Two sizes that differ by less than this are one level. */
const levelRatio = 0.94;
/** Longer passages in large type are prose: a preface, a quotation, a poster. */
const maxLines = 3;
const maxChars = 150;
const maxBoldChars = 100;
/** Font sizes from one line of a heading to the next. */
const maxLineDistance = 2;

const bullet = /^[•◦▪■□●○·–—*-]\s/u;
const endOfSentence = /[.,;。、；،]$/u;
/** What a line ends with that a heading can follow directly. */
const endOfText = /[.!?:;。！？：；)"”]$/u;

/** A page's text, and where each of its lines begins in it; `null` where it was joined to the line before. */
interface SetPage {
  lines: readonly Line[];
  text: string;
  starts: readonly (number | null)[];
}

/** Lines that together are one heading. */
interface Group {
  /** On its page. */
  firstLine: number;
  lastLine: number;
  /** Of its type, in points; 0 where it is not larger than the text, but bold. */
  size: number;
  text: string;
}

/**
 * The headings of each page, by what a reader goes by: they are set larger than the document's text, or they are bold lines
 * of their own. The larger, the higher their level, counted over the whole document; bold ones in the size of the text
 * are the lowest. Numbers are no sign: lists have them too.
 */
export function headingsOf(pages: readonly SetPage[]): PageHeading[][] {
  const usual = usualSize(pages);
  const isBoldSign = shareOfBold(pages) <= maxBoldShare;
  const groups = pages.map((page) => [...groupsOf(page, usual, isBoldSign)]);
  const levels = levelsOf(groups.flat());
  const open: { level: number; text: string }[] = [];
  return groups.map((ofPage, page) =>
    ofPage.flatMap(({ firstLine, lastLine, size, text }) => {
      const { lines, starts } = pages[page] as SetPage;
      const start = starts[firstLine] ?? null;
      const level = levels(size);
      // The head of a page repeats its chapter's heading: what stands below it is still in the same section.
      if (start === null || open.some((heading) => heading.level === level && heading.text === text)) return [];
      while ((open.at(-1)?.level ?? 0) >= level) open.pop();
      open.push({ level, text });
      // A last line that is the rest of a cut word was joined to the one before.
      const lastStart = starts[lastLine] ?? null;
      const end = lastStart === null ? start + text.length : lastStart + (lines[lastLine]?.text.length ?? 0);
      return [{ start, end, level, text }];
    }),
  );
}

/** The size in which most characters of the document are set. */
function usualSize(pages: readonly SetPage[]): number {
  const characters = new Map<number, number>();
  for (const { textSize, text } of pages.flatMap(({ lines }) => lines)) {
    const size = Math.round(textSize * 2) / 2;
    characters.set(size, (characters.get(size) ?? 0) + text.length);
  }
  return [...characters].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [Infinity, 0])[0];
}

function shareOfBold(pages: readonly SetPage[]): number {
  let [all, bold] = [0, 0];
  for (const line of pages.flatMap(({ lines }) => lines)) {
    all += line.text.length;
    if (line.bold) bold += line.text.length;
  }
  return all === 0 ? 0 : bold / all;
}

function* groupsOf(page: SetPage, usual: number, isBoldSign: boolean): Generator<Group> {
  const { lines } = page;
  for (let first = 0; first < lines.length; first += 1) {
    const line = lines[first] as Line;
    const isLarge = line.textSize >= usual * minRatio;
    if (!isLarge && !(isBoldSign && line.bold && line.textSize >= usual * minBoldRatio)) continue;
    const firstLine = first;
    const isSame = (other: Line | undefined): boolean => isLarge || other?.bold === true;
    while (first + 1 < lines.length && continues(lines, first + 1) && isSame(lines[first + 1])) first += 1;
    const ofGroup = lines.slice(firstLine, first + 1);
    const text = ofGroup.map((part) => part.text.replaceAll(/\s+/g, " ")).join(" ");
    if (ofGroup.length > maxLines || !isHeading(line, text)) continue;
    if (!isLarge && (text.length > maxBoldChars || !standsAlone(page, firstLine, first))) continue;
    yield { firstLine, lastLine: first, size: isLarge ? line.textSize : 0, text };
  }
}

/** Whether bold lines are a paragraph of their own, rather than emphasis in the text or a row of a table. */
function standsAlone({ lines, text, starts }: SetPage, firstLine: number, lastLine: number): boolean {
  const ofGroup = lines.slice(firstLine, lastLine + 1);
  const [above, below] = [lines[firstLine - 1], lines[lastLine + 1]];
  const isRow = (one: Line, other: Line): boolean => Math.abs(one.position - other.position) < one.size * 0.5;
  if (ofGroup.some((line) => /\s{2}|:$/.test(line.text))) return false;
  if (above !== undefined && isRow(above, ofGroup[0] as Line)) return false;
  if (below !== undefined && (isRow(ofGroup.at(-1) as Line, below) || /^\p{Ll}/u.test(below.text))) return false;
  return above === undefined || endOfText.test(above.text) || text.endsWith("\n\n", starts[firstLine] ?? 0);
}

function continues(lines: readonly Line[], index: number): boolean {
  const [above, line] = [lines[index - 1] as Line, lines[index] as Line];
  const gap = (above.position - line.position) / above.size;
  return Math.abs(above.textSize - line.textSize) < 0.5 && gap > 0 && gap < maxLineDistance;
}

function isHeading(line: Line, text: string): boolean {
  if (line.stacked || line.turned || text.length > maxChars) return false;
  return /\p{L}{2}|[\p{Script=Han}\p{Script=Hangul}]/u.test(text) && !bullet.test(text) && !endOfSentence.test(text);
}

/** Levels by size, the largest 1. */
function levelsOf(groups: readonly Group[]): (size: number) => number {
  const tops: number[] = [];
  for (const size of groups.map((group) => group.size).sort((a, b) => b - a)) {
    if (size < (tops.at(-1) ?? Infinity) * levelRatio) tops.push(size);
  }
  return (size) => tops.findLastIndex((top) => size <= top) + 1;
}
