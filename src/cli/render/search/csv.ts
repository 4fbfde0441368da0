/** A value of a cell; `null` is an empty one. */
export type Cell = string | number | null;

/**
 * Comma-separated values (RFC 4180). Text that a spreadsheet would take for a formula is led by an apostrophe, so that
 * opening the file runs nothing (OWASP, CSV injection).
 */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) || safe !== cell ? `"${safe.replaceAll('"', '""')}"` : safe;
}
