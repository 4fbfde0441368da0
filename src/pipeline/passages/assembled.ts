import type { StoredChunk } from "../../types.ts";
import { LineIndex } from "../../text/line-index.ts";
import type { Range } from "../../text/ranges.ts";
import { countBreaks, joinNeighbours } from "./joined-text.ts";

/** A chunk as it is read: everything but its vector. */
export type ReadChunk = Omit<StoredChunk, "vector">;

/** A document put together from its chunks: what two neighbours share stands in the text once. */
export interface AssembledDocument {
  text: string;
  chunks: readonly ReadChunk[];
  /** Where each chunk stands in the text; neighbours overlap where they share something. */
  ranges: readonly Range[];
}

/** Puts a document together from its chunks, in their order. Takes time linear in their length. */
export function assemble(chunks: readonly ReadChunk[]): AssembledDocument {
  const pieces: string[] = [];
  const ranges: Range[] = [];
  let end = 0;
  chunks.forEach((chunk, index) => {
    const previous = chunks[index - 1];
    const piece =
      previous === undefined ? chunk.text : joinNeighbours(previous, chunk).text.slice(previous.text.length);
    pieces.push(piece);
    end += piece.length;
    ranges.push({ start: Math.max(0, end - chunk.text.length), end });
  });
  return { text: pieces.join(""), chunks, ranges };
}

/** The chunks that a stretch of the text reaches into. */
export function chunksIn({ chunks, ranges }: AssembledDocument, { start, end }: Range): ReadChunk[] {
  const found = chunks.filter((_, index) => ranges[index]!.start < end && ranges[index]!.end > start);
  return found.length > 0 ? found : chunks.slice(0, 1);
}

/** The lines of the file that a stretch of the text takes; `null` in a document without lines. */
export function linesIn(
  document: AssembledDocument,
  { start, end }: Range,
): { startLine: number | null; endLine: number | null } {
  const reached = chunksIn(document, { start, end });
  const [first, last] = [reached[0], reached.at(-1)];
  if (first === undefined || last === undefined || first.startLine === null || last.endLine === null) {
    return { startLine: null, endLine: null };
  }
  const { text } = document;
  const from = rangeOf(document, first);
  const to = rangeOf(document, last);
  return {
    startLine: isVerbatim(first)
      ? first.startLine + countBreaks(text.slice(from.start, Math.max(from.start, start)))
      : first.startLine,
    endLine: isVerbatim(last) ? last.endLine - countBreaks(text.slice(Math.min(to.end, end), to.end)) : last.endLine,
  };
}

/**
 * Where a line of the file begins in the text, and where it ends. What a passage does not hold line by line is taken
 * whole; what stands between two passages is the beginning of the next one. `null` behind the last line.
 */
export function rangeOfLine(document: AssembledDocument, line: number): Range | null {
  const index = document.chunks.findIndex(({ endLine }) => endLine !== null && endLine >= line);
  const chunk = document.chunks[index];
  const range = document.ranges[index];
  if (chunk === undefined || range === undefined || chunk.startLine === null) return null;
  if (line < chunk.startLine) return { start: range.start, end: range.start };
  if (!isVerbatim(chunk)) return range;
  const lines = new LineIndex(chunk.text);
  const start = lines.startOf(line - chunk.startLine + 1);
  const end = Math.min(chunk.text.length, lines.startOf(line - chunk.startLine + 2) - 1);
  return { start: range.start + start, end: range.start + end };
}

function rangeOf({ chunks, ranges }: AssembledDocument, chunk: ReadChunk): Range {
  return ranges[chunks.indexOf(chunk)] ?? { start: 0, end: 0 };
}

/** A passage that has a line for each of the file's. */
function isVerbatim({ text, startLine, endLine }: ReadChunk): boolean {
  return startLine !== null && endLine !== null && countBreaks(text) === endLine - startLine;
}
