import type { PageHeading } from "../../types.ts";
import type { Line } from "./layout.ts";

/** A heading is set so much larger than most of the document's text. */
const minRatio = 1.15;
/** Two sizes that differ by less than this are one level. */
const levelRatio = 0.94;
/** Longer passages in large type are prose: a preface, a quotation, a poster. */
const maxLines = 3;
const maxChars = 150;
/** Font sizes from one line of a heading to the next. */
const maxLineDistance = 2;

const bullet = /^[•◦▪■□●○·–—*-]\s/u;
const endOfSentence = /[.,;。、；،]$/u;

/** A page, and where each of its lines begins in its text; `null` where it was joined to the line before. */
interface SetPage {
  lines: readonly Line[];
  starts: readonly (number | null)[];
}

/** Lines that together are one heading. */
interface Group {
  /** On its page. */
  firstLine: number;
  lastLine: number;
  size: number;
  text: string;
}

/**
 * The headings of each page, by what a reader goes by: they are set larger than the document's text. The larger, the
 * higher their level, counted over the whole document. Bold type and numbers are no sign: PDF.js does not tell the first,
 * and lists have the second.
 */
export function headingsOf(pages: readonly SetPage[]): PageHeading[][] {
  const usual = usualSize(pages);
  const groups = pages.map(({ lines }) => groupsOf(lines, usual * minRatio));
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

function groupsOf(lines: readonly Line[], minSize: number): Group[] {
  const groups: Group[] = [];
  for (let first = 0; first < lines.length; first += 1) {
    const line = lines[first] as Line;
    if (line.textSize < minSize) continue;
    const firstLine = first;
    while (first + 1 < lines.length && continues(lines, first + 1)) first += 1;
    const ofGroup = lines.slice(firstLine, first + 1);
    const text = ofGroup.map((part) => part.text.replaceAll(/\s+/g, " ")).join(" ");
    if (ofGroup.length > maxLines || !isHeading(line, text)) continue;
    groups.push({ firstLine, lastLine: first, size: line.textSize, text });
  }
  return groups;
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
