import { Tokenizer } from "htmlparser2";
import type { Range } from "../text/ranges.ts";

/** A tag or a stretch of text; comments and declarations lie between tokens. Offsets count from the start of the HTML. */
interface HtmlToken extends Range {
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
const headingTag = /<h[1-6]/i;
const ignore = () => {};

/**
 * The tags and texts of a piece of HTML, in order. Elements are not nested into a tree: Markdown cuts HTML anywhere, and
 * a tree of tags that are never closed takes quadratic time. A tag that the end of the piece cuts short reaches to it.
 */
function htmlTokens(html: string): HtmlToken[] {
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

/** A tag whose form leaves no doubt where it ends. */
const plainTag = /<\/?[a-z][a-z0-9-]*(?:\s+[a-z_:-][\w:-]*(?:="[^"<]*")?)*\s*\/?>/gi;
/** Elements whose text is hidden, or in which a tag is text. */
const specialTag = /<(?:script|style|svg|button|textarea|title|xmp|iframe|noembed|noframes|plaintext)/i;
const word = /[\p{L}\p{N}]/u;

/** Whether a reader sees words in a piece of HTML. */
export function hasWords(html: string): boolean {
  // Most pieces are a few plain tags: they are told without a tokenizer.
  const text = html.replaceAll(plainTag, " ");
  if (!/[<&]/.test(text) && !specialTag.test(html)) return word.test(text);
  return htmlParts(html).some(({ kind, value }) => kind === "text" && word.test(value));
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
const demoElement = /\sclass(?:Name)?\s*=\s*["'][^"']*(?<![\w-])(?:demo|example|playground)(?![\w-])/i;
/** An attribute of Vue, Alpine or Angular: the element belongs to a component, which decides whether it is shown. */
const directive = /\s(?:v-[a-z]|x-[a-z]|[@:*#][a-z])/i;
/** What a template fills in. */
const placeholder = /\{[^{}]*\}/g;

/**
 * The `<h1>` to `<h6>` elements that are closed, in order, without those in comments, examples and components, and those
 * of which a template fills in all words.
 */
export function* htmlHeadings(html: string): Generator<HtmlHeading> {
  // Few blocks of HTML hold a heading, and reading their tags takes longer than looking for one.
  if (!headingTag.test(html)) return;
  let heading: { start: number; name: string; text: string[]; wordsEnd: number | null } | null = null;
  let verbatim: string | null = null;
  for (const { kind, start, end, value } of htmlParts(html)) {
    if (verbatim !== null) {
      if (kind === "close" && value === verbatim) verbatim = null;
    } else if (kind === "open" && headingName.test(value)) {
      heading = directive.test(html.slice(start, end)) ? null : { start, name: value, text: [], wordsEnd: null };
    } else if (heading === null) {
      if (kind === "open" && (verbatimElements.has(value) || demoElement.test(html.slice(start, end))))
        verbatim = value;
    } else if (kind === "text") heading.text.push(value);
    else if (kind === "hidden") heading.wordsEnd ??= start;
    else if (value === "br") heading.text.push(" ");
    else if (kind === "close" && value === heading.name) {
      const { start: headingStart, text, wordsEnd } = heading;
      heading = null;
      const words = text.join("");
      if (words.includes("{") && !word.test(words.replaceAll(placeholder, ""))) continue;
      yield { start: headingStart, end, level: Number(value[1]), text: words, wordsEnd: wordsEnd ?? end };
    }
  }
}
