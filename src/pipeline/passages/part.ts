import { ExitCode, UserError } from "../../errors.ts";
import type { Range } from "../../text/ranges.ts";
import { type AssembledDocument, type ReadChunk, rangeOfLine } from "./assembled.ts";
import { nearestNames } from "./nearest-names.ts";
import { type Part, depthOfHeading } from "./place.ts";
import { headingsOf } from "./headings.ts";

/**
 * The stretch of a document's text that a part takes. Throws `UserError` `passage-not-found` (exit code 1) where the
 * document has no such part.
 *
 * @param source of the document, for messages
 */
export function rangeOfPart(source: string, document: AssembledDocument, part: Part): Range {
  switch (part.kind) {
    case "document":
      return { start: 0, end: document.text.length };
    case "lines":
      if (part.first < 1) throw missing(`${source} has no line ${part.first}`, "lines are counted from 1");
      return part.last === null
        ? passageWithLine(source, document, part.first)
        : linesFrom(source, document, part.first, part.last);
    case "page":
      return onPage(source, document, part.page);
    case "heading":
      return underHeading(source, document, part.heading);
  }
}

/** All chunks that hold the line; between two of them are empty lines and marks, and what follows these is meant. */
function passageWithLine(source: string, document: AssembledDocument, line: number): Range {
  const after = firstWith(document, ({ endLine }) => endLine !== null && endLine >= line);
  if (after === null) throw withoutLine(source, document, line);
  const isHolder = ({ startLine, endLine }: ReadChunk): boolean =>
    startLine !== null && endLine !== null && startLine <= line && endLine >= line;
  return span(document, isHolder) ?? after;
}

function linesFrom(source: string, document: AssembledDocument, first: number, last: number): Range {
  const from = rangeOfLine(document, first);
  if (from === null) throw withoutLine(source, document, first);
  const to = rangeOfLine(document, last);
  const end = to?.end ?? document.text.length;
  return end > from.start ? { start: from.start, end } : passageWithLine(source, document, first);
}

function onPage(source: string, document: AssembledDocument, page: number): Range {
  const found = span(document, (chunk) => chunk.page === page);
  if (found !== null) return found;
  const pages = [...new Set(document.chunks.flatMap((chunk) => chunk.page ?? []))];
  if (pages.length === 0) throw missing(`${source} has no pages`, `name a line: ${source}:1`);
  throw missing(`${source} has no text on page ${page}`, `it has some on ${pages.length} pages, up to ${pages.at(-1)}`);
}

/** From a heading in the text to the next one of its level; else what is known to stand under the heading. */
function underHeading(source: string, document: AssembledDocument, wanted: string): Range {
  const headings = headingsOf(document);
  const at = headings.findIndex(({ path }) => depthOfHeading(path, wanted) === path.length);
  const heading = headings[at];
  if (heading !== undefined) {
    const next = headings.slice(at + 1).find(({ level }) => level <= heading.level);
    return { start: heading.start, end: next?.start ?? document.text.length };
  }
  const start = document.chunks.findIndex((chunk) => depthOfHeading(chunk.heading, wanted) !== null);
  const path = document.chunks[start]?.heading;
  const depth = path === undefined ? null : depthOfHeading(path, wanted);
  if (path === undefined || depth === null) {
    const names = [...headings.flatMap(({ path }) => path.at(-1) ?? []), ...document.chunks.flatMap((c) => c.heading)];
    const near = nearestNames([wanted], [...new Set(names)]);
    throw missing(
      `${source} has no heading ${JSON.stringify(wanted)}`,
      near.length > 0 ? `did you mean ${near.join(" or ")}?` : `rag get ${source} prints all of it`,
    );
  }
  const isElsewhere = (chunk: ReadChunk): boolean => path.slice(0, depth).some((name, i) => chunk.heading[i] !== name);
  const length = document.chunks.slice(start).findIndex(isElsewhere);
  const last = length === -1 ? document.chunks.length - 1 : start + length - 1;
  return { start: document.ranges[start]!.start, end: document.ranges[last]!.end };
}

/** From the first chunk of which it holds to the last one; `null` where there is none. */
function span({ chunks, ranges }: AssembledDocument, holds: (chunk: ReadChunk) => boolean): Range | null {
  const first = chunks.findIndex(holds);
  const last = chunks.findLastIndex(holds);
  return first === -1 ? null : { start: ranges[first]!.start, end: ranges[last]!.end };
}

function firstWith({ chunks, ranges }: AssembledDocument, holds: (chunk: ReadChunk) => boolean): Range | null {
  return ranges[chunks.findIndex(holds)] ?? null;
}

function withoutLine(source: string, { chunks }: AssembledDocument, line: number): UserError {
  const end = Math.max(...chunks.map(({ endLine }) => endLine ?? 0));
  if (end > 0) return missing(`${source} has no line ${line}`, `its last line in the collection is ${end}`);
  const isPaged = chunks.some(({ page }) => page !== null);
  return missing(`${source} has no lines`, isPaged ? `name a page: ${source}#page=1` : `name a heading: ${source}#…`);
}

function missing(message: string, hint: string): UserError {
  return new UserError("passage-not-found", message, { hint, exitCode: ExitCode.no });
}
