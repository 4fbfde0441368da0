/** A run of text, measured along and across the direction of its text, in points. */
export interface PlacedRun {
  text: string;
  start: number;
  end: number;
  /** Of the baseline; it falls from one line to the next. */
  position: number;
  /** Of the font. */
  size: number;
  /** Set from top to bottom: `start` and `position` are measured the other way. */
  vertical: boolean;
  bold: boolean;
  /** The direction of the text is closer to the page's height than to its width. */
  turned: boolean;
}

type Runs = readonly PlacedRun[];

/** A part of a drawn line that has no wide gap in it. */
interface Piece {
  runs: Runs;
  start: number;
  end: number;
  position: number;
  size: number;
  /** Characters. */
  length: number;
}

/** A gap this wide, in font sizes, can be the one between two columns. */
const minGutter = 1;
/** Prose has pieces of this many characters; the cells of a table are shorter. */
const proseLength = 20;
/** So many pieces of prose begin at the left edge of a column, and so many lines are drawn across columns. */
const minLines = 8;
/** Share of the pieces that may run across the edge of a column: headings and figures do. */
const maxCrossing = 0.15;
/** Points by which the starts of a column's lines differ. */
const tolerance = 2;

/**
 * Some programs draw a page of several columns line by line across all of them. Where a page has columns of prose that
 * are drawn so, its lines are put into reading order: down one column, then the next, from one heading across the page
 * to the other. Any other page stays as it is drawn, for that nearly always is the reading order.
 */
export function inColumns(lines: readonly Runs[]): readonly Runs[] {
  if (lines.length < minLines || lines.some((runs) => runs.some((run) => run.vertical))) return lines;
  const piecesOf = lines.map(split);
  const pieces = piecesOf.flat();
  const edges = columnEdges(pieces);
  const across = piecesOf.filter((line) => new Set(line.map((piece) => columnOf(piece, edges))).size > 1);
  if (edges.length < 2 || across.length < minLines) return lines;

  const ordered: Runs[] = [];
  let band: Piece[] = [];
  for (const piece of pieces.toSorted((a, b) => b.position - a.position || a.start - b.start)) {
    if (!edges.some((edge) => crosses(piece, edge))) {
      band.push(piece);
      continue;
    }
    ordered.push(...downColumns(band, edges), piece.runs);
    band = [];
  }
  ordered.push(...downColumns(band, edges));
  return ordered;
}

function downColumns(band: readonly Piece[], edges: readonly number[]): Runs[] {
  return edges.flatMap((_, column) => {
    const lines: Piece[][] = [];
    for (const piece of band.filter((candidate) => columnOf(candidate, edges) === column)) {
      const line = lines.at(-1);
      const previous = line?.at(-1);
      const isSameLine = previous !== undefined && previous.position - piece.position < piece.size * 0.2;
      if (isSameLine) line?.push(piece);
      else lines.push([piece]);
    }
    return lines.map((line) => line.toSorted((a, b) => a.start - b.start).flatMap((piece) => piece.runs));
  });
}

/** Where columns of prose begin, from left to right. */
function columnEdges(pieces: readonly Piece[]): number[] {
  const starts = pieces
    .filter((piece) => piece.length >= proseLength)
    .map((piece) => piece.start)
    .sort((a, b) => a - b);
  const edges: number[] = [];
  for (let first = 0; first < starts.length;) {
    const edge = starts[first] ?? 0;
    let next = first;
    while (next < starts.length && (starts[next] ?? 0) - edge <= tolerance) next += 1;
    const crossing = pieces.filter((piece) => crosses(piece, edge)).length;
    if (next - first >= minLines && crossing <= pieces.length * maxCrossing) edges.push(edge);
    first = next;
  }
  return edges;
}

function crosses(piece: Piece, edge: number): boolean {
  return piece.start < edge - tolerance && piece.end > edge + tolerance;
}

function columnOf(piece: Piece, edges: readonly number[]): number {
  return Math.max(
    edges.findLastIndex((edge) => piece.start >= edge - tolerance),
    0,
  );
}

function split(runs: Runs): Piece[] {
  const pieces: PlacedRun[][] = [];
  let previous: PlacedRun | null = null;
  for (const run of runs) {
    if (run.text.trim() === "") continue;
    const piece = pieces.at(-1);
    const isNear =
      previous !== null && Math.max(run.start - previous.end, previous.start - run.end) < minGutter * run.size;
    if (isNear) piece?.push(run);
    else pieces.push([run]);
    previous = run;
  }
  return pieces.map((piece) => ({
    runs: piece,
    start: Math.min(...piece.map((run) => run.start)),
    end: Math.max(...piece.map((run) => run.end)),
    position: piece[0]?.position ?? 0,
    size: piece[0]?.size ?? 0,
    length: piece.reduce((length, run) => length + run.text.length, 0),
  }));
}
