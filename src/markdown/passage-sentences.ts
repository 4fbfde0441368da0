import markdownIt from "markdown-it";

import { htmlBlocks } from "./html-blocks.ts";
import { splitSentences } from "../text/sentences.ts";

/** A sentence of a passage, or what stands in its place: a heading, a list item's sentence, a table row, a code block. */
export interface PassageSentence {
  kind: "prose" | "heading" | "item" | "row" | "code";
  /** The words as they stand in the passage, without markup; one line, code excepted. */
  text: string;
  /** First and last line, counted from 0 at the start of the passage. */
  line: number;
  endLine: number;
  /** The headings inside the passage that it stands under, the outermost first. */
  headings: string[];
  /** Which block of the passage it is part of: two sentences of one paragraph have the same number. */
  block: number;
}

// Indented text is prose here: passages are cut from lists, and text out of a PDF is indented at random.
const parser = markdownIt("default", { html: true }).disable(["code", "reference"]);
type Token = ReturnType<typeof parser.parse>[number];

interface Line {
  text: string;
  line: number;
}

/** The readable lines of inline content: link addresses, images, emphasis and tags left out. */
function readableLines(inline: Token): Line[] {
  let line = inline.map?.[0] ?? 0;
  const lines: Line[] = [{ text: "", line }];
  const append = (text: string) => {
    (lines.at(-1) as Line).text += text;
  };
  for (const child of inline.children ?? []) {
    if (child.type === "softbreak" || child.type === "hardbreak") lines.push({ text: "", line: ++line });
    else if (child.type === "code_inline") append(`\`${child.content}\``);
    else if (child.type === "text" || child.type === "text_special") append(child.content);
    else if (child.type === "html_inline" && /^<br\b/i.test(child.content)) lines.push({ text: "", line });
  }
  return lines;
}

/** In a wrapped paragraph the next word would not have fitted; where it would, the line was ended on purpose. */
function isEndedOnPurpose(line: string, next: string, width: number): boolean {
  if (/[,;(–-]\s*$/.test(line) || /^\s*\p{Ll}/u.test(next)) return false;
  const nextWord = /^\s*(\S+)/.exec(next)?.[1] ?? "";
  return line.trimEnd().length + 1 + nextWord.length < width;
}

const noSpaceScript = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{P}]/u;
const spacelessScript = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Joins lines that were wrapped, and cuts the result into sentences that know their lines. */
function sentencesOfLines(lines: readonly Line[]): { text: string; line: number; endLine: number }[] {
  const width = Math.max(...lines.map((line) => line.text.trimEnd().length));
  const sentences: { text: string; line: number; endLine: number }[] = [];
  let run: { text: string; starts: { offset: number; line: number }[] } = { text: "", starts: [] };

  const finish = () => {
    const lineAt = (offset: number) => run.starts.findLast((start) => start.offset <= offset)?.line ?? 0;
    for (const { text, start } of splitSentences(run.text)) {
      sentences.push({
        text: text.replaceAll(/\s+/g, " "),
        line: lineAt(start),
        endLine: lineAt(start + text.length - 1),
      });
    }
    run = { text: "", starts: [] };
  };

  for (const [index, { text, line }] of lines.entries()) {
    const trimmed = text.trim();
    const spaceless = spacelessScript.test(run.text.at(-1) ?? "") && noSpaceScript.test(trimmed[0] ?? "");
    if (run.text !== "" && !spaceless) run.text += " ";
    run.starts.push({ offset: run.text.length, line });
    run.text += trimmed;
    const next = lines[index + 1];
    if (next === undefined || isEndedOnPurpose(text, next.text, width)) finish();
  }
  return sentences;
}

/** A passage that was cut out of a code block ends it without having begun it: the lines to put before it. */
function missingFence(passage: string): string {
  const fences = [...passage.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm)];
  const first = fences[0];
  return fences.length % 2 === 1 && first?.[2]?.trim() === "" && first.index > 0 ? `${first[1]}\n` : "";
}

/** Nothing but links, two at least: the tabs or the menu of the page that the text was taken from. */
function isNavigation(inline: Token): boolean {
  let depth = 0;
  let links = 0;
  for (const { type, content } of inline.children ?? []) {
    const isTag = type === "html_inline";
    const opens = type === "link_open" || (isTag && /^<a\b/i.test(content));
    if (opens) links += 1;
    depth += opens ? 1 : type === "link_close" || (isTag && /^<\/a>/i.test(content)) ? -1 : 0;
    const isText = type === "code_inline" || (type === "text" && /[\p{L}\p{N}]/u.test(content));
    if (isText && depth === 0) return false;
  }
  return links > 1;
}

/**
 * Whether a text is a title by its form, as headings are in a text without marks for them: a few words, the long ones
 * with a capital, without a full stop.
 */
