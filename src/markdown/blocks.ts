import type { Env, Token } from "markdown-it";
import type { LineIndex } from "../text/line-index.ts";
import type { Range } from "../text/ranges.ts";
import { headingLine, plainHeading } from "./heading-text.ts";
import { htmlHeadings } from "./html.ts";
import { documentParser } from "./parser.ts";

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

/**
 * The headings and blocks of a CommonMark text with GFM tables, in their order, from `bodyStart` to the end. They cover
 * every line that is not blank. Only block structure is parsed, a window of lines at a time: blocks at the outermost
 * level do not depend on what stands before them. The last block of a window may go on behind it, so it opens the next.
 */
export function* markdownBlocks(
  text: string,
  bodyStart: number,
  lines: LineIndex,
  windowSize = windowChars,
): Generator<Heading | Block> {
  let line = lines.lineAt(bodyStart);
  let size = windowSize;
  while (line <= lines.count) {
    const start = Math.max(bodyStart, lines.startOf(line));
    const endLine = start + size < text.length ? lines.lineAt(start + size) + 1 : lines.count + 1;
    const isLast = endLine > lines.count;
    const blocks = blocksOf(text, lines, { start, end: Math.min(text.length, lines.startOf(endLine)) });
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
    size = windowSize;
  }
}

/** The outermost blocks of a window of lines, parsed on its own. */
function blocksOf(text: string, lines: LineIndex, window: Range): (Heading | Block)[] {
  const tokens: Token[] = [];
  const environment: Env = {};
  documentParser.block.parse(text.slice(window.start, window.end), documentParser, environment, tokens);

  const firstLine = lines.lineAt(window.start);
  const offsetOf = (line: number) => Math.min(window.end, Math.max(window.start, lines.startOf(firstLine + line)));
  const blocks: (Heading | Block)[] = [];
  let end = window.start;
  for (const node of outermostNodes(tokens)) {
    const start = offsetOf(node.firstLine);
    // Link reference definitions have no tokens.
    blocks.push(...proseIn({ start: end, end: start }));
    end = offsetOf(node.endLine);
    blocks.push(headingAt(node, { start, end }) ?? blockAt(node, { start, end }));
  }
  blocks.push(...proseIn({ start: end, end: window.end }));
  return blocks;

  function proseIn({ start, end: until }: Range): Block[] {
    if (start >= until || text.slice(start, until).trim() === "") return [];
    return [{ kind: "prose", start, end: until, children: [] }];
  }

  function headingAt({ token, index }: Node, range: Range): Heading | null {
    if (token.type !== "heading_open") return null;
    const words = plainHeading(tokens[index + 1]?.content ?? "", environment);
    return { kind: "heading", ...range, level: Number(token.tag.slice(1)), text: words, wordsEnd: range.end };
  }

  function blockAt({ token, children }: Node, range: Range): Block {
    const kind = kinds[token.type] ?? "lines";
    const blocksInside = children.map((node, position) => {
      const next = children[position + 1];
      const start = position === 0 ? range.start : offsetOf(node.firstLine);
      return blockAt(node, { start, end: next === undefined ? range.end : offsetOf(next.firstLine) });
    });
    return { kind, ...range, children: blocksInside };
  }
}

/** A token that begins a block. Lines count from 0 in the window. */
interface Node {
  token: Token;
  index: number;
  firstLine: number;
  endLine: number;
  /** The blocks directly inside a container, in order; of other kinds none. */
  children: Node[];
}

/** The outermost blocks among a window's tokens, with those inside them. */
function outermostNodes(tokens: readonly Token[]): Node[] {
  const outermost: Node[] = [];
  // By nesting level: where the next block of that level belongs.
  const open = [outermost];
  for (const [index, token] of tokens.entries()) {
    if (token.nesting < 0 || token.map === null) continue;
    const siblings = open[token.level];
    if (siblings === undefined) continue;
    const node: Node = { token, index, firstLine: token.map[0], endLine: token.map[1], children: [] };
    siblings.push(node);
    open.length = token.level + 1;
    if (kinds[token.type] === "container") open.push(node.children);
  }
  return outermost;
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
  for (const { start, end, level, text: words, wordsEnd } of htmlHeadings(text.slice(block.start, block.end))) {
    yield* htmlIn(text, from, block.start + start);
    from = block.start + end;
    const range = { start: block.start + start, end: from, wordsEnd: block.start + wordsEnd };
    yield { kind: "heading", ...range, level, text: headingLine(words) };
  }
  yield* htmlIn(text, from, block.end);
}

function* htmlIn(text: string, start: number, end: number): Generator<Block> {
  if (text.slice(start, end).trim() !== "") yield { kind: "html", start, end, children: [] };
}
