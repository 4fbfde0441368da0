/**
 * What PDF.js says on the console when it leaves out a part of a page, or of the file, that may hold text. What it says of
 * images, of outlines of glyphs and of decoration is left out.
 */
export const damageMessages = new RegExp(
  [
    // The stream of a page: an operator, a string or the rest of the stream is skipped.
    "getTextContent - ignoring",
    "getContentStream - ignoring",
    "Unknown command",
    "Skipping command",
    "Unterminated (?:hex )?string",
    "getHexString - ignoring",
    "Lexer_getName",
    "Malformed dictionary",
    // A stream that cannot be decoded to its end.
    "Invalid stream",
    "Empty .* stream",
    'Filter ".*" is not supported',
    "flate stream",
    "bad block type in flate|Bad (?:block|uncompressed|compression)",
    "ignoring sub-stream",
    // A font that says which characters the glyphs are.
    "loadFont - ",
    "Font .* is not available",
    "readToUnicode - ignoring",
    "Invalid cMap data",
    "extractDataStructures - ignoring",
    "Encoding is not a Name nor a Dict",
    // Notes and fields of forms.
    "_parsedAnnotations",
    "getAnnotationsData - ignoring",
    "Cannot fetch form information",
    "createGlobals",
    // The table of contents of the file.
    "Indexing all PDF objects",
    "indexObjects",
    "while reading XRef",
    "XRef.parse - Invalid",
    "checkLastPage - invalid",
    "getAllPageDicts - Skipping",
    "Inconsistent generation",
    "Ignoring circular reference",
  ].join("|"),
);

/** Messages about the file as a whole, whichever page is being read. */
const aboutFile = /Indexing all PDF objects|indexObjects|XRef|checkLastPage|getAllPageDicts/;

/** Whether a message is about the structure of the file, not about the page that is being read. */
export function isAboutFile(message: string): boolean {
  return aboutFile.test(message);
}

/** Page numbers for a message, e.g. `page 3` and `pages 1-4, 9`; the first ten ranges. `numbers` are ascending. */
export function namePages(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  const shown = ranges.slice(0, 10).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  const more = ranges.length > shown.length ? ", …" : "";
  return `${numbers.length === 1 ? "page" : "pages"} ${shown.join(", ")}${more}`;
}
