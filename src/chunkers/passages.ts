import type { Chunk, Document, Page } from "../types.ts";
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
  /** `null` in a paged document: its lines are those of no file, and its text has no markup. */
  lines: LineIndex | null;
}

/**
 * The chunks of a document, page by page: passages without blank lines around them, numbered, with page and lines.
 * Passages without visible text are left out.
 */
export function chunksOf(document: Document, passagesOf: (page: PageText) => Iterable<Passage>): Chunk[] {
  const chunks: Chunk[] = [];
  for (const [index, page] of document.pages.entries()) {
    const lines = page.number === null ? new LineIndex(page.text) : null;
    const bodyStart = index === 0 ? document.bodyStart : 0;
    for (const passage of passagesOf({ text: page.text, bodyStart, lines })) {
      const range = trimBlankLines(page.text, passage);
      if (range.start < range.end) chunks.push(chunkAt(range, passage.heading, chunks.length, page, lines));
    }
  }
  return chunks;
}

function chunkAt(range: Range, heading: string[], ordinal: number, page: Page, lines: LineIndex | null): Chunk {
  return {
    ordinal,
    text: page.text.slice(range.start, range.end),
    heading,
    page: page.number,
    startLine: lines?.lineAt(range.start) ?? null,
    endLine: lines?.lineAt(range.end - 1) ?? null,
  };
}
