import { cellOf } from "./line-table.ts";
import type { LineTable } from "./line-table.ts";

/** What a cell's sign can have before it: how often it is repeated or what it spans, its place, its style. */
const cellSign = /(?:(?<=^|\s)(?:(\d+)(\*)|(\d*)(?:\.(\d+))?\+)?(?:[<^>](?:\.[<^>])?|\.[<^>])?[adehlmsv]?)?(?<!\\)\|/g;
/** Columns that a table may say that it has; no table has more. */
const maxColumns = 100;
const separators: Record<string, string> = { ",": ",", ":": ":" };

interface Cell {
  at: number;
  columns: number;
  rows: number;
  lines: string[];
}

/**
 * The table that begins at this line with `|===` (or `,===` and `:===`, whose cells these signs part); `null` where there
 * is none, or where it has no end. `attributes`: the line in brackets above it, such as `[cols="1,2",options="header"]`.
 */
export function asciidocTableAt(lines: readonly string[], at: number, attributes: string): LineTable | null {
  const border = (lines[at] ?? "").trimEnd();
  const [, sign] = /^([|,:!])={3,}$/.exec(border) ?? [];
  if (sign === undefined) return null;
  let end = at + 1;
  while (end < lines.length && lines[end]?.trimEnd() !== border) end += 1;
  if (end === lines.length) return null;
  const inside = lines.slice(at + 1, end);
  const [, format] = /\bformat="?(csv|dsv|tsv)\b/.exec(attributes) ?? [];
  const separator = separators[sign] ?? { csv: ",", dsv: ":", tsv: "\t" }[format ?? ""];
  const isHeaderNamed = /%header|\boptions="?[^"\]]*\bheader\b|\bopts="?[^"\]]*\bheader\b/.test(attributes);
  // A first line with a blank one below it is a header, too.
  const isFirstApart = inside[0]?.trim() !== "" && inside[1]?.trim() === "" && !/%noheader/.test(attributes);
  const rows = separator === undefined ? cellRows(inside, attributes) : separatedRows(inside, separator);
  return {
    height: end - at + 1,
    headerRows: isHeaderNamed || (isFirstApart && rows.length > 1) ? 1 : 0,
    rows: rows.map((row) => ({ ...row, at: row.at + 1 })),
  };
}

function separatedRows(lines: readonly string[], separator: string): { at: number; cells: string[] }[] {
  return lines.flatMap((line, at) =>
    line.trim() === ""
      ? []
      : [{ at, cells: line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")) }],
  );
}

function cellRows(lines: readonly string[], attributes: string): { at: number; cells: string[] }[] {
  const cells = lines.flatMap((line, at) => [...cellsOfLine(line, at)]);
  const joined: Cell[] = [];
  for (const cell of cells) {
    // Text before the first sign of a line goes on with the cell above.
    if (cell.columns === 0) joined.at(-1)?.lines.push(...cell.lines);
    else joined.push(cell);
  }
  const [first] = joined;
  const ofFirstLine = joined.filter((cell) => cell.at === first?.at).reduce((sum, cell) => sum + cell.columns, 0);
  return placed(joined, columnCount(attributes) ?? ofFirstLine);
}

function* cellsOfLine(line: string, at: number): Generator<Cell> {
  const signs = [...line.matchAll(cellSign)];
  const before = line.slice(0, signs[0]?.index ?? line.length);
  if (before.trim() !== "") yield { at, columns: 0, rows: 0, lines: [before] };
  for (const [index, found] of signs.entries()) {
    const [sign, times, , columns, rows] = found;
    const text = line.slice(found.index + sign.length, signs[index + 1]?.index ?? line.length);
    const cell = { at, columns: count(columns), rows: count(rows), lines: [text.replaceAll("\\|", "|")] };
    for (let copy = 0; copy < count(times); copy += 1) yield { ...cell, lines: [...cell.lines] };
  }
}

function count(digits: string | undefined): number {
  return Math.min(maxColumns, Math.max(1, Number.parseInt(digits ?? "1", 10) || 1));
}

/** The number of columns that `cols="1,2"` or `cols=3*` says; `null` where it is not said. */
function columnCount(attributes: string): number | null {
  const [, quoted, plain] = /\bcols=(?:"([^"]*)"|([\w*<^>.%]+))/.exec(attributes) ?? [];
  const value = quoted ?? plain;
  if (value === undefined) return null;
  const columns = value.split(/[,;]/).reduce((sum, part) => sum + count(/^\s*(\d+)\*/.exec(part)?.[1]), 0);
  return Math.min(maxColumns, columns);
}

/** Cells in rows of so many columns; a cell that spans rows is repeated in each of them. */
function placed(cells: readonly Cell[], columns: number): { at: number; cells: string[] }[] {
  const rows: { at: number; cells: string[] }[] = [];
  const spanning: { rows: number; text: string }[] = [];
  let row: string[] = [];
  let at = 0;
  const fillFromAbove = (): void => {
    for (let above = spanning[row.length]; above !== undefined && above.rows > 0; above = spanning[row.length]) {
      above.rows -= 1;
      row.push(above.text);
    }
  };
  for (const cell of cells) {
    if (row.length === 0) at = cell.at;
    fillFromAbove();
    const text = cellOf(cell.lines);
    for (let column = 0; column < cell.columns; column += 1) {
      spanning[row.length] = { rows: cell.rows - 1, text: column === 0 ? text : "" };
      row.push(column === 0 ? text : "");
    }
    fillFromAbove();
    if (row.length < columns) continue;
    rows.push({ at, cells: row });
    row = [];
  }
  return row.length === 0 ? rows : [...rows, { at, cells: row }];
}
