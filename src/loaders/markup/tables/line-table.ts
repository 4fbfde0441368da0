import { namedRow } from "../../tabular/named-rows.ts";

/** A table of a text, and the lines that it takes there. */
export interface LineTable {
  /** Lines of the text, borders and blank ones included. */
  height: number;
  /** How many of the first rows hold the names of the columns. */
  headerRows: number;
  /** `at`: the line on which the row begins, counted from the first line of the table. */
  rows: readonly { at: number; cells: readonly string[] }[];
}

/**
 * A table as lines of Markdown, as many as it has in the text: each row stands on the line on which it begins there, as a
 * list item with the names of its columns, for a row alone says nothing to a search.
 */
export function tableLines({ height, headerRows, rows }: LineTable): string[] {
  const header: string[] = [];
  for (const { cells } of rows.slice(0, headerRows)) {
    for (const [column, cell] of cells.entries()) header[column] = `${header[column] ?? ""} ${cell}`.trim();
  }
  const lines = Array.from({ length: height }, () => "");
  for (const [index, { at, cells }] of rows.entries()) {
    const text = namedRow(index < headerRows ? [] : header, cells);
    if (text !== "" && at < height) lines[at] = index < headerRows ? text : `- ${text}`;
  }
  return lines;
}

/** The text of a cell that stands on several lines. */
export function cellOf(lines: readonly string[]): string {
  return lines.join(" ").replaceAll(/\s+/g, " ").trim();
}
