import { decodeText } from "../../files/decode-text.ts";
import { fileStem } from "../../files/file-stem.ts";
import type { Metadata } from "../../types.ts";
import { firstHeading } from "../first-heading.ts";
import { lineDocument } from "../line-document.ts";
import type { Loader } from "../types.ts";

/** A text in another markup, written with Markdown's marks line by line. */
export interface LineMarkup {
  /** As many lines as were given, each with the text of its line. */
  lines: string[];
  title: string | null;
  metadata: Metadata;
}

/**
 * The loader of a markup language that is converted line by line: headings and code get Markdown's marks, so that the
 * chunker sees them, and every line keeps its number, so that passages are cited by the lines of the file.
 */
export function lineMarkupLoader(format: string, convert: (lines: readonly string[]) => LineMarkup): Loader {
  return {
    name: format,
    version: 3,
    async load({ source, bytes }) {
      const { text, warnings } = await decodeText(bytes);
      const converted = convert(text.split("\n"));
      const markdown = converted.lines.join("\n");
      const title = converted.title ?? firstHeading(markdown) ?? fileStem(source);
      const about = { source, format, title, metadata: converted.metadata };
      return { document: lineDocument(about, markdown, "markdown"), warnings };
    },
  };
}

/** A line of text that Markdown must not take for a heading, a fence, the underline of a heading, or HTML. */
export function plainLine(line: string): string {
  return line.replace(/^(\s{0,3})(?=#{1,6}(?:\s|$)|`{3}|~{3}|[-=]{2,}\s*$|<)/, "$1\\");
}

/** A line of code in an indented block: four columns more than Markdown needs for text. */
export function codeLine(line: string, indentation: number): string {
  return line.trim() === "" ? "" : `    ${line.slice(Math.min(indentation, indentationOf(line)))}`;
}

/** White space at the start of a line, in characters. */
export function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** The index behind an indented block: the first line after `start` that is not blank and indented less than `columns`. */
export function endOfIndented(lines: readonly string[], start: number, columns: number): number {
  let end = start;
  for (let at = start; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    if (indentationOf(line) < columns) break;
    end = at + 1;
  }
  return end;
}
