import { pipeTable } from "../tabular/pipe-table.ts";
import type { HtmlElement } from "./dom.ts";

/** How the content of a cell is read. */
export interface CellReader {
  /** Blocks of Markdown. */
  blocksOf(element: HtmlElement): string[];
  /** One line of text. */
  lineOf(element: HtmlElement): string;
}

/** Columns and rows that one cell may span. Browsers have such limits too; without them one attribute fills the memory. */
const maxSpan = 100;

/** Share of the cells that may hold tables themselves, and rows of these: a table of more arranges the page. */
const maxHolders = 0.25;
const maxInnerRows = 10;

/**
 * A table as Markdown blocks: a pipe table whose first row is the header; `- name: value` lines where the first cell of
 * each row is its name; the blocks of the cells one after another where the table only arranges the page.
 */
export function tableBlocks(table: HtmlElement, { blocksOf, lineOf }: CellReader): string[] {
  const rows = rowsOf(table);
  if (isLayout(table, rows)) return rows.flatMap((row) => cellsOf(row).flatMap((cell) => blocksOf(cell)));
  const caption = table.querySelector("caption");
  const captionBlocks = caption !== null && ownTable(caption) === table ? blocksOf(caption) : [];
  if (rows.length > 0 && rows.every(isNamedValue)) {
    const lines = rows.map((row) => {
      const [name = "", ...values] = cellsOf(row).map(lineOf);
      const value = values.filter((part) => part !== "").join("; ");
      return value === "" ? name : name === "" ? value : `${name}: ${value}`;
    });
    const items = lines.filter((line) => line !== "").map((line) => `- ${line}`);
    return [...captionBlocks, items.join("\n")];
  }
  return [...captionBlocks, pipeTable(grid(rows, lineOf))];
}

function rowsOf(table: HtmlElement): HtmlElement[] {
  return [...table.querySelectorAll("tr")].filter((row) => ownTable(row) === table);
}

function ownTable(element: HtmlElement): HtmlElement | null {
  let parent = element.parentNode;
  while (parent !== null && parent.localName !== "table") parent = parent.parentNode;
  return parent;
}

function cellsOf(row: HtmlElement): HtmlElement[] {
  const cells: HtmlElement[] = [];
  for (let cell = row.firstElementChild; cell !== null; cell = cell.nextElementSibling) {
    if (cell.localName === "td" || cell.localName === "th") cells.push(cell);
  }
  return cells;
}

function isLayout(table: HtmlElement, rows: readonly HtmlElement[]): boolean {
  if (/^(?:presentation|none)$/.test(table.getAttribute("role") ?? "")) return true;
  if (table.querySelector("pre, h1, h2, h3, h4, h5, h6") !== null) return true;
  if (rows.length < 2 || rows.every((row) => cellsOf(row).length < 2)) return true;
  const cells = rows.flatMap(cellsOf);
  const holders = cells.filter((cell) => cell.querySelector("table") !== null);
  const isLarge = (cell: HtmlElement): boolean => [...cell.querySelectorAll("tr")].length > maxInnerRows;
  return holders.length > cells.length * maxHolders || holders.some(isLarge);
}

/** A row that begins with its name: `<th>` and then values. A row of headers alone is none. */
function isNamedValue(row: HtmlElement): boolean {
  const cells = cellsOf(row);
  if (cells.length === 1) return true;
  return cells.length === 2 && cells[0]?.localName === "th" && cells[1]?.localName === "td";
}

/** The text of every cell, those that span rows repeated in each of them. */
function grid(rows: readonly HtmlElement[], lineOf: CellReader["lineOf"]): string[][] {
  const spanning: { text: string; rows: number }[] = [];
  return rows.map((row) => {
    const line: string[] = [];
    const fillFromAbove = () => {
      for (let above = spanning[line.length]; above !== undefined && above.rows > 0; above = spanning[line.length]) {
        above.rows -= 1;
        line.push(above.text);
      }
    };
    for (const cell of cellsOf(row)) {
      fillFromAbove();
      const text = lineOf(cell);
      const columns = span(cell, "colspan");
      for (let column = 0; column < columns; column += 1) {
        spanning[line.length] = { text: column === 0 ? text : "", rows: span(cell, "rowspan") - 1 };
        line.push(column === 0 ? text : "");
      }
    }
    fillFromAbove();
    return line;
  });
}

function span(cell: HtmlElement, name: "colspan" | "rowspan"): number {
  const value = Number.parseInt(cell.getAttribute(name) ?? "1", 10);
  return value >= 1 ? Math.min(value, maxSpan) : 1;
}
