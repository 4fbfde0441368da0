import { attribute, descendants, elements, textContent } from "../archive/xml.ts";
import type { XmlElement } from "../archive/xml.ts";

/** Times that one element may stand for a cell or a row with text. Files repeat empty rows a million times. */
const maxRepeats = 1000;

/** The rows of a table of OpenDocument as texts; empty cells and rows at the end are left out. */
export function sheetRows(table: XmlElement): string[][] {
  const rows: string[][] = [];
  for (const row of descendants(table, "table-row")) {
    const cells = cellsOf(row);
    if (cells.length === 0) continue;
    const repeats = repeatsOf(row, "number-rows-repeated");
    for (let time = 0; time < repeats; time += 1) rows.push(cells);
  }
  return rows;
}

function cellsOf(row: XmlElement): string[] {
  const cells: string[] = [];
  let skipped = 0;
  for (const cell of elements(row)) {
    if (cell.name !== "table-cell" && cell.name !== "covered-table-cell") continue;
    const text = cellText(cell);
    const repeats = repeatsOf(cell, "number-columns-repeated");
    if (text === "") {
      skipped += repeats;
      continue;
    }
    for (; skipped > 0; skipped -= 1) cells.push("");
    for (let time = 0; time < repeats; time += 1) cells.push(text);
  }
  return cells;
}

/** Dates as ISO 8601, whatever format shows them; other values as they are shown. */
function cellText(cell: XmlElement): string {
  const date = attribute(cell, "date-value");
  if (date !== null) return date.replace(/T00:00:00(?:\.0+)?$/, "");
  return [...descendants(cell, "p", "h")].map(textContent).join(" ").replaceAll(/\s+/g, " ").trim();
}

function repeatsOf(element: XmlElement, name: string): number {
  return Math.min(maxRepeats, Math.max(1, Number.parseInt(attribute(element, name) ?? "1", 10) || 1));
}
