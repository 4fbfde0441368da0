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

/** The blocks of a piece of HTML that have text, in order. Its first line has the number `firstLine`. */
export function htmlBlocks(html: string, firstLine: number): ReadableBlock[] {
  const lines = new LineIndex(html);
  const blocks: ReadableBlock[] = [];
  let block: ReadableBlock = { kind: "prose", level: 0, lines: [], group: null, row: null };
  for (const { kind, start, value } of withoutNavigation(htmlParts(html))) {
    if (kind === "text") {
      const line = firstLine + lines.lineAt(start) - 1;
      for (const [index, text] of value.split("\n").entries()) appendText(block, text, line + index);
    } else if (blockName.test(value)) {
      blocks.push(block);
      block =
        kind === "open"
          ? blockOf(value, block.kind === "item")
          : { kind: "prose", level: 0, lines: [], group: null, row: null };
    }
  }
  return [...blocks, block].flatMap((one) => {
    const written = one.lines.filter(({ text }) => text.trim() !== "");
    return written.length === 0 ? [] : [{ ...one, lines: written }];
  });
}

function appendText(block: ReadableBlock, text: string, line: number): void {
  const last = block.lines.at(-1);
  if (last?.line === line) last.text += text;
  else block.lines.push({ text, line });
}

/** The block that an opening tag begins. A paragraph in an item is the item's; a line break continues what it breaks. */
function blockOf(name: string, isInItem: boolean): ReadableBlock {
  if (/^h\d$/.test(name)) return { kind: "heading", level: Number(name[1]), lines: [], group: null, row: null };
  if (name === "pre") return { kind: "code", level: 0, lines: [], group: null, row: null };
  const isItem = name === "li" || (isInItem && (name === "p" || name === "br"));
  return { kind: isItem ? "item" : "prose", level: 0, lines: [], group: null, row: null };
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
