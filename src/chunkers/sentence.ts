import { type Range } from "../text/ranges.ts";
import { requireSmaller } from "./options.ts";
import { underHeadings } from "./outline.ts";
import { lengthLimit, pack } from "./pack.ts";
import { chunksOf } from "./passages.ts";
import { wordPieces, type Piece } from "./pieces.ts";
import { sentences } from "../text/sentences.ts";
import type { ChunkingOptions, Chunker } from "./types.ts";

/**
 * Runs of `sentences` sentences by the Unicode rules, each repeating the last `sentenceOverlap` of the one before; fewer
 * where they would be longer than `maxChars`. A sentence that is longer than that alone is cut at words. Front matter is
 * left out. Throws `UserError` `invalid-chunking` where `sentenceOverlap` is not smaller than `sentences`.
 */
export const sentence: Chunker = {
  name: "sentence",
  version: 1,
  uses: ["sentences", "sentenceOverlap", "maxChars"],
  chunk(document, options) {
    requireSmaller(
      { name: "sentenceOverlap", value: options.sentenceOverlap },
      { name: "sentences", value: options.sentences },
    );
    const limits = { ...options, maxChars: lengthLimit(options.maxChars) };
    return chunksOf(document, (page) => {
      const units = shortSentences(page.text, { start: page.bodyStart, end: page.text.length }, limits.maxChars);
      return underHeadings(page, runs(units, limits));
    });
  },
};

function* runs(units: Iterable<Range>, options: ChunkingOptions): Generator<Range> {
  let run: Range[] = [];
  for (const unit of units) {
    if (run.length === options.sentences || !fits(run[0], unit, options.maxChars)) {
      yield spanOf(run);
      run = options.sentenceOverlap === 0 ? [] : run.slice(1).slice(-options.sentenceOverlap);
      while (!fits(run[0], unit, options.maxChars)) run.shift();
    }
    run.push(unit);
  }
  if (run.length > 0) yield spanOf(run);
}

function fits(first: Range | undefined, last: Range, maxChars: number): boolean {
  return first === undefined || last.end - first.start <= maxChars;
}

function spanOf(run: readonly Range[]): Range {
  return { start: run[0]!.start, end: run.at(-1)!.end };
}

function* shortSentences(text: string, body: Range, maxChars: number): Generator<Range> {
  for (const range of sentences(text, body)) {
    if (range.end - range.start <= maxChars) yield range;
    else yield* pack(text, uncut(wordPieces(text, range, maxChars)), { maxChars, overlapChars: 0 });
  }
}

function* uncut(ranges: Iterable<Range>): Generator<Piece> {
  for (const range of ranges) yield { ...range, cutFrom: null };
}
