import MarkdownIt from "markdown-it";
import type { Token } from "markdown-it";

const markdown = new MarkdownIt({ html: true });
/** Finds the blocks alone: the text inside them is parsed for headings only. */
const blocks = new MarkdownIt({ html: true });
blocks.core.ruler.enableOnly(["block"]);

/** `## Title {#anchor}`: what documentation sites put behind a heading is not part of it. */
const anchor = /\s*\{#[^{}]*\}\s*$/;
const htmlHeading = /<h([1-6])\b[^>]*>([\s\S]*?)(?:<\/h\1\s*>|$)/gi;
/** Elements in an HTML heading that show no text: the button and the icon of its link. */
const silentElement = /<(button|svg|style|script)\b[^>]*>[\s\S]*?<\/\1\s*>/gi;

/**
 * The headings of a Markdown text as plain text, from the top, those without text left out. Headings of CommonMark
 * and `<h1>` to `<h6>` in HTML blocks count; what stands in code and in comments does not.
 */
export function* headingsOf(text: string): Generator<string, undefined> {
  const tokens = blocks.parse(text, {});
  for (const [index, token] of tokens.entries()) {
    const candidates =
      token.type === "heading_open"
        ? [plainText(tokens[index + 1]?.content ?? "")]
        : token.type === "html_block"
          ? htmlHeadings(token.content)
          : [];
    for (const candidate of candidates) {
      const heading = candidate.replace(anchor, "").replaceAll(/\s+/g, " ").trim();
      if (heading !== "") yield heading;
    }
  }
  return undefined;
}

function plainText(inline: string): string {
  const [token] = markdown.parseInline(inline, {});
  return textOf(token?.children ?? []);
}

function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === "softbreak" || token.type === "hardbreak") return " ";
      if (token.type === "html_inline") return "";
      // An image is its description.
      return token.children === null ? token.content : textOf(token.children);
    })
    .join("");
}

function htmlHeadings(html: string): string[] {
  const visible = html.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, "").replaceAll(silentElement, "");
  return Array.from(visible.matchAll(htmlHeading), ([, , content]) =>
    markdown.utils.unescapeAll((content ?? "").replaceAll(/<[^>]*>/g, "")),
  );
}
