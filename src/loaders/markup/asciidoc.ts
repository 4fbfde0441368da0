import { isoDate, keywordList, toMetadata } from "../metadata.ts";
import { lineMarkupLoader, plainLine } from "./line-markup.ts";
import type { LineMarkup } from "./line-markup.ts";
import { asciidocTableAt } from "./tables/asciidoc-table.ts";
import { tableLines } from "./tables/line-table.ts";

/**
 * AsciiDoc: headings, listings and literal blocks as fences, lists, tables as a line a row, block titles, admonitions; links and cross references
 * as their text. Comments, attributes and passthroughs become blank lines; what `include::` names is not read.
 */
export const asciidocLoader = lineMarkupLoader("asciidoc", convertAsciidoc);

/** Values made of other values grow; none in use is longer. */
const maxValueChars = 1000;

const underlines = ["=", "-", "~", "^", "+"];

function convertAsciidoc(lines: readonly string[]): LineMarkup {
  const attributes = new Map<string, string>();
  const written: string[] = [];
  let block: { end: string; kind: "code" | "silent" } | null = null;
  let language = "";
  /** The line in brackets that says more of the block below it. */
  let about = "";
  for (let at = written.length; at < lines.length; at = written.length) {
    const line = (lines[at] ?? "").trimEnd();
    const attribute = /^:([\w-]+):\s*(.*)$/.exec(line);
    const underlined = underlinedLevel(lines, at);
    const table = block === null ? asciidocTableAt(lines, at, about) : null;
    if (!/^(?:\[.*\]|\.[^\s.].*)$/.test(line)) about = "";
    if (block !== null) {
      const isEnd = line === block.end;
      written.push(block.kind === "silent" ? "" : isEnd ? "```" : line.replace(/^`{3,}/, ""));
      if (isEnd) block = null;
    } else if (/^(?:-{4,}|\.{4,}|`{3,}\w*)$/.test(line) && underlined === null) {
      block = { end: line.replace(/(?<!\w)\w+$/, ""), kind: "code" };
      written.push(`\`\`\`${/^`+(\w+)$/.exec(line)?.[1] ?? language}`);
      language = "";
    } else if (/^(?:\/{4,}|\+{4,})$/.test(line)) {
      block = { end: line, kind: "silent" };
      written.push("");
    } else if (underlined !== null) written.push(`${"#".repeat(underlined)} ${inline(withValues(line))}`, "");
    else if (attribute !== null) {
      attributes.set((attribute[1] ?? "").toLowerCase(), withValues(attribute[2] ?? "").slice(0, maxValueChars));
      written.push("");
    } else if (table !== null) {
      const rows = table.rows.map((row) => ({ ...row, cells: row.cells.map((cell) => inline(withValues(cell))) }));
      written.push(...tableLines({ ...table, rows }).map(plainLine));
    } else if (/^\[.*\]$/.test(line)) {
      about = line;
      language = /^\[source,\s*([\w+#-]+)/.exec(line)?.[1] ?? "";
      written.push("");
    } else written.push(plainText(withValues(line)));
  }
  /** A text with the values of the attributes that were set above it, as in `{product}`. */
  function withValues(text: string): string {
    return text.replaceAll(/\{([\w-]{1,100})\}/g, (all, name: string) => attributes.get(name.toLowerCase()) ?? all);
  }
  const author = attributes.get("author") ?? authorLine(lines);
  return {
    lines: written,
    title: null,
    metadata: toMetadata({
      author,
      created: isoDate(attributes.get("revdate") ?? attributes.get("date")),
      description: attributes.get("description"),
      keywords: keywordList(attributes.get("keywords")),
    }),
  };
}

/** The line below the title of a document: `Ada Lovelace <ada@example.com>`. */
function authorLine(lines: readonly string[]): string | null {
  const title = lines.findIndex((line) => line.startsWith("= "));
  const author = /^([\p{L}\s.'-]+)<[^<>@]+@[^<>]+>/u.exec(lines[title + 1] ?? "")?.[1]?.trim() ?? "";
  return author === "" ? null : author;
}

/** The level of a title with an underline of its length, give or take one; `null` for other lines. */
function underlinedLevel(lines: readonly string[], at: number): number | null {
  const title = (lines[at] ?? "").trimEnd();
  const line = (lines[at + 1] ?? "").trimEnd();
  const level = underlines.indexOf(line[0] ?? "");
  const isAlone = at === 0 || (lines[at - 1] ?? "").trim() === "";
  if (level === -1 || !isAlone || !/^[\p{L}\p{N}]/u.test(title) || !/^(.)\1{2,}$/.test(line)) return null;
  return Math.abs(title.length - line.length) <= 1 ? level + 1 : null;
}

function plainText(line: string): string {
  const heading = /^(={1,6})\s+(\S.*)$/.exec(line);
  if (heading !== null) return `${"#".repeat(heading[1]?.length ?? 1)} ${inline(heading[2] ?? "")}`;
  // Comments, conditions, the edges of blocks and tables, and the sign that joins blocks.
  if (/^(?:\/\/|(?:include|ifdef|ifndef|ifeval|endif|toc)::|\|={3,}|[=*_]{4,}$|--$|\+$|'''$|<<<$)/.test(line))
    return "";
  const item = /^(\s*)(\*{1,5}|-|\.{1,5})\s+(.*)$/.exec(line);
  if (item !== null) {
    const [, space = "", marks = "", text = ""] = item;
    const marker = marks.startsWith(".") ? "1. " : "- ";
    return `${marks.length > 1 ? " ".repeat((marks.length - 1) * marker.length) : space}${marker}${inline(text)}`;
  }
  const callout = /^<(\d+|\.)>\s+(.*)$/.exec(line);
  if (callout !== null) return `${callout[1] === "." ? 1 : callout[1]}. ${inline(callout[2] ?? "")}`;
  const title = /^\.([^\s.].*)$/.exec(line);
  if (title !== null) return plainLine(inline(title[1] ?? ""));
  return plainLine(inline(line.replace(/^(\S.*?):{2,4}(?:\s+|$)/, "$1: ").trimEnd()));
}

/**
 * Links and references as their text. Each search ends at a sign that cannot follow, or after some thousand characters: a
 * line may hold many openings that are never closed, and the rest of it must not be read from each of them.
 */
function inline(line: string): string {
  return line
    .replaceAll(
      /\b(?:image|video|audio|icon)::?[^\s[]{0,1000}\[([^\],]{0,1000})(?:,[^\]]{0,1000})?\]/g,
      (_, text: string) => text.replaceAll('"', ""),
    )
    .replaceAll(/<<[^<>,]+,\s*([^<>\s][^<>]*)>>/g, "$1")
    .replaceAll(/<<([^<>,]+)>>/g, "$1")
    .replaceAll(/\b(?:link|xref|mailto):[^\s[]{1,1000}\[([^\]]{0,1000})\]/g, "$1")
    .replaceAll(/(https?:\/\/[^\s[]{1,1000})\[([^\]]{0,1000})\]/g, (_, url: string, text: string) =>
      text === "" ? url : text,
    )
    .replaceAll(/(?<!\s)\s*footnote:[\w-]{0,100}\[([^\]]{0,1000})\]/g, " ($1)")
    .replaceAll(/\b(?:kbd|btn):\[([^\]]{0,1000})\]/g, "$1")
    .replaceAll(/(?:anchor:[\w-]+\[\]|\[\[[^[\]]*\]\])/g, "");
}
