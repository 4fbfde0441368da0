import { inlineAt } from "./inline.ts";
import type { MdxPage } from "./page.ts";

const fenceStart = /[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})/y;
const mathStart = /[ \t]*\$\$/y;
const moduleStart =
  /(import|export)(?:(?<=import)(?:\s+type(?=\s))?(?:\s*["'{*]|\s+[\w$]+(?:\s*,\s*[{*]|\s+from\s*["']))|(?<=export)\s*(?:\s(?:default|const|let|var|function|async|class|type|interface|enum)\b|[{*]))/y;
/** The first or last line of a container: `:::note Title`, `:::tip[Title]`, `:::`. */
const containerEdge = /[ \t]*:{3,}[ \t]*(?:([a-z][\w-]*)(?=[ \t[{\n]|$)|(?=\n|$))/iy;
/** Behind the name of a container: a title in brackets, attributes, a title. */
const containerTitle =
  /^([ \t]*)(?![ \t])(?:\[([^\]]*)\])?[ \t]*(?![ \t])(?:\{(?=[^{}]*\})[^{}]*?(?:\btitle=["']([^"'{}]*)["'][^{}]*)?\})?[ \t]*(?![ \t])(.*[^ \t]|)[ \t]*$/d;
/** Containers whose name the page shows when they have no title. */
const admonition = /^(?:note|tip|info|warning|danger|caution|important|success|question)$/i;

/** Reads a line, or a block of lines of one kind, and returns where the next one begins. */
export function lineAt(page: MdxPage, start: number): number {
  const module = page.writer.isInParagraph() ? null : page.matchAt(moduleStart, start);
  if (module !== null) return page.drop(start, page.moduleEnd(start, module[1] as "import" | "export"));
  const fence = page.matchAt(fenceStart, start);
  if (fence !== null) return fenceAt(page, start, fence[1]!);
  const math = page.matchAt(mathStart, start);
  const mathEnd = math === null ? -1 : page.indexOf("$$", start + math[0].length);
  if (mathEnd !== -1) return page.keep(start, mathEnd + 2);
  const edge = page.matchAt(containerEdge, start);
  if (edge !== null) return containerEdgeAt(page, start, edge);
  return inlineAt(page, start);
}

/** Keeps the title of a container, or its name if it is an admonition without a title. */
function containerEdgeAt(page: MdxPage, start: number, [mark, name = ""]: RegExpExecArray): number {
  const end = page.lineEnd(start);
  const behind = start + mark.length;
  const { indices } = containerTitle.exec(page.text.slice(behind, end))!;
  const title = [2, 3, 4].map((group) => indices![group]).find((range) => range !== undefined && range[1] > range[0]);
  const own = admonition.test(name) ? ([-name.length, 0] as const) : ([0, 0] as const);
  const [from, to] = title ?? own;
  page.drop(start, behind + from);
  page.keep(behind + from, behind + to);
  return page.drop(behind + to, end);
}

/** Keeps a block of code, without the indentation that the markup around it gives all its lines. */
function fenceAt(page: MdxPage, start: number, mark: string): number {
  const close = new RegExp(`^[ \\t>]*${mark[0]}{${mark.length},}[ \\t]*$`);
  const opening = page.text.slice(start, page.lineEnd(start));
  const indent = /^[ \t]*/.exec(opening)![0];
  const isAlone = opening.startsWith(mark, indent.length);
  const removed = page.elements.indentOf(opening, false);
  let from = start;
  while (from < page.text.length) {
    const end = page.lineEnd(from);
    const line = page.text.slice(from, end);
    const isClose = from > start && close.test(line);
    const own = /^[ \t]*/.exec(line)![0].length;
    // The closing mark moves to the column of the opening one: CommonMark would not see it further in.
    const isMoved = isClose && isAlone && own !== indent.length && (removed > 0 || own > indent.length + 3);
    const written = isMoved ? indent + line.trimStart() : line;
    page.elements.verbatim(Math.min(removed, isMoved ? indent.length : own));
    page.writer.keep(end < page.text.length ? `${written}\n` : written);
    from = Math.min(page.text.length, end + 1);
    if (isClose) break;
  }
  page.elements.verbatim(null);
  return from;
}
