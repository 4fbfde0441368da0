import { javaScriptReader } from "./javascript.ts";
import { lineWriter } from "./line-writer.ts";
import { openElements } from "./open-elements.ts";
import { literalIn, readTag, type Tag } from "./tags.ts";

const fenceStart = /[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})/y;
const mathStart = /[ \t]*\$\$/y;
const moduleStart =
  /(import|export)(?:(?<=import)(?:\s+type(?=\s))?(?:\s*["'{*]|\s+[\w$]+(?:\s*,\s*[{*]|\s+from\s*["']))|(?<=export)\s*(?:\s(?:default|const|let|var|function|async|class|type|interface|enum)\b|[{*]))/y;
/** The first or last line of a container: `:::note Title`, `:::tip[Title]`, `:::`. */
const containerEdge = /[ \t]*:{3,}[ \t]*(?:([a-z][\w-]*)(?=[ \t[{\n]|$)|(?=\n|$))/iy;
/** What stands behind the name of a container: a title in brackets, attributes, a title. */
const containerTitle =
  /^([ \t]*)(?![ \t])(?:\[([^\]]*)\])?[ \t]*(?![ \t])(?:\{(?=[^{}]*\})[^{}]*?(?:\btitle=["']([^"'{}]*)["'][^{}]*)?\})?[ \t]*(?![ \t])(.*[^ \t]|)[ \t]*$/d;
/** Containers whose name a page shows where they have no title. */
const admonition = /^(?:note|tip|info|warning|danger|caution|important|success|question)$/i;
/** What can begin something else than text. */
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
 * The text of an MDX file as a reader of its page sees it: without imports and exports, tags, comments and expressions
 * and marks of containers (`:::`); the titles, labels and descriptions in tags stay, and so does all code. What is left of a line stays on its line, so
 * that line numbers are those of the file. `bodyStart` is where the text behind the front matter begins.
 *
 * Tolerant: MDX that would not compile keeps as text what cannot be read. Takes time in proportion to the text.
 */
export function readableMdx(text: string, bodyStart: number): string {
  const { expressionEnd, moduleEnd } = javaScriptReader(text);
  const lineEnd = nextOf(text, /\n/g);
  const paragraphEnd = nextOf(text, /\n[ \t]*\n/g);
  const codeSpanEnd = codeSpanEnds(text, paragraphEnd);
  const elements = openElements(text);
  const writer = lineWriter(elements);
  const absent = new Set<string>();

  let at = bodyStart;
  while (at < text.length) at = lineAt(at);
  return text.slice(0, bodyStart) + writer.text();

  /** Reads a line, or a block of lines of one kind, and returns where the next one begins. */
  function lineAt(start: number): number {
    const module = writer.isInParagraph() ? null : matchAt(moduleStart, start);
    if (module !== null) return drop(start, moduleEnd(start, module[1] as "import" | "export"));
    const fence = matchAt(fenceStart, start);
    if (fence !== null) return fenceAt(start, fence[1]!);
    const math = matchAt(mathStart, start);
    const mathEnd = math === null ? -1 : indexOf("$$", start + math[0].length);
    if (mathEnd !== -1) return keep(start, mathEnd + 2);
    const edge = matchAt(containerEdge, start);
    if (edge !== null) return containerEdgeAt(start, edge);
    return inlineAt(start);
  }

  /** Of the edge of a container a page shows the title, or the name of a note or a warning. */
  function containerEdgeAt(start: number, [mark, name = ""]: RegExpExecArray): number {
    const end = lineEnd(start);
    const behind = start + mark.length;
    const { indices } = containerTitle.exec(text.slice(behind, end))!;
    const title = [2, 3, 4].map((group) => indices![group]).find((range) => range !== undefined && range[1] > range[0]);
    const own = admonition.test(name) ? ([-name.length, 0] as const) : ([0, 0] as const);
    const [from, to] = title ?? own;
    drop(start, behind + from);
    keep(behind + from, behind + to);
    return drop(behind + to, end);
  }

  function inlineAt(start: number): number {
    let from = start;
    while (from < text.length) {
      special.lastIndex = from;
      const next = special.exec(text)?.index ?? text.length;
      if (next > from) keep(from, next);
      if (text[next] === "\n") return keep(next, next + 1);
      if (next === text.length) return next;
      from = specialAt(next);
    }
    return from;
  }

  function specialAt(start: number): number {
    const mark = text[start];
    if (mark === "\\") return keep(start, start + (text[start + 1] === "\n" ? 1 : 2));
    if (mark === "`") return keep(start, codeSpanEnd(start));
    if (mark === "$") return keep(start, start + (matchAt(inlineMath, start)?.[0].length ?? 1));
    if (mark === "{") return expressionAt(start);
    if (text.startsWith("<!--", start)) {
      const close = indexOf("-->", start);
      return close === -1 ? keep(start, start + 4) : drop(start, close + 3);
    }
    const link = matchAt(autolink, start);
    if (link !== null) return keep(start, start + link[0].length);
    const tag = readTag(text, start, expressionEnd);
    return tag === null || elements.isTypeArgument(tag) ? keep(start, start + 1) : tagAt(tag);
  }

  function expressionAt(start: number): number {
    const end = expressionEnd(start);
    // In a line of text an expression ends in its paragraph; on its own it may hold blank lines.
    const isBlock = writer.indent() !== null;
    if (end === -1 || (!isBlock && end > paragraphEnd(start))) return keep(start, start + 1);
    const words = literalIn(text, { start, end });
    if (words !== null) {
      drop(start, words.start);
      keep(words.start, words.end);
      return drop(words.end, end);
    }
    return drop(start, end);
  }

  function tagAt(tag: Tag): number {
    const isInline = inlineElement.test(tag.name);
    if (!isInline) writer.space();
    if (tag.kind === "open" && hiddenElement.test(tag.name)) {
      const close = indexOf(`</${tag.name}`, tag.end);
      if (close !== -1) return drop(tag.start, close);
    }
    const isHeading = isHeadingLine(tag);
    elements.read(tag, writer.indent());
    if (isHeading) writer.heading(Number(tag.name[1]));
    let from = tag.start;
    for (const value of tag.prose) {
      drop(from, value.start);
      writer.space();
      keep(value.start, value.end);
      from = value.end;
    }
    drop(from, tag.end);
    if (tag.prose.length > 0 || !isInline) writer.space();
    return tag.end;
  }

  /** Whether an element outside all others is a heading of the page: it opens and closes on a line of its own. */
  function isHeadingLine({ kind, name, end }: Tag): boolean {
    if (kind !== "open" || !headingElement.test(name) || elements.depth() > 0 || writer.indent() === null) return false;
    return text.slice(end, lineEnd(end)).trimEnd().endsWith(`</${name}>`);
  }

  function fenceAt(start: number, mark: string): number {
    const close = new RegExp(`^[ \\t>]*${mark[0]}{${mark.length},}[ \\t]*$`);
    const opening = text.slice(start, lineEnd(start));
    const indent = /^[ \t]*/.exec(opening)![0];
    const isAlone = opening.startsWith(mark, indent.length);
    const removed = elements.indentOf(opening, false);
    let from = start;
    while (from < text.length) {
      const end = lineEnd(from);
      const line = text.slice(from, end);
      const isClose = from > start && close.test(line);
      const own = /^[ \t]*/.exec(line)![0].length;
      // A closing mark is put where the opening one stands: further in, CommonMark would not see it.
      const isMoved = isClose && isAlone && own !== indent.length && (removed > 0 || own > indent.length + 3);
      const written = isMoved ? indent + line.trimStart() : line;
      elements.verbatim(Math.min(removed, isMoved ? indent.length : own));
      writer.keep(end < text.length ? `${written}\n` : written);
      from = Math.min(text.length, end + 1);
      if (isClose) break;
    }
    elements.verbatim(null);
    return from;
  }

  function keep(start: number, end: number): number {
    writer.keep(text.slice(start, end));
    return end;
  }

  function drop(start: number, end: number): number {
    writer.drop(text.slice(start, end));
    return end;
  }

  /** Where a string stands next; asked once only for one that stands nowhere further on. */
  function indexOf(part: string, from: number): number {
    const found = absent.has(part) ? -1 : text.indexOf(part, from);
    if (found === -1) absent.add(part);
    return found;
  }

  function matchAt(pattern: RegExp, start: number): RegExpExecArray | null {
    pattern.lastIndex = start;
    return pattern.exec(text);
  }
}

/** Tells where a pattern stands next, at or behind an offset; at the end of the text where nowhere. Asked in order. */
function nextOf(text: string, pattern: RegExp): (from: number) => number {
  let next = -1;
  return (from) => {
    if (next >= from) return next;
    pattern.lastIndex = from;
    next = pattern.exec(text)?.index ?? text.length;
    return next;
  };
}

/** Tells where the code span ends that a run of backticks begins; behind the run where it begins none. Asked in order. */
function codeSpanEnds(text: string, paragraphEnd: (start: number) => number): (start: number) => number {
  const runs = new Map<number, number[]>();
  for (const { index, 0: run } of text.matchAll(/`+/g)) {
    const starts = runs.get(run.length) ?? [];
    if (starts.length === 0) runs.set(run.length, starts);
    starts.push(index);
  }
  for (const starts of runs.values()) starts.reverse();
  return (start) => {
    let length = 1;
    while (text[start + length] === "`") length += 1;
    const starts = runs.get(length) ?? [];
    while (starts.length > 0 && starts.at(-1)! <= start) starts.pop();
    const close = starts.at(-1);
    return close !== undefined && close < paragraphEnd(start) ? close + length : start + length;
  };
}
