import type { Token } from "markdown-it";
import { htmlBlocks, type ReadableBlock, type ReadableLine } from "./html-blocks.ts";
import { passageParser } from "./parser.ts";
import { looksLikeHeading, looksLikeTitle } from "./title-form.ts";

/** A block that is part of no list or table. */
const alone = { level: 0, group: null, row: null } as const;
/** The level of a heading without a mark: below all that have one. */
const unmarkedLevel = 7;

/**
 * The blocks of a passage of Markdown in reading order, without link addresses, images, emphasis and tags. Head rows of
 * tables and menus of links are left out.
 */
export function readableBlocks(passage: string): ReadableBlock[] {
  const text = outdented(passage);
  const opening = missingFence(text) || missingHead(text);
  const firstLine = 1 - opening.split("\n").length;
  const tokens = passageParser.parse(opening + text, {});
  const blocks: ReadableBlock[] = [];
  let listDepth = 0;
  let group = 0;
  let head: string[] = [];
  let cells: string[] = [];
  let rowLine = 0;
  for (const [index, token] of tokens.entries()) {
    const line = firstLine + (token.map?.[0] ?? 0);
    const parent = tokens[index - 1];
    if (token.type === "bullet_list_open" || token.type === "ordered_list_open") {
      if (listDepth === 0) group += 1;
      listDepth += 1;
    } else if (token.type === "bullet_list_close" || token.type === "ordered_list_close") listDepth -= 1;
    else if (token.type === "html_block") blocks.push(...htmlBlocks(token.content, line, () => ++group));
    else if (token.type === "fence") blocks.push({ ...alone, kind: "code", lines: codeLines(token.content, line + 1) });
    else if (token.type === "table_open") {
      group += 1;
      head = [];
    } else if (token.type === "tr_open") {
      cells = [];
      rowLine = line;
    } else if (token.type === "tr_close") {
      const text = cells.filter((cell) => cell !== "").join(" | ");
      if (text !== "")
        blocks.push({ ...alone, kind: "row", lines: [{ text, line: rowLine }], group, row: { cells, head } });
    } else if (token.type !== "inline") continue;
    else if (parent?.type === "th_open") head.push(textOf(inlineLines(token, line)));
    else if (parent?.type === "td_open") cells.push(textOf(inlineLines(token, line)));
    else if (parent?.type === "heading_open") {
      blocks.push({ ...alone, kind: "heading", level: Number(parent.tag.slice(1)), lines: inlineLines(token, line) });
    } else if (!isNavigation(token)) {
      const lines = inlineLines(token, line);
      const isFirst = blocks.length === 0;
      const isLast = index + 2 >= tokens.length;
      if (listDepth > 0) blocks.push({ ...alone, kind: "item", lines, group });
      else if (hasColumns(lines)) blocks.push({ ...alone, kind: "code", lines });
      else if (!isLast && isUnmarkedHeading(lines, isFirst))
        blocks.push({ ...alone, kind: "heading", level: unmarkedLevel, lines });
      else blocks.push({ ...alone, kind: "prose", lines });
    }
  }
  return blocks;
}

/** The text of lines on one line. */
export function textOf(lines: readonly ReadableLine[]): string {
  return lines
    .map(({ text }) => text.trim())
    .join(" ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Without the indentation that all lines share: a passage from inside a list is read as the list's text was. */
function outdented(passage: string): string {
  const lines = passage.split("\n");
  const written = lines.filter((line) => line.trim() !== "");
  const shared = Math.min(...written.map((line) => /^ */.exec(line)![0].length));
  return Number.isFinite(shared) && shared > 0 ? lines.map((line) => line.slice(shared)).join("\n") : passage;
}

/** The opening of a code block that a passage ends without having begun it, or nothing. */
function missingFence(passage: string): string {
  const fences = [...passage.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm)];
  const first = fences[0];
  return fences.length % 2 === 1 && first?.[2]?.trim() === "" && first.index > 0 ? `${first[1]}\n` : "";
}

/** A head without names for rows whose table begins in another passage, or nothing. */
function missingHead(passage: string): string {
  const [first = "", second = ""] = passage.split("\n", 2);
  if (!/^ {0,3}\|.*\|\s*$/.test(first) || /^[\s|:-]+$/.test(first) || /^ {0,3}\|[\s|:-]+$/.test(second)) return "";
  const columns = first.trim().split(/(?<!\\)\|/).length - 2;
  return `|${" |".repeat(columns)}\n|${"-|".repeat(columns)}\n`;
}

function codeLines(code: string, firstLine: number): ReadableLine[] {
  return code
    .replace(/\n$/, "")
    .split("\n")
    .map((text, index) => ({ text, line: firstLine + index }));
}

function inlineLines(inline: Token, firstLine: number): ReadableLine[] {
  let line = firstLine;
  let text = "";
  const lines: ReadableLine[] = [];
  for (const child of inline.children ?? []) {
    const isBreak = child.type === "softbreak" || child.type === "hardbreak";
    if (isBreak || isTag(child, "open", "br")) {
      lines.push({ text, line });
      text = "";
      if (isBreak) line += 1;
    } else if (child.type === "code_inline") text += `\`${child.content}\``;
    else if (child.type === "text" || child.type === "text_special") text += child.content;
  }
  return [...lines, { text, line }];
}

/** Nothing but links, two at least: the tabs or the menu of the page that the text was taken from. */
function isNavigation(inline: Token): boolean {
  let depth = 0;
  let links = 0;
  for (const child of inline.children ?? []) {
    if (child.type === "link_open" || isTag(child, "open", "a")) {
      links += 1;
      depth += 1;
    } else if (child.type === "link_close" || isTag(child, "close", "a")) depth -= 1;
    else if (depth === 0) {
      if (child.type === "code_inline" || (child.type === "text" && /[\p{L}\p{N}]/u.test(child.content))) return false;
    }
  }
  return links > 1;
}

function isTag({ type, content }: Token, kind: "open" | "close", name: string): boolean {
  if (type !== "html_inline") return false;
  // The parser gives each tag a token of its own.
  const [, slash, tagName] = /^<(\/?)([a-z][a-z0-9-]*)/i.exec(content) ?? [];
  return tagName?.toLowerCase() === name && (slash === "/") === (kind === "close");
}

/** Whether most lines have gaps that set columns apart: a part of some code or output whose fences are elsewhere. */
function hasColumns(lines: readonly ReadableLine[]): boolean {
  return lines.length > 1 && lines.filter(({ text }) => /\S {3,}\S/.test(text)).length > lines.length / 2;
}

/** Whether a paragraph has the form of a heading. A splitter may have taken the mark of the first one. */
function isUnmarkedHeading(lines: readonly ReadableLine[], isFirst: boolean): boolean {
  const [{ text } = { text: "" }, second] = lines;
  return second === undefined && (looksLikeTitle(text) || (isFirst && looksLikeHeading(text)));
}
