import type { PlacedRun } from "./columns.ts";

type Runs = readonly PlacedRun[];

const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Arabic's digits are read from left to right, as all digits are. */
const leftToRight = /[\p{L}\p{Nd}]/u;
/** Vowel signs and accents, which are drawn over their letter. */
const marks = /^\p{M}+$/u;

/** Runs that stay together: a letter with its marks, or a number. */
interface Group {
  runs: PlacedRun[];
  direction: "left" | "right" | "neutral";
  start: number;
  end: number;
}

/**
 * The runs of a line in the order in which they are read. Each run is in that order within itself; but a line of Hebrew or
 * Arabic may be drawn in pieces (words, letters, numbers in another font) from left to right. Where they stand says how to
 * read them: from right to left, and what is written from left to right among them in its own direction.
 */
export function inReadingDirection(runs: Runs): Runs {
  if (!runs.some((run) => rightToLeft.test(run.text)) || runs.some((run) => run.vertical)) return runs;
  const groups = groupsOf(runs);
  const letters = (direction: Group["direction"]): number =>
    groups
      .filter((group) => group.direction === direction)
      .reduce((sum, group) => sum + group.runs.reduce((length, run) => length + lettersIn(run.text), 0), 0);
  const isRightToLeft = letters("left") >= letters("right");
  const ordered = isRightToLeft ? fromTheRight(groups) : withTurnedPieces(groups);
  return ordered.flatMap((group) => group.runs);
}

/**
 * The gap before a run that is read after another, in points; negative where they overlap. Where the direction changes, the
 * eye jumps over what was read in between: the gap is then the one to the run's own neighbour.
 */
export function gapBetween(before: PlacedRun, run: PlacedRun, line: Runs): number {
  const gap = distance(before, run);
  // Next to each other, as runs of most lines are.
  if (gap < run.size || !line.some((other) => rightToLeft.test(other.text))) return gap;
  const middle = (left: PlacedRun): number => (left.start + left.end) / 2;
  const [from, to] = [middle(before), middle(run)].sort((a, b) => a - b) as [number, number];
  const between = line.filter((other) => middle(other) > from && middle(other) < to);
  return between.length === 0 ? gap : Math.min(gap, ...between.map((other) => distance(other, run)));
}

function distance(a: PlacedRun, b: PlacedRun): number {
  return Math.max(b.start - a.end, a.start - b.end);
}

function lettersIn(text: string): number {
  return text.match(/\p{L}/gu)?.length ?? 0;
}

function groupsOf(runs: Runs): Group[] {
  const groups: Group[] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    const isMark = marks.test(run.text.trim()) && last !== undefined && run.start < last.end && run.end > last.start;
    if (isMark) last.runs.push(run);
    else groups.push({ runs: [run], direction: directionOf(run.text), start: run.start, end: run.end });
  }
  return groups;
}

/** `left`: written towards the left. */
function directionOf(text: string): Group["direction"] {
  if (rightToLeft.test(text.replaceAll(/\p{Nd}/gu, ""))) return "left";
  return leftToRight.test(text) ? "right" : "neutral";
}

/** A line of a right-to-left script: by place, and within it each stretch of the other direction turned round. */
function fromTheRight(groups: readonly Group[]): Group[] {
  const sorted = groups.toSorted((a, b) => b.end - a.end);
  return turned(sorted, "right", (a, b) => a.start - b.start);
}

/** A line of a left-to-right script stays as it is drawn, but for its stretches of the other direction. */
function withTurnedPieces(groups: readonly Group[]): Group[] {
  return turned(groups, "left", (a, b) => b.end - a.end);
}

/** Sorts each stretch of `direction`, with the neutral groups inside it. */
function turned(
  groups: readonly Group[],
  direction: Group["direction"],
  order: (a: Group, b: Group) => number,
): Group[] {
  const result: Group[] = [];
  for (let first = 0; first < groups.length;) {
    let end = first;
    for (let at = first; at < groups.length; at += 1) {
      const found = groups[at]?.direction;
      if (found === direction) end = at + 1;
      else if (found !== "neutral" || end === first) break;
    }
    if (end === first) end = first + 1;
    const stretch = groups.slice(first, end);
    result.push(...(stretch.length > 1 ? stretch.toSorted(order) : stretch));
    first = end;
  }
  return result;
}
