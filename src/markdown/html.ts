import { Tokenizer } from "htmlparser2";
import type { Range } from "../text/ranges.ts";

/** A tag or a stretch of text; comments and declarations lie between tokens. Offsets count from the start of the HTML. */
export interface HtmlToken extends Range {
  kind: "text" | "open" | "close";
  /** The text with its entities decoded, or the tag's name in lower case. */
  value: string;
}

/** A token, or a whole element that shows no text of the document, such as a drawing or a button. */
export interface HtmlPart extends Range {
  kind: HtmlToken["kind"] | "hidden";
  value: string;
}

const hiddenElements = new Set(["script", "style", "svg", "button"]);
const headingName = /^h[1-6]$/;
const ignore = () => {};

/**
 * The tags and texts of a piece of HTML, in order. Elements are not nested into a tree: Markdown cuts HTML anywhere, and
 * a tree of tags that are never closed takes quadratic time. A tag that the end of the piece cuts short reaches to it.
 */
export function htmlTokens(html: string): HtmlToken[] {
  const tokens: HtmlToken[] = [];
  let openTag: { start: number; value: string } | null = null;
  let svgDepth = 0;
  const finishOpenTag = (last: number) => {
    if (openTag === null) return;
    const isSelfClosed = html[last - 1] === "/";
    if (openTag.value === "svg" && !isSelfClosed) svgDepth += 1;
    tokens.push({ kind: "open", ...openTag, end: last + 1 });
    openTag = null;
  };
  const tokenizer = new Tokenizer(
    {},
    {
      ontext: (start, end) => tokens.push({ kind: "text", start, end, value: html.slice(start, end) }),
      ontextentity(code, end) {
        // A line break that is written as an entity is none in the source.
        const value = String.fromCodePoint(code).replace("\n", " ");
        tokens.push({ kind: "text", start: html.lastIndexOf("&", end - 1), end, value });
      },
      onopentagname: (start, end) => {
        openTag = { start: start - 1, value: html.slice(start, end).toLowerCase() };
      },
      onopentagend: finishOpenTag,
      onselfclosingtag: finishOpenTag,
      onclosetag(nameStart, nameEnd) {
        const value = html.slice(nameStart, nameEnd).toLowerCase();
        const last = html.indexOf(">", nameEnd);
        if (value === "svg" && svgDepth > 0) svgDepth -= 1;
        tokens.push({ kind: "close", start: nameStart - 2, end: last === -1 ? html.length : last + 1, value });
      },
      isInForeignContext: () => svgDepth > 0,
      onattribdata: ignore,
      onattribentity: ignore,
      onattribend: ignore,
      onattribname: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onprocessinginstruction: ignore,
      onend: ignore,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  finishOpenTag(html.length - 1);
  return tokens;
}

/**
 * The tokens of a piece of HTML with each hidden element as one part. A hidden element that is never closed ends before
 * the next tag of a heading, or with the piece.
 */
export function htmlParts(html: string): HtmlPart[] {
  const parts: HtmlPart[] = [];
  let hidden: HtmlPart | null = null;
  let depth = 0;
  for (const token of htmlTokens(html)) {
    const isTag = token.kind !== "text";
    if (hidden !== null && !(isTag && headingName.test(token.value))) {
      hidden.end = token.end;
      if (isTag && token.value === hidden.value) depth += token.kind === "open" ? 1 : -1;
      if (depth === 0) hidden = null;
      continue;
    }
    hidden = null;
    if (token.kind === "open" && hiddenElements.has(token.value)) {
      const part: HtmlPart = { ...token, kind: "hidden" };
      parts.push(part);
      if (html[token.end - 2] === "/") continue;
      hidden = part;
      depth = 1;
    } else parts.push(token);
  }
  return parts;
}

/** Whether a reader sees words in a piece of HTML. */
export function hasWords(html: string): boolean {
  return htmlParts(html).some(({ kind, value }) => kind === "text" && /[\p{L}\p{N}]/u.test(value));
}

/** A heading in a piece of HTML; offsets count from the start of the piece. */
export interface HtmlHeading extends Range {
  /** 1 to 6. */
  level: number;
  /** As written, without tags. */
  text: string;
  /** Where the first hidden element begins inside it; else its end. */
  wordsEnd: number;
}

/** Headings inside these are examples. */
const verbatimElements = new Set(["pre", "textarea", "template"]);

/** The `<h1>` to `<h6>` elements that are closed, in order, without those in comments and verbatim elements. */
export function* htmlHeadings(html: string): Generator<HtmlHeading> {
  let heading: { start: number; name: string; text: string[]; wordsEnd: number | null } | null = null;
  let verbatim: string | null = null;
  for (const { kind, start, end, value } of htmlParts(html)) {
    if (verbatim !== null) {
      if (kind === "close" && value === verbatim) verbatim = null;
    } else if (kind === "open" && headingName.test(value)) heading = { start, name: value, text: [], wordsEnd: null };
    else if (heading === null) {
      if (kind === "open" && verbatimElements.has(value)) verbatim = value;
    } else if (kind === "text") heading.text.push(value);
    else if (kind === "hidden") heading.wordsEnd ??= start;
    else if (value === "br") heading.text.push(" ");
    else if (kind === "close" && value === heading.name) {
      const { start: headingStart, text, wordsEnd } = heading;
      yield { start: headingStart, end, level: Number(value[1]), text: text.join(""), wordsEnd: wordsEnd ?? end };
      heading = null;
    }
  }
}

const knownElement =
  /^(?:a|b|br|button|code|dd|details|div|dl|dt|em|h[1-6]|hr|i|img|li|ol|p|pre|section|span|strong|sub|summary|sup|svg|table|tbody|td|th|thead|tr|ul)$/;

/**
 * A text with HTML in it, each tag and comment replaced by a space. A bracket before a name that is no element of HTML is
 * text, as in `List<String>`.
 */
export function withoutTags(text: string): string {
  const parts: string[] = [];
  for (const { kind, start, end, value } of htmlTokens(text)) {
    parts.push(kind === "text" || !knownElement.test(value) ? text.slice(start, end) : " ");
  }
  return parts.join("");
}
