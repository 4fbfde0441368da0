import type { Chunk, Document, PageHeading } from "../types.ts";
import { HeadingPath } from "./heading-path.ts";
import { LineIndex } from "../text/line-index.ts";
import { trimBlankLines, type Range } from "../text/ranges.ts";

/** A stretch of a page that becomes a chunk, and the headings that it stands under, the outermost first. */
export interface Passage extends Range {
  heading: string[];
}

/** A page and where its text begins for a chunker that leaves front matter out. */
export interface PageText {
  text: string;
  bodyStart: number;
  lines: LineIndex;
  markup: Document["markup"];
  /** Headings that the text does not mark; see `Page`. */
  headings: readonly PageHeading[];
  /** The headings that unmarked ones stand under, kept from page to page. */
  path: HeadingPath;
}

/**
 * The chunks of a document, page by page: passages without blank lines around them, numbered, with page and lines.
 * Passages without visible text are left out.
 */
export function chunksOf(document: Document, passagesOf: (page: PageText) => Iterable<Passage>): Chunk[] {
  const chunks: Chunk[] = [];
  const shared = { markup: document.markup, path: new HeadingPath() };
  for (const [index, page] of document.pages.entries()) {
    const lines = new LineIndex(page.text);
    const bodyStart = index === 0 ? document.bodyStart : 0;
    for (const passage of passagesOf({ ...shared, text: page.text, bodyStart, lines, headings: page.headings ?? [] })) {
      const range = trimBlankLines(page.text, passage);
      if (range.start < range.end) {
        const place = placeOf(range, document.places, index + 1, lines);
        chunks.push({
          ordinal: chunks.length,
          text: page.text.slice(range.start, range.end),
          heading: passage.heading,
          ...place,
        });
      }
    }
  }
  return chunks;
}

function placeOf(
  range: Range,
  places: Document["places"],
  page: number,
  lines: LineIndex,
): Pick<Chunk, "page" | "startLine" | "endLine"> {
  const nowhere = { page: null, startLine: null, endLine: null };
  if (places === "pages") return { ...nowhere, page };
  if (places === "none") return nowhere;
  return { page: null, startLine: lines.lineAt(range.start), endLine: lines.lineAt(range.end - 1) };
}
