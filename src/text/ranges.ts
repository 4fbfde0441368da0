/** A stretch of a text: offsets in UTF-16 code units, `end` exclusive. */
export interface Range {
  start: number;
  end: number;
}

/** Whether `String.prototype.trim` removes this code unit. */
export function isWhitespace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0xa0) return false;
  return (
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000 ||
    unit === 0xfeff
  );
}

/** The stretch without white space at its edges; empty where there is nothing else. */
function trimRange(text: string, { start, end }: Range): Range {
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  return { start, end };
}

/** The stretch without white space at its edges, or nothing where that is all there is. */
export function* nonEmpty(text: string, start: number, end: number): Generator<Range> {
  const range = trimRange(text, { start, end });
  if (range.start < range.end) yield range;
}

/** The stretch without blank lines at its edges: the first line keeps its indentation where all of it is inside. */
export function trimBlankLines(text: string, range: Range): Range {
  const { start, end } = trimRange(text, range);
  let lineStart = start;
  while (lineStart > range.start && text[lineStart - 1] !== "\n") lineStart--;
  return { start: start < end && (lineStart === 0 || text[lineStart - 1] === "\n") ? lineStart : start, end };
}

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** Code units of a user-perceived character at most; what has more is marks upon marks, and may be cut. */
const longestCharacter = 256;

/** Below this code unit no character combines with its neighbour, but for `\r\n`. */
const firstCombining = 0x300;

/**
 * Where to cut a text that begins at `start`, which is a boundary, so that the first part has about `step` characters:
 * in front of the user-perceived character that would be cut, or behind it where it is all there is and fits into
 * `most`. Never inside a surrogate pair.
 */
export function cutPoint(text: string, start: number, step: number, most: number): number {
  const at = start + step;
  if (at >= text.length) return text.length;
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  if (before < firstCombining && after < firstCombining && !(before === 0x0d && after === 0x0a)) return at;
  const character = graphemes.segment(text.slice(start, at + longestCharacter)).containing(step);
  if (character !== undefined && character.index > 0) return start + character.index;
  if (character !== undefined && character.segment.length <= most) return start + character.segment.length;
  return isLowSurrogate(after) ? (step > 1 ? at - 1 : at + 1) : at;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
