import { cutPoint, isWhitespace, nonEmpty, type Range } from "./ranges.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "sentence" });

/**
 * Characters that are given to ICU at once: for each sentence that it finds it takes time in proportion to all of its
 * input.
 */
const windowChars = 2048;
/** Characters of a sentence at most: a longer one comes in several parts. */
const longestSentence = 32_768;

/**
 * A line break inside a paragraph of hard-wrapped text. Unicode's rules end a sentence at every line break, so these
 * are shown to ICU as spaces; those before a blank line, a list item, a heading, a table row, a quotation, a fence or
 * indented text stay.
 */
const softLineBreak = /(?<!\n)\n(?![ \t]*\n|[ \t]*(?:[-*+•][ \t]|[#>|]|```|~~~|\d{1,9}[.)][ \t])| {4}|\t)/g;

/**
 * The sentences of a stretch of text by the Unicode rules (UAX #29), without the white space around them. Takes memory
 * for one window of the text; a sentence of more than 32,768 characters comes in several parts.
 */
export function* sentences(text: string, { start, end }: Range): Generator<Range> {
  let position = start;
  let size = windowChars;
  while (position < end) {
    if (isWhitespace(text.charCodeAt(position))) {
      position++;
      continue;
    }
    const windowEnd = Math.min(end, cutPoint(text, position, size, size));
    const window = text.slice(position, windowEnd).replaceAll(softLineBreak, " ");
    const isLast = windowEnd === end;
    // What decides about a later boundary may stand behind the window.
    const decided = isLast ? window.length : lastDecidingAt(window);
    let last = 0;
    for (const next of sentenceStarts(window)) {
      if (next > decided) break;
      if (next > last) yield* nonEmpty(text, position + last, position + next);
      last = next;
    }
    if (isLast) {
      yield* nonEmpty(text, position + last, end);
      return;
    }
    if (last === 0 && size < longestSentence) {
      size *= 2;
      continue;
    }
    if (last === 0) {
      last = afterLastSpace(window);
      yield* nonEmpty(text, position, position + last);
    }
    // Otherwise the last sentence may go on behind the window: it opens the next one.
    position += last;
    size = windowChars;
  }
}

/** A character at which the search for a lower-case letter ends, which would continue a sentence behind its full stop (SB8). */
const deciding = /[\p{L}\n\r\u0085\u2028\u2029.!?。！？]/u;

function lastDecidingAt(window: string): number {
  let at = window.length - 1;
  while (at > 0 && !deciding.test(window[at]!)) at--;
  return at;
}

/** Where sentences begin in a text, in order, its beginning included. */
function* sentenceStarts(text: string): Generator<number> {
  if (!westernText.test(text)) {
    for (const { index } of segmenter.segment(text)) yield index;
    return;
  }
  yield 0;
  for (const { index, 0: end } of text.matchAll(westernEnd)) {
    if (index + end.length < text.length) yield index + end.length;
  }
}

/** Latin-1 and typographic punctuation. In it ICU's boundaries are those of `westernEnd`, which finds them much sooner. */
const westernText = /^[\0-\x7f\xa0-\xac\xae-\xff‐-―‘’“”„•…→]*$/;

const lower = "a-zªµºß-öø-ÿ";
const upper = "A-ZÀ-ÖØ-Þ";
const closing = "\"'()[\\]{}«»‘’“”„";
const space = "\\t\\v\\f \\xa0";
const goingOn = "\\-,:;–—";

/**
 * The end of a sentence with the white space behind it, by the rules SB3 to SB11 of UAX #29: a line break, or a mark
 * that ends a sentence. A full stop does not where a number or a capital follows at once (SB6, SB7), or a lower-case word
 * (SB8).
 */
const westernEnd = new RegExp(
  `\\r\\n?|\\n|(?:[!?]|(?:(?<=[${lower}${upper}])\\.(?![0-9${upper}])|(?<![${lower}${upper}])\\.(?![0-9]))` +
    `(?![${closing}]*[${space}]*[^${lower}${upper}\\r\\n.!?]*[${lower}]))` +
    `(?=([${closing}]*[${space}]*))\\1(?![${goingOn}.!?])(?:\\r\\n?|\\n)?`,
  "g",
);

function afterLastSpace(window: string): number {
  let at = window.length;
  while (at > 0 && !isWhitespace(window.charCodeAt(at - 1))) at--;
  return at === 0 ? window.length : at;
}

/** A full stop after these does not end a sentence. */
const abbreviation =
  /(?:^|[\s("'“])(?:e\.g|i\.e|vs|cf|approx|ca|resp|incl|dr|mr|mrs|ms|prof|st|gen|u\.s|z\.b|d\.h|bzw|p\.ej)\.$/i;
/** Nor after these, where a number follows. */
const numbered = /(?:^|[\s(])(?:figs?|eq|nos?|nr|vol|pp?|sec|ch|art)\.$/i;
const initial = /(?:^|\s)\p{Lu}\.$/u;
/** A number with its full stop at the start of a line is a list's mark. */
const listNumber = /^\d{1,3}[.)]$/;
/** Characters before a boundary that say whether it is one: the longest abbreviation and what stands before it. */
const tellingChars = 8;

/**
 * The sentences of a text without markup as a person reads them, in order: those of the Unicode rules, joined where an
 * abbreviation, an initial or a number ended the first, or the next goes on in lower case. Nothing but white space is
 * left out.
 */
export function* wholeSentences(text: string): Generator<Range> {
  let pending: Range | null = null;
  for (const next of sentences(text, { start: 0, end: text.length })) {
    if (pending !== null && goesOn(text, pending, next)) pending.end = next.end;
    else {
      if (pending !== null) yield pending;
      pending = { ...next };
    }
  }
  if (pending !== null) yield pending;
}

function goesOn(text: string, { start, end }: Range, next: Range): boolean {
  if (text.slice(end, next.start).includes("\n")) return false;
  const before = text.slice(Math.max(start, end - tellingChars), end);
  const first = text.slice(next.start, next.start + 2);
  return (
    abbreviation.test(before) ||
    initial.test(before) ||
    (end - start <= tellingChars && listNumber.test(before)) ||
    /^[\p{Ll},;:]/u.test(first) ||
    (numbered.test(before) && /^\d/.test(first))
  );
}
