/** A table as people fill them in: lines above it, the names of its columns, and its rows. */
export interface NamedTable {
  /** Rows above the header: a title, a note. */
  preamble: string[][];
  /** Empty where the first row holds values. */
  header: string[];
  rows: string[][];
}

/** Rows above a header at most. */
const maxPreamble = 10;

/** Characters above which a cell is no name of a column. */
const maxNameChars = 100;

/**
 * Finds the header: the first row, or, where the first rows fill one cell alone and the next fills several, that one. A
 * row of numbers, dates, addresses or long texts is no header.
 */
export function nameColumns(rows: readonly string[][]): NamedTable {
  const widest = rows.slice(0, maxPreamble * 5).reduce((most, row) => Math.max(most, filledCells(row)), 0);
  const start = widest < 2 ? 0 : rows.slice(0, maxPreamble).findIndex((row) => filledCells(row) >= 2);
  const at = Math.max(0, start);
  const header = rows[at] ?? [];
  if (!isHeader(header)) return { preamble: rows.slice(0, at), header: [], rows: rows.slice(at) };
  return { preamble: rows.slice(0, at), header: [...header], rows: rows.slice(at + 1) };
}

/** Whether a row can hold the names of columns. */
function isHeader(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell.trim() !== "");
  if (filled.length === 0 || filled.some((cell) => cell.length > maxNameChars)) return false;
  if (filled.some((cell) => /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:\b|T\d)|@\w+\.\w|^https?:/.test(cell))) return false;
  return filled.some((cell) => /\p{L}/u.test(cell));
}

function filledCells(row: readonly string[]): number {
  return row.filter((cell) => cell.trim() !== "").length;
}

/** `Name: Ada; City: London`: a row that can be read, found and cited without its header. Empty cells are left out. */
export function namedRow(header: readonly string[], cells: readonly string[]): string {
  const parts: string[] = [];
  for (const [index, cell] of cells.entries()) {
    if (cell.trim() === "") continue;
    const name = (header[index] ?? "").replaceAll(/\s+/g, " ").trim();
    parts.push(name === "" ? cell : `${name}: ${cell}`);
  }
  return parts.join("; ");
}
