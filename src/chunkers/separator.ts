import { nonEmpty, type Range } from "../text/ranges.ts";
import { underHeadings } from "./outline.ts";
import { maxChunkBytes, maxChunkChars, pack } from "./pack.ts";
import { chunksOf } from "./passages.ts";
import { prosePieces } from "./pieces.ts";
import type { Chunker } from "./types.ts";

/**
 * Splits at a literal string, which is in no chunk, over the whole text with its front matter. Pieces keep their length,
 * whatever `maxChars` says; only one with more bytes than can be stored is cut, at paragraphs, sentences, words. An
 * empty separator splits nowhere.
 */
export const separator: Chunker = {
  name: "separator",
  version: 1,
  uses: ["separator"],
  chunk(document, options) {
    return chunksOf(document, (page) => underHeadings(page, split(page.text, options.separator)));
  },
};

function* split(text: string, separator: string): Generator<Range> {
  let start = 0;
  while (start < text.length) {
    const found = separator === "" ? -1 : text.indexOf(separator, start);
    const end = found === -1 ? text.length : found;
    for (const piece of nonEmpty(text, start, end)) yield* storable(text, piece);
    start = end + separator.length;
  }
}

function storable(text: string, piece: Range): Iterable<Range> {
  const { start, end } = piece;
  if (end - start <= maxChunkChars || Buffer.byteLength(text.slice(start, end)) <= maxChunkBytes) return [piece];
  return pack(text, prosePieces(text, piece, maxChunkChars), { maxChars: maxChunkChars, overlapChars: 0 });
}
