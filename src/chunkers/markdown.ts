import type { Block, Heading } from "../markdown/blocks.ts";
import type { Range } from "../text/ranges.ts";
import { layoutSections } from "./layout-sections.ts";
import { underHeadings } from "./outline.ts";
import { lengthLimit, pack } from "./pack.ts";
import { chunksOf, type PageText, type Passage } from "./passages.ts";
import { lineGroups, linePieces, prosePieces, type Piece } from "./pieces.ts";
import { sectionsOf, type Section } from "./sections.ts";
import type { Chunker } from "./types.ts";

/**
 * One chunk a section of a Markdown document (CommonMark and GFM tables): a heading and what stands below it up to the
 * next, as it is in the file, without front matter; see `sectionsOf` for headings without text and tiny neighbours.
 *
 * A section longer than `maxChars` is cut between its blocks (paragraphs, list items, fences, tables) into parts of
 * about the same length; a block that is longer alone is cut at sentences, then words, then characters, or at line ends
 * where it is a fence, a table or HTML. Where prose is cut inside a block, the next part begins with up to
 * `overlapChars` of the one before, at most half of `maxChars`.
 *
 * A text without markup is cut at the headings that its layout shows, then at paragraphs in the same way, and at line ends
 * only where its lines stand for themselves.
 */
export const markdown: Chunker = {
  name: "markdown",
  version: 1,
  uses: ["maxChars", "overlapChars"],
  chunk(document, options) {
    const maxChars = lengthLimit(options.maxChars);
    const limits = { maxChars, overlapChars: Math.min(options.overlapChars, Math.floor(maxChars / 2)) };
    return chunksOf(document, (page) => passagesOf(page, limits));
  },
};

interface Limits {
  maxChars: number;
  overlapChars: number;
}

function* passagesOf(page: PageText, limits: Limits): Generator<Passage> {
  if (page.markup !== "markdown") {
    yield* underHeadings(page, unmarkedParts(page, limits));
    return;
  }
  for (const section of sectionsOf(page.text, page.bodyStart, page.lines)) {
    const pieces = piecesOf(page.text, section, limits.maxChars);
    for (const range of pack(page.text, pieces, { ...limits, evenUpTo: section.end })) {
      yield { ...range, heading: section.path };
    }
  }
}

function* unmarkedParts(page: PageText, limits: Limits): Generator<Range> {
  const cut = page.markup === "lines" ? lineGroups : prosePieces;
  for (const section of layoutSections(page)) {
    const pieces = cut(page.text, section, limits.maxChars);
    yield* pack(page.text, pieces, { ...limits, evenUpTo: section.end });
  }
}

function* piecesOf(text: string, section: Section, maxChars: number): Generator<Piece> {
  // What follows the heading is cut where they do not go into one chunk together: a heading alone answers nothing.
  const afterHeading = (section.blocks[0]?.kind === "heading" ? section.blocks[1]?.start : undefined) ?? section.start;
  const room = maxChars - (afterHeading - section.start);
  for (const [index, block] of section.blocks.entries()) {
    yield* blockPieces(text, block, maxChars, index === 1 && room > maxChars / 2 ? room : maxChars);
  }
}

/** `room`: the characters that are left beside a heading; prose and containers give way, lines stay whole. */
function* blockPieces(text: string, block: Heading | Block, maxChars: number, room: number): Generator<Piece> {
  const { kind, start, end } = block;
  const isWhole = text.slice(start, end).trimEnd().length <= (kind === "lines" || kind === "html" ? maxChars : room);
  if (isWhole) yield { start, end: start + text.slice(start, end).trimEnd().length, cutFrom: null };
  else if (kind === "lines" || kind === "html") yield* linePieces(text, block, maxChars);
  else if (kind === "container" && block.children.length > 0) {
    for (const [index, child] of block.children.entries()) {
      yield* blockPieces(text, child, maxChars, index === 0 ? room : maxChars);
    }
  } else yield* prosePieces(text, block, room);
}
