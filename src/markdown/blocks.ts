import MarkdownIt, { type Env, type Token } from "markdown-it";
import type { LineIndex } from "../text/line-index.ts";
import type { Range } from "../text/ranges.ts";
import { headingsInHtml, plainHeading } from "./heading-text.ts";

/** A heading that divides the document: one at its outermost level, not one inside a quotation or a list. */
export interface Heading extends Range {
  kind: "heading";
  /** 1 to 6. */
  level: number;
  /** Plain text, on one line, cut where it is longer than a heading. */
  text: string;
  /** Where its words end: before the buttons and drawings that an HTML heading may hold; else its end. */
  wordsEnd: number;
}

/**
 * A block without further headings.
 * - `prose` may be cut at sentences, `lines` (fences, tables, …) and `html` at line ends, a `container` between its
 *   children; `rule` is a thematic break.
 */
export interface Block extends Range {
  kind: "prose" | "lines" | "html" | "rule" | "container";
  /** Blocks that cover a container from start to end; empty for other kinds. */
  children: Block[];
}

/** Characters that are parsed at once; a document may have millions, and each token weighs more than its text. */
const windowChars = 262_144;

const parser = new MarkdownIt({ html: true });

/**
 * The headings and blocks of a CommonMark text with GFM tables, in their order, from `bodyStart` to the end. They cover
 * every line that is not blank. Only block structure is parsed, a window of lines at a time: blocks at the outermost
 * level do not depend on what stands before them, so the last one of a window, which may go on behind it, opens the
 * next.
 */
export function* markdownBlocks(text: string, bodyStart: number, lines: LineIndex): Generator<Heading | Block> {
  let line = lines.lineAt(bodyStart);
  let size = windowChars;
  while (line <= lines.count) {
    const start = Math.max(bodyStart, lines.startOf(line));
    const endLine = start + size < text.length ? lines.lineAt(start + size) + 1 : lines.count + 1;
    const isLast = endLine > lines.count;
    const blocks = new Window(text, lines, line, start, Math.min(text.length, lines.startOf(endLine))).blocks();
    const open = isLast ? undefined : blocks.pop();
    if (open !== undefined && blocks.length === 0) {
      size *= 2;
      continue;
    }
    for (const block of blocks) {
      if (block.kind === "html") yield* splitAtHtmlHeadings(text, block);
      else yield block;
    }
    line = open === undefined ? endLine : lines.lineAt(open.start);
    size = windowChars;
  }
}

/** Consecutive lines of a text, parsed on their own. */
class Window {
  readonly #text: string;
  readonly #lines: LineIndex;
  readonly #firstLine: number;
  readonly #start: number;
  readonly #end: number;
  readonly #environment: Env = {};
  readonly #tokens: Token[] = [];

  constructor(text: string, lines: LineIndex, firstLine: number, start: number, end: number) {
    this.#text = text;
    this.#lines = lines;
    this.#firstLine = firstLine;
    this.#start = start;
    this.#end = end;
    parser.block.parse(text.slice(start, end), parser, this.#environment, this.#tokens);
  }

  blocks(): (Heading | Block)[] {
    const starts: number[] = [];
    for (const [index, token] of this.#tokens.entries()) {
      if (token.level === 0 && token.nesting >= 0 && token.map !== null) starts.push(index);
    }
    const blocks: (Heading | Block)[] = [];
    let end = this.#start;
    for (const [position, index] of starts.entries()) {
      const start = this.#offset(this.#tokens[index]!.map![0]);
      const next = starts[position + 1];
      // Link reference definitions have no tokens.
      this.#pushText(blocks, end, start);
      end = this.#offset(this.#tokens[index]!.map![1]);
      blocks.push(this.#node(index, next ?? this.#tokens.length, { start, end }));
    }
    this.#pushText(blocks, end, this.#end);
    return blocks;
  }

  #pushText(blocks: (Heading | Block)[], start: number, end: number): void {
    if (start < end && this.#text.slice(start, end).trim() !== "")
      blocks.push({ kind: "prose", start, end, children: [] });
  }

  /** The token at `index` and all up to `until`, which stand inside it. */
  #node(index: number, until: number, range: Range): Heading | Block {
    const token = this.#tokens[index]!;
    if (token.type !== "heading_open") return this.#block(index, until, range);
    const text = plainHeading(parser, this.#tokens[index + 1]?.content ?? "", this.#environment);
    return { kind: "heading", ...range, level: Number(token.tag.slice(1)), text, wordsEnd: range.end };
  }

  #block(index: number, until: number, range: Range): Block {
    const token = this.#tokens[index]!;
    const kind = kinds[token.type] ?? "lines";
    return { kind, ...range, children: kind === "container" ? this.#children(index, until, range) : [] };
  }

  #children(parent: number, until: number, range: Range): Block[] {
    const level = this.#tokens[parent]!.level + 1;
    const starts: number[] = [];
    for (let index = parent + 1; index < until; index++) {
      const token = this.#tokens[index]!;
      if (token.level === level && token.nesting >= 0 && token.map !== null) starts.push(index);
    }
    return starts.map((index, position) => {
      const next = starts[position + 1];
      const start = position === 0 ? range.start : this.#offset(this.#tokens[index]!.map![0]);
      const end = next === undefined ? range.end : this.#offset(this.#tokens[next]!.map![0]);
      return this.#block(index, next ?? until, { start, end });
    });
  }

  /** Offset in the text of a line of the window, counted from 0. */
  #offset(line: number): number {
    return Math.min(this.#end, Math.max(this.#start, this.#lines.startOf(this.#firstLine + line)));
  }
}

/** A token that is none of these is cut at line ends: fences, indented code, tables. */
const kinds: Record<string, Block["kind"]> = {
  paragraph_open: "prose",
  heading_open: "prose",
  hr: "rule",
  html_block: "html",
  blockquote_open: "container",
  bullet_list_open: "container",
  ordered_list_open: "container",
  list_item_open: "container",
};

function* splitAtHtmlHeadings(text: string, block: Block): Generator<Heading | Block> {
  let from = block.start;
  for (const heading of headingsInHtml(text.slice(block.start, block.end))) {
    const start = block.start + heading.start;
    if (text.slice(from, start).trim() !== "") yield { kind: "html", start: from, end: start, children: [] };
    from = block.start + heading.end;
    const { level, text: words } = heading;
    yield { kind: "heading", start, end: from, level, text: words, wordsEnd: block.start + heading.wordsEnd };
  }
  if (text.slice(from, block.end).trim() !== "") yield { kind: "html", start: from, end: block.end, children: [] };
}
