import type { Env, Token } from "markdown-it";
import { cutPoint } from "../text/ranges.ts";
import { withoutAttributes } from "./heading-attributes.ts";
import { documentParser } from "./parser.ts";

/** Characters of a heading in a path: it is repeated in every chunk below it. */
const maxHeadingChars = 200;

/** Characters of a heading's markup that are read. */
const maxMarkupChars = 2000;

/**
 * The words of a Markdown heading: no link targets, emphasis, code marks, tags, attributes or anchors. `environment`
 * holds the link definitions of the text around it.
 */
export function plainHeading(markup: string, environment: Env): string {
  const source = withoutAttributes(markup.slice(0, cutPoint(markup, 0, maxMarkupChars, maxMarkupChars)));
  if (!inlineMarkup.test(source)) return headingLine(source);
  const tokens: Token[] = [];
  documentParser.inline.parse(source, documentParser, environment, tokens);
  return headingLine(wordsOf(tokens));
}

const inlineMarkup = /[\\`*_~[\]<>&!]/;

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

/** The words of a heading on one line. */
export function headingLine(words: string): string {
  return words.replaceAll(/[\s\u200b]+/g, " ").trim();
}

/** A heading for a path of headings: cut where it is longer than 200 characters. */
export function shortHeading(line: string): string {
  if (line.length <= maxHeadingChars) return line;
  return `${line.slice(0, cutPoint(line, 0, maxHeadingChars - 1, maxHeadingChars - 1)).trimEnd()}…`;
}
