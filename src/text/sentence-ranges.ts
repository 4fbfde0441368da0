import { cutPoint, isWhitespace, nonEmpty, type Range } from "./ranges.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "sentence" });

/** Characters that are given to ICU at once: it copies its input, and a long one costs more than its parts. */
const windowChars = 32_768;

/**
 * A line break inside a paragraph of hard-wrapped text. Unicode's rules end a sentence at every line break, so these
 * are shown to ICU as spaces; those before a blank line, a list item, a heading, a table row, a quotation, a fence or
 * indented text stay.
 */
const softLineBreak = /(?<!\n)\n(?![ \t]*\n|[ \t]*(?:[-*+•][ \t]|[#>|]|```|~~~|\d{1,9}[.)][ \t])| {4}|\t)/g;

/**
 * The sentences of a stretch of text by the Unicode rules (UAX #29), without the white space around them. Takes memory
 * for one window of the text; a sentence longer than that comes in several parts.
 */
export function* sentences(text: string, { start, end }: Range): Generator<Range> {
  let position = start;
  while (position < end) {
    if (isWhitespace(text.charCodeAt(position))) {
      position++;
      continue;
    }
    const windowEnd = Math.min(end, cutPoint(text, position, windowChars, windowChars));
    const window = text.slice(position, windowEnd).replaceAll(softLineBreak, " ");
    let last = 0;
    for (const { index } of segmenter.segment(window)) {
      if (index > last) yield* nonEmpty(text, position + last, position + index);
      last = index;
    }
    if (windowEnd === end) {
      yield* nonEmpty(text, position + last, end);
      return;
    }
    if (last === 0) {
      // One sentence fills the window.
      last = afterLastSpace(window);
      yield* nonEmpty(text, position, position + last);
    }
    // Otherwise the last sentence may go on behind the window: it opens the next one.
    position += last;
  }
}

function afterLastSpace(window: string): number {
  let at = window.length;
  while (at > 0 && !isWhitespace(window.charCodeAt(at - 1))) at--;
  return at === 0 ? window.length : at;
}
