import type { Collection } from "../../stores/types.ts";
import type { Chunk, Hit } from "../../types.ts";
import { documentId } from "../../util/ids.ts";
import type { LineSpan } from "./question-set.ts";

/** Characters of lines that a question asks for, and those of them that the hits show. */
export interface SpanCount {
  wanted: number;
  found: number;
}

type Passage = Pick<Chunk, "text" | "startLine">;

/**
 * Counts the characters of line spans of one document that stand in passages of it, each character once. `document`: all
 * passages of the document, from which its lines are put together; `hits`: those that were found. White space around a
 * line does not count.
 */
export function countSpans(
  spans: readonly LineSpan[],
  document: readonly Passage[],
  hits: readonly Passage[],
): SpanCount {
  const wantedLines = new Set(spans.flatMap(linesOf));
  const pieces = piecesByLine(document, wantedLines);
  const shown = piecesByLine(hits, wantedLines);
  const count: SpanCount = { wanted: 0, found: 0 };
  for (const line of wantedLines) {
    const whole = (pieces.get(line) ?? []).reduce(joined, "");
    count.wanted += whole.length;
    count.found += coveredCharacters(whole, shown.get(line) ?? []);
  }
  return count;
}

function linesOf({ first, last }: LineSpan): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** What each of these lines has in these passages: the line, or pieces of one that was cut. */
function piecesByLine(passages: readonly Passage[], lines: ReadonlySet<number>): Map<number, string[]> {
  const pieces = new Map<number, string[]>();
  for (const { text, startLine } of passages) {
    if (startLine === null) continue;
    for (const [index, written] of text.split("\n").entries()) {
      const line = startLine + index;
      const piece = written.trim();
      if (lines.has(line) && piece !== "") pieces.set(line, [...(pieces.get(line) ?? []), piece]);
    }
  }
  return pieces;
}

/** Two pieces of one line, in their order, as one: neighbouring passages share what overlaps. */
function joined(left: string, right: string): string {
  if (left.includes(right)) return left;
  if (right.includes(left)) return right;
  for (let shared = Math.min(left.length, right.length) - 1; shared > 0; shared -= 1) {
    if (left.endsWith(right.slice(0, shared))) return left + right.slice(shared);
  }
  return left + right;
}

function coveredCharacters(whole: string, pieces: readonly string[]): number {
  const covered = new Uint8Array(whole.length);
  for (const piece of pieces) {
    const at = whole.indexOf(piece);
    if (at !== -1) covered.fill(1, at, at + piece.length);
  }
  return covered.reduce((sum, one) => sum + one, 0);
}

/** Reads the passages of documents for `countSpans`, each document once. */
export function createSpanCounter(
  collection: Collection,
): (source: string, spans: readonly LineSpan[], hits: readonly Hit[]) => Promise<SpanCount> {
  const documents = new Map<string, Promise<Passage[]>>();
  const passagesOf = async (source: string): Promise<Passage[]> =>
    (await collection.chunksOf([documentId(source)])).sort((a, b) => a.ordinal - b.ordinal);
  return async (source, spans, hits) => {
    const passages = documents.get(source) ?? passagesOf(source);
    documents.set(source, passages);
    return countSpans(
      spans,
      await passages,
      hits.filter((hit) => hit.source === source),
    );
  };
}
