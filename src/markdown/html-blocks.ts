import { LineIndex } from "../text/line-index.ts";
import { htmlParts, type HtmlPart } from "./html.ts";

/** What a reader sees as one block: a heading, a paragraph, an item of a list, a table row, a piece of code. */
export interface ReadableBlock {
  kind: "heading" | "item" | "prose" | "row" | "code";
  /** 1 to 7 of a heading, 0 otherwise. */
  level: number;
  /** Without markup, entities decoded; lines counted from 0. */
  lines: ReadableLine[];
  /** Equal for the items of one list, its inner lists included, and for the rows of one table; `null` for other blocks. */
  group: number | null;
  /** Of a table row: its cells, and those of the row that names the columns. */
  row: { cells: readonly string[]; head: readonly string[] } | null;
}

export interface ReadableLine {
  text: string;
  line: number;
}

const blockName =
  /^(?:h[1-6]|p|li|ul|ol|dl|dt|dd|div|section|article|details|summary|table|thead|tbody|tr|td|th|pre|br|hr|blockquote)$/;

/**
 * The blocks of a piece of HTML that have text, in order. Its first line has the number `firstLine`; `nextGroup` gives
 * each table a number of its own.
 */
export function htmlBlocks(html: string, firstLine: number, nextGroup: () => number): ReadableBlock[] {
  const lines = new LineIndex(html);
  const lineOf = ({ start }: HtmlPart): number => firstLine + lines.lineAt(start) - 1;
  const parts = withoutNavigation(htmlParts(html));
  const blocks: ReadableBlock[] = [];
  let block = proseBlock();
  let table: { group: number; head: string[] } | null = null;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    const { kind, value } = part;
    const row = kind === "open" && value === "tr" ? tableRow(parts, at) : null;
    if (row !== null) {
      table ??= { group: nextGroup(), head: [] };
      blocks.push(block);
      block = proseBlock();
      const text = row.cells.filter((cell) => cell !== "").join(" | ");
      if (row.namesColumns && table.head.length === 0) table.head = row.cells;
      else {
        const { group, head } = table;
        const line = lineOf(parts[row.first] ?? part);
        blocks.push({ kind: "row", level: 0, lines: [{ text, line }], group, row: { cells: row.cells, head } });
      }
      at = row.last;
    } else if (kind === "text") {
      const line = lineOf(part);
      for (const [index, text] of value.split("\n").entries()) appendText(block, text, line + index);
    } else if (blockName.test(value)) {
      if (value === "table") table = null;
      blocks.push(block);
      block = kind === "open" ? blockOf(value, block.kind === "item") : proseBlock();
    }
  }
  return [...blocks, block].flatMap((one) => {
    const written = one.lines.filter(({ text }) => text.trim() !== "");
    return written.length === 0 ? [] : [{ ...one, lines: written }];
  });
}

function proseBlock(): ReadableBlock {
  return { kind: "prose", level: 0, lines: [], group: null, row: null };
}

interface TableRow {
  cells: string[];
  /** All of its cells are heads. */
  namesColumns: boolean;
  /** The parts with its first text and its end. */
  first: number;
  last: number;
}

/** What a table that lays out a page has in its cells, and one that lists values has not. */
const layout = /^(?:h[1-6]|ul|ol|dl|pre|table|blockquote)$/;

/** The row that the tag at `open` begins; `null` where it has a single cell, or cells that hold more than words. */
function tableRow(parts: readonly HtmlPart[], open: number): TableRow | null {
  const cells: string[] = [];
  let [first, last] = [0, open];
  let heads = 0;
  let isInCell = false;
  for (let at = open + 1; at < parts.length; at++) {
    const { kind, value } = parts[at]!;
    const isCell = value === "td" || value === "th";
    if (kind === "text") {
      if (isInCell) cells.push(`${cells.pop() ?? ""}${value}`);
      if (first === 0 && value.trim() !== "") first = at;
    } else if (value === "tr" || (kind === "close" && /^(?:table|t(?:head|body|foot))$/.test(value))) {
      if (value === "tr" && kind === "close") last = at;
      break;
    } else if (layout.test(value)) return null;
    else if (isCell && kind === "open") {
      cells.push("");
      isInCell = true;
      if (value === "th") heads += 1;
    } else if (isCell) isInCell = false;
    else if (isInCell && blockName.test(value)) cells.push(`${cells.pop() ?? ""} `);
    last = at;
  }
  if (cells.length < 2) return null;
  const texts = cells.map((cell) => cell.replaceAll(/\s+/g, " ").trim());
  return { cells: texts, namesColumns: heads === cells.length, first, last };
}

function appendText(block: ReadableBlock, text: string, line: number): void {
  const last = block.lines.at(-1);
  if (last?.line === line) last.text += text;
  else block.lines.push({ text, line });
}

/** The block that an opening tag begins. A paragraph in an item is the item's; a line break continues what it breaks. */
function blockOf(name: string, isInItem: boolean): ReadableBlock {
  if (/^h\d$/.test(name)) return { ...proseBlock(), kind: "heading", level: Number(name[1]) };
  if (name === "pre") return { ...proseBlock(), kind: "code" };
  const isItem = name === "li" || (isInItem && (name === "p" || name === "br"));
  return { ...proseBlock(), kind: isItem ? "item" : "prose" };
}

const navigationContainer = /^(?:div|nav|section|header|aside|ul)$/;
const endsLink = /^(?:a|li|p|h[1-6])$/;

/**
 * The visible parts without the tabs and menus of a page: two links or more side by side, and nothing else, in a
 * container of their own.
 */
function withoutNavigation(all: readonly HtmlPart[]): HtmlPart[] {
  const parts = all.filter(({ kind }) => kind !== "hidden");
  const kept: HtmlPart[] = [];
  let opensContainer = true;
  for (let at = 0; at < parts.length;) {
    const part = parts[at]!;
    const after = opensContainer && isLink(part) ? afterLinks(parts, at) : at;
    if (after > at) {
      at = after;
      continue;
    }
    opensContainer = isBlank(part) ? opensContainer : part.kind === "open" && navigationContainer.test(part.value);
    kept.push(part);
    at += 1;
  }
  return kept;
}

/** The index behind the links that begin at `first`; `first` where they are fewer than two, or not alone. */
function afterLinks(parts: readonly HtmlPart[], first: number): number {
  let links = 0;
  let at = first;
  while (isLink(parts[at])) {
    at += 1;
    while (at < parts.length && (parts[at]!.kind === "text" || !endsLink.test(parts[at]!.value))) at += 1;
    if (parts[at]?.kind !== "close" || parts[at]?.value !== "a") return first;
    links += 1;
    at += 1;
    while (isBlank(parts[at])) at += 1;
  }
  return links > 1 && (parts[at] === undefined || parts[at]?.kind === "close") ? at : first;
}

function isLink(part: HtmlPart | undefined): boolean {
  return part?.kind === "open" && part.value === "a";
}

function isBlank(part: HtmlPart | undefined): boolean {
  return part?.kind === "text" && part.value.trim() === "";
}
