import { requireSmaller } from "./options.ts";
import { underHeadings } from "./outline.ts";
import { lengthLimit, pack } from "./pack.ts";
import { chunksOf } from "./passages.ts";
import { recursivePieces } from "./pieces.ts";
import type { Chunker } from "./types.ts";

/**
 * Fills chunks of `maxChars` with the largest units that fit: paragraphs, else lines, sentences, words, characters. Each
 * begins with up to `overlapChars` of the one before, from the start of a unit, a sentence or a word. Front matter is
 * left out. Throws `UserError` `invalid-chunking` where `overlapChars` is not smaller than `maxChars`.
 */
export const recursive: Chunker = {
  name: "recursive",
  version: 1,
  uses: ["maxChars", "overlapChars"],
  chunk(document, options) {
    requireSmaller(
      { name: "overlapChars", value: options.overlapChars },
      { name: "maxChars", value: options.maxChars },
    );
    const maxChars = lengthLimit(options.maxChars);
    return chunksOf(document, (page) => {
      const pieces = recursivePieces(page.text, { start: page.bodyStart, end: page.text.length }, maxChars);
      return underHeadings(page, pack(page.text, pieces, { maxChars, overlapChars: options.overlapChars }));
    });
  },
};
