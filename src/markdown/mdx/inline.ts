import type { MdxPage } from "./page.ts";
import { literalIn, readTag, type Tag } from "./tags.ts";

/** Characters that can begin something other than text. */
const special = /[`<{\\$\n]/g;
const inlineMath = /\$(?=\S)[^$`\n]*[\\^_][^$`\n]*(?<=\S)\$(?!\d)/y;
/** An address in angle brackets, which CommonMark makes a link. */
const autolink = /<(?:[a-z][a-z0-9+.-]*:\/\/|mailto:|[\w.+-]+@)[^\s<>]*>/iy;
const headingElement = /^h[1-6]$/;
/** Elements inside a line of text, which separate no words. */
const inlineElement = /^(?:a|abbr|b|bdi|cite|code|em|i|kbd|mark|q|s|small|span|strong|sub|sup|u|var|wbr)$/;
/** Elements whose content is not Markdown: no word of it is shown. */
const hiddenElement = /^(?:script|style|svg)$/i;

/**
 * Reads to the end of the line, and further where a tag or an expression goes on behind it. Returns where it stopped.
 */
export function inlineAt(page: MdxPage, start: number): number {
  let from = start;
  while (from < page.text.length) {
    special.lastIndex = from;
    const next = special.exec(page.text)?.index ?? page.text.length;
    if (next > from) page.keep(from, next);
    if (page.text[next] === "\n") return page.keep(next, next + 1);
    if (next === page.text.length) return next;
    from = specialAt(page, next);
  }
  return from;
}

function specialAt(page: MdxPage, start: number): number {
  const mark = page.text[start];
  if (mark === "\\") return page.keep(start, start + (page.text[start + 1] === "\n" ? 1 : 2));
  if (mark === "`") return page.keep(start, page.codeSpanEnd(start));
  if (mark === "$") return page.keep(start, start + (page.matchAt(inlineMath, start)?.[0].length ?? 1));
  if (mark === "{") return expressionAt(page, start);
  if (page.text.startsWith("<!--", start)) {
    const close = page.indexOf("-->", start);
    return close === -1 ? page.keep(start, start + 4) : page.drop(start, close + 3);
  }
  const link = page.matchAt(autolink, start);
  if (link !== null) return page.keep(start, start + link[0].length);
  const tag = readTag(page.text, start, page.expressionEnd);
  return tag === null || page.elements.isTypeArgument(tag) ? page.keep(start, start + 1) : tagAt(page, tag);
}

function expressionAt(page: MdxPage, start: number): number {
  const end = page.expressionEnd(start);
  // Inside a line of text, an expression ends in its paragraph. On lines of its own it may hold blank lines.
  const isBlock = page.writer.indent() !== null;
  if (end === -1 || (!isBlock && end > page.paragraphEnd(start))) return page.keep(start, start + 1);
  const words = literalIn(page.text, { start, end });
  if (words !== null) {
    page.drop(start, words.start);
    page.keep(words.start, words.end);
    return page.drop(words.end, end);
  }
  return page.drop(start, end);
}

function tagAt(page: MdxPage, tag: Tag): number {
  const isInline = inlineElement.test(tag.name);
  if (!isInline) page.writer.space();
  if (tag.kind === "open" && hiddenElement.test(tag.name)) {
    const close = page.indexOf(`</${tag.name}`, tag.end);
    if (close !== -1) return page.drop(tag.start, close);
  }
  const isHeading = isHeadingLine(page, tag);
  page.elements.read(tag, page.writer.indent());
  if (isHeading) page.writer.heading(Number(tag.name[1]));
  let from = tag.start;
  for (const value of tag.prose) {
    page.drop(from, value.start);
    page.writer.space();
    page.keep(value.start, value.end);
    from = value.end;
  }
  page.drop(from, tag.end);
  if (tag.prose.length > 0 || !isInline) page.writer.space();
  return tag.end;
}

/** Whether an element outside all others is a heading of the page: it opens and closes on a line of its own. */
function isHeadingLine(page: MdxPage, { kind, name, end }: Tag): boolean {
  if (kind !== "open" || !headingElement.test(name) || page.elements.depth() > 0 || page.writer.indent() === null)
    return false;
  return page.text.slice(end, page.lineEnd(end)).trimEnd().endsWith(`</${name}>`);
}
