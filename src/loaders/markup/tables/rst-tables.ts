import { cellOf } from "./line-table.ts";
import type { LineTable } from "./line-table.ts";

const gridBorder = /^\s*\+(?:[-=]+\+)+\s*$/;
const simpleBorder = /^\s*=+(?:\s+=+)+\s*$/;

/** The table that is drawn from this line on, as a grid or between rows of `=`; `null` where there is none. */
export function drawnTableAt(lines: readonly string[], at: number): LineTable | null {
  const line = lines[at] ?? "";
  if (gridBorder.test(line)) return gridTable(lines, at);
  return simpleBorder.test(line) ? simpleTable(lines, at) : null;
}

/**
 * A grid: `+---+` between its rows, `|` between its cells, `+===+` below its header. A cell that spans rows begins again
 * in each of them.
 */
function gridTable(lines: readonly string[], start: number): LineTable | null {
  let end = start + 1;
  while (/^\s*[+|]/.test(lines[end] ?? "")) end += 1;
  while (end > start && !gridBorder.test(lines[end - 1] ?? "")) end -= 1;
  if (end - start < 3) return null;
  const drawn = lines.slice(start, end).map((line) => line.trim());
  const edges = edgesOf(drawn);
  const rows: DrawnRow[] = [];
  let headerRows = 0;
  let isNext = true;
  for (const [at, line] of drawn.entries()) {
    if (/\+[-=]{2,}\+/.test(line) && /^[+|]/.test(line)) {
      isNext = true;
      if (/^\+=+\+/.test(line)) headerRows = rows.length;
    }
    const cells = gridBorder.test(line) ? [] : gridCells(line, edges);
    if (cells.length === 0) continue;
    if (isNext) rows.push({ at, cells: [] });
    isNext = false;
    addTo(rows.at(-1), cells);
  }
  return { height: end - start, headerRows, rows: rows.map(joinedCells) };
}

/**
 * A row of a drawn table, with the lines of each cell. It ends with the last column that its lines reach: room for every
 * column in each short line would take memory in proportion to the product of both.
 */
interface DrawnRow {
  at: number;
  cells: string[][];
}

interface CellLine {
  column: number;
  text: string;
}

function addTo(row: DrawnRow | undefined, line: readonly CellLine[]): void {
  if (row === undefined) return;
  for (const { column, text } of line) {
    while (row.cells.length <= column) row.cells.push([]);
    row.cells[column]?.push(text);
  }
}

function joinedCells({ at, cells }: DrawnRow): LineTable["rows"][number] {
  return { at, cells: cells.map(cellOf) };
}

/** Where the columns of a grid begin and end: every `+` of its borders. */
function edgesOf(drawn: readonly string[]): number[] {
  const edges = new Set<number>();
  for (const line of drawn.filter((one) => gridBorder.test(one))) {
    for (const { index } of line.matchAll(/\+/g)) edges.add(index);
  }
  return [...edges].sort((a, b) => a - b);
}

/** The cells of one line of a grid; a border between some of them is none. */
function gridCells(line: string, edges: readonly number[]): CellLine[] {
  const inside = line.replace(/^[|+]/, "").replace(/[|+]$/, "").split("|");
  // Wide characters take two columns of a terminal: the signs between the cells are counted, where there are all of them.
  const cells =
    inside.length === edges.length - 1
      ? inside.map((text, column) => ({ column, text }))
      : edgesWithin(line, edges)
          .map((edge, column) => ({ edge, column }))
          .filter(({ edge, column }) => /[|+]/.test(line[edge] ?? "") && column < edges.length - 1)
          .map(({ edge, column }, index, found) => ({
            column,
            text: line.slice(edge + 1, found[index + 1]?.edge ?? line.length - 1),
          }));
  return cells.filter(({ text }) => !/^[-=+]*$/.test(text.trim()));
}

/** The sorted places that a line reaches. */
function edgesWithin(line: string, edges: readonly number[]): readonly number[] {
  const end = edges.findIndex((edge) => edge >= line.length);
  return end === -1 ? edges : edges.slice(0, end);
}

/** Columns between rows of `=`; the first column of a row is empty where the row goes on. */
function simpleTable(lines: readonly string[], start: number): LineTable | null {
  const columns = Array.from((lines[start] ?? "").matchAll(/=+/g), ({ index }) => index);
  const borders = [0];
  let end = start + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? "";
    if (!simpleBorder.test(line)) continue;
    borders.push(end - start);
    // The last border is followed by a blank line, the one below the header is not.
    if (borders.length === 3 || (lines[end + 1] ?? "").trim() === "") break;
  }
  if (end === lines.length) return null;
  const rows: DrawnRow[] = [];
  let headerRows = 0;
  for (let at = 1; at <= end - start; at += 1) {
    const line = lines[start + at] ?? "";
    if (simpleBorder.test(line) && at < end - start) headerRows = rows.length;
    if (/^[\s=-]*$/.test(line)) continue;
    const cells = edgesWithin(line, columns).map((edge, column) => ({
      column,
      text: line.slice(edge, columns[column + 1]).trim(),
    }));
    if ((cells[0]?.text ?? "") !== "" || rows.length === headerRows) rows.push({ at, cells: [] });
    addTo(rows.at(-1), cells);
  }
  return { height: end - start + 1, headerRows, rows: rows.map(joinedCells) };
}

/** A list of lists: `* - first cell`, and `- next cell` below it. `null` where the lines are none. */
export function listTable(lines: readonly string[], headerRows: number): LineTable | null {
  const rows: DrawnRow[] = [];
  let dash = 0;
  for (const [at, line] of lines.entries()) {
    const [, before = "", first] = /^(\s*\*\s+)-(?:\s+(.*))?$/.exec(line) ?? [];
    if (before !== "" && (rows.length === 0 || before.length === dash)) {
      dash = before.length;
      rows.push({ at, cells: [[first ?? ""]] });
    } else if (rows.length === 0) {
      if (line.trim() !== "") return null;
    } else if (new RegExp(`^\\s{${dash}}-(?:\\s|$)`).test(line)) rows.at(-1)?.cells.push([line.slice(dash + 1)]);
    else rows.at(-1)?.cells.at(-1)?.push(line);
  }
  if (rows.length === 0) return null;
  return { height: lines.length, headerRows, rows: rows.map(joinedCells) };
}
