/** A piece of a text; all pieces together are the text. */
export interface WordSegment {
  segment: string;
  /** Where it begins, in UTF-16 code units. */
  index: number;
  isWordLike: boolean;
}

/** Scripts that are written without spaces between words, so that a dictionary has to find them. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** A word of other scripts: letters, digits and marks, and a sign between two letters or two digits: don't, node.js, 3.14. */
const spacedWord =
  /[\p{L}\p{N}\p{M}_]+(?:(?:(?<=[\p{L}\p{M}])['’.:·](?=\p{L})|(?<=\p{N})[.,;'’](?=\p{N}))[\p{L}\p{N}\p{M}_]+)*/gu;

let segmenter: Intl.Segmenter | null = null;

/**
 * Cuts a text into words and what stands between them, by Unicode's rules (UAX #29). Where spaces part the words, a
 * pattern does what `Intl.Segmenter` would: making one costs some 15 ms, which every start of the tool would pay, and it
 * keeps a copy of its input with every segment, so that memory grows with the square of the length.
 */
export function* wordSegments(text: string): Generator<WordSegment> {
  if (unspaced.test(text)) {
    segmenter ??= new Intl.Segmenter("en", { granularity: "word" });
    for (const { segment, index, isWordLike } of segmenter.segment(text)) {
      yield { segment, index, isWordLike: isWordLike === true };
    }
    return;
  }
  let end = 0;
  for (const { 0: segment, index } of text.matchAll(spacedWord)) {
    if (index > end) yield { segment: text.slice(end, index), index: end, isWordLike: false };
    yield { segment, index, isWordLike: true };
    end = index + segment.length;
  }
  if (end < text.length) yield { segment: text.slice(end), index: end, isWordLike: false };
}