export function looksLikeTitle(text: string): boolean {
  const words = text.trim().split(/\s+/);
  return (
    words.length > 1 &&
    words.length <= 14 &&
    /^\p{Lu}.*[\p{L}\p{N})]$/u.test(text.trim()) &&
    !/[:;,.|`]/.test(text) &&
    words.every((word) => word.length <= 3 || /^[\p{Lu}\p{N}(&–-]/u.test(word))
  );
}

/** A first paragraph of one short line that ends like a title, or asks: a heading that lost its mark to a splitter. */
function looksLikeHeading(lines: readonly Line[]): boolean {
  const text = lines[0]?.text.trim() ?? "";
  return lines.length === 1 && text !== "" && text.length <= 120 && /[\p{L}\p{N}?？)`]$/u.test(text);
}

/**
 * A passage's sentences in reading order. The passage is read as Markdown, which plain text is too: link addresses,
 * images, emphasis and tags are left out, so that the sentences read well wherever they are shown.
 */
export function passageSentences(passage: string): PassageSentence[] {
  const sentences: PassageSentence[] = [];
  const headings: { level: number; text: string }[] = [];
  let block = -1;
  let listDepth = 0;
  let headingLevel: number | null = null;
  let row: string[] | null = null;
  let rowLine = 0;
  let inTableHead = false;

  const add = (kind: PassageSentence["kind"], text: string, line: number, endLine: number) => {
    if (!/[\p{L}\p{N}]/u.test(text)) return;
    sentences.push({ kind, text, line, endLine, headings: headings.map((heading) => heading.text), block });
  };
  const addHeading = (lines: readonly Line[], level: number) => {
    while ((headings.at(-1)?.level ?? 0) >= level) headings.pop();
    const text = lines
      .map((line) => line.text)
      .join(" ")
      .replaceAll(/\s+/g, " ")
      .trim();
    add("heading", text, lines[0]?.line ?? 0, lines.at(-1)?.line ?? 0);
    headings.push({ level, text });
  };
  const addLines = (lines: readonly Line[], kind: "prose" | "item") => {
    for (const sentence of sentencesOfLines(lines)) add(kind, sentence.text, sentence.line, sentence.endLine);
  };

  const addCode = (lines: readonly Line[]) => {
    const text = lines.map((one) => one.text).join("\n");
    add("code", text.trim(), lines[0]?.line ?? 0, lines.at(-1)?.line ?? 0);
  };

  const opening = missingFence(passage);
  const firstLine = opening === "" ? 0 : -1;
  const tokens = parser.parse(opening + passage, {});
  for (const [index, token] of tokens.entries()) {
    if (token.map !== null) token.map = [token.map[0] + firstLine, token.map[1] + firstLine];
    const line = token.map?.[0] ?? 0;
    switch (token.type) {
      case "bullet_list_open":
      case "ordered_list_open":
        listDepth += 1;
        break;
      case "bullet_list_close":
      case "ordered_list_close":
        listDepth -= 1;
        break;
      case "heading_open":
        headingLevel = Number(token.tag.slice(1));
        break;
      case "heading_close":
        headingLevel = null;
        break;
      case "thead_open":
      case "thead_close":
        inTableHead = token.type === "thead_open";
        break;
      case "tr_open":
        row = [];
        rowLine = line;
        block += 1;
        break;
      case "tr_close":
        if (row !== null && !inTableHead) add("row", row.filter((cell) => cell !== "").join(" | "), rowLine, rowLine);
        row = null;
        break;
      case "fence":
        block += 1;
        add("code", token.content.trimEnd(), line + 1, Math.max(line + 1, (token.map?.[1] ?? line) - 2));
        break;
      case "html_block": {
        for (const { kind, level, lines: relative } of htmlBlocks(token.content)) {
          block += 1;
          const lines = relative.map((one) => ({ text: one.text, line: line + one.line }));
          if (kind === "heading") addHeading(lines, level);
          else if (kind === "code") addCode(lines);
          else addLines(lines, kind);
        }
        break;
      }
      case "inline": {
        const lines = readableLines(token);
        if (row !== null) {
          row.push(lines.map((cell) => cell.text.trim()).join(" "));
          break;
        }
        block += 1;
        if (headingLevel !== null) addHeading(lines, headingLevel);
        else if (isNavigation(token)) break;
        else if (
          listDepth === 0 &&
          index + 2 < tokens.length &&
          ((lines.length === 1 && looksLikeTitle(lines[0]?.text ?? "")) || (block === 0 && looksLikeHeading(lines)))
        )
          addHeading(lines, 7);
        else addLines(lines, listDepth > 0 ? "item" : "prose");
        break;
      }
      default:
    }
  }
  return sentences;
}
