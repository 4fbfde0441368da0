import { decodeHTML } from "entities";
import type { Env, MarkdownIt, Token } from "markdown-it";
import { cutPoint, type Range } from "../text/ranges.ts";

/** Characters of a heading that are kept: it is repeated in every chunk below it. */
const maxHeadingChars = 200;

/** Characters of a heading's markup that are read. */
const maxMarkupChars = 2000;

/** The words of a Markdown heading: no link targets, emphasis, code marks, tags, attributes or anchors. */
export function plainHeading(parser: MarkdownIt, markup: string, environment: Env): string {
  const source = markup.slice(0, cutPoint(markup, 0, maxMarkupChars, maxMarkupChars)).replace(trailingAttributes, "");
  if (!inlineMarkup.test(source)) return tidy(source);
  const tokens: Token[] = [];
  parser.inline.parse(source, parser, environment, tokens);
  return tidy(wordsOf(tokens));
}

const inlineMarkup = /[\\`*_~[\]<>&!]/;

/** `{#id .class}` as Pandoc, Docusaurus and others write it, and `{: #id}` of kramdown. */
const trailingAttributes = /\s*\{:?\s*[#.][^{}]*\}\s*$/;

function wordsOf(tokens: readonly Token[]): string {
  let words = "";
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (token.type === "link_open" && String(token.attrGet("href")).startsWith("#")) {
      const close = tokens.findIndex((other, at) => at > index && other.type === "link_close");
      const inside = wordsOf(tokens.slice(index + 1, close));
      if (!permalinkSign.test(inside)) words += inside;
      index = close;
    } else if (token.type === "softbreak" || token.type === "hardbreak") words += " ";
    else if (token.type === "image") words += wordsOf(token.children ?? []);
    else if (token.type !== "html_inline") words += token.content;
  }
  return words;
}

/** What documentation tools put at the end of a heading to link to it. */
const permalinkSign = /^[\s\u200b#¶§🔗]*$/u;

/** A heading in a block of HTML; offsets count from the start of the block. */
export interface HtmlHeading extends Range {
  level: number;
  text: string;
  /** Where a button or a drawing begins inside it; else its end. */
  wordsEnd: number;
}

/** The `<h1>` to `<h6>` elements of a block of HTML, without those in comments and verbatim elements. */
export function* headingsInHtml(html: string): Generator<HtmlHeading> {
  for (const match of html.matchAll(headingOrVerbatim)) {
    const { level, open, content } = match.groups!;
    if (level === undefined || open === undefined || content === undefined) continue;
    const decoration = content.search(/<(?:button|svg|script|style)\b/i);
    const end = match.index + match[0].length;
    yield {
      start: match.index,
      end,
      level: Number(level),
      text: tidy(decodeHTML(content.replaceAll(decorations, "").replaceAll(tags, ""))),
      wordsEnd: decoration === -1 ? end : match.index + open.length + decoration,
    };
  }
}

/** Lengths are bounded so that markup that is never closed costs no more than its size. */
const headingOrVerbatim =
  /<!--[^]*?(?:-->|$)|<(?<verbatim>pre|script|style|textarea|template)\b[^]*?(?:<\/\k<verbatim>\s*>|$)|(?<open><h(?<level>[1-6])(?:\s[^>]{0,1000})?>)(?<content>[^]{0,4000}?)<\/h\k<level>\s*>/gi;

const decorations = /<(?<name>button|svg|script|style)\b[^]*?(?:<\/\k<name>\s*>|$)/gi;
const tags = /<!--[^]*?(?:-->|$)|<\/?[a-z][^>]*>/gi;

/** Whether a reader sees words in a piece of HTML: comments and tags are none. */
export function hasWords(html: string): boolean {
  return /[\p{L}\p{N}]/u.test(html.replaceAll(tags, ""));
}

function tidy(words: string): string {
  const line = words.replaceAll(/[\s\u200b]+/g, " ").trim();
  if (line.length <= maxHeadingChars) return line;
  return `${line.slice(0, cutPoint(line, 0, maxHeadingChars - 1, maxHeadingChars - 1)).trimEnd()}…`;
}
