import type { Range } from "../text/ranges.ts";
import { hasWords } from "../markdown/html.ts";
import { markdownBlocks, type Block, type Heading } from "../markdown/blocks.ts";
import { HeadingPath } from "./heading-path.ts";
import type { LineIndex } from "../text/line-index.ts";

/** A heading and what stands below it up to the next one, or several of them that belong in one chunk. */
export interface Section extends Range {
  /** Headings from the outermost to its own; of several sections, those that they share. */
  path: string[];
  /** Its heading first. */
  blocks: (Heading | Block)[];
}

/** A section shorter than this, in characters, says too little to be found on its own. */
const tinyChars = 200;

/**
 * The sections of a text, grouped for retrieval:
 * - A heading without words below it opens the section of the deeper heading that follows. Where none follows, it stays
 *   a section, so that it can still be found. A few words before the first heading open its section, too.
 * - Neighbours that are both tiny become one, until it is tiny no more, where they share the heading above them, or one
 *   stands directly above the other.
 * - A question keeps its answer to itself, and so does everything beside a question: under one heading, an FAQ is an
 *   FAQ in all its entries.
 *
 * The buttons and drawings inside an HTML heading are left out: such a section begins behind its heading, whose words are
 * in its path.
 */
export function* sectionsOf(text: string, bodyStart: number, lines: LineIndex): Generator<Section> {
  const sections = [...headingSections(text, bodyStart, lines)];
  const questioned = new Set(
    sections.filter((section) => isQuestion(section)).map((section) => parentOf(section.path)),
  );
  const standsAlone = (section: Section) => questioned.size > 0 && questioned.has(parentOf(section.path));
  let previous: Section | null = null;
  for (const section of joinBareHeadings(text, sections)) {
    if (previous !== null && !standsAlone(previous) && !standsAlone(section) && belongTogether(previous, section)) {
      previous = join(previous, section, sharedPath(previous.path, section.path));
      continue;
    }
    if (previous !== null) yield previous;
    previous = section;
  }
  if (previous !== null) yield previous;
}

/** One section a heading; one more, without a path, for what stands before the first. */
function* headingSections(text: string, bodyStart: number, lines: LineIndex): Generator<Section> {
  const path = new HeadingPath();
  let section: Section = { start: bodyStart, end: bodyStart, path: [], blocks: [] };
  for (const block of markdownBlocks(text, bodyStart, lines)) {
    if (block.kind === "heading") {
      if (section.blocks.length > 0) yield { ...section, end: block.start };
      section = { start: block.start, end: block.end, path: path.enter(block), blocks: [] };
    }
    section.blocks.push(block);
  }
  if (section.blocks.length > 0) yield { ...section, end: text.length };
}

/** Sections with words below their heading, each with the bare headings above it. */
function* joinBareHeadings(text: string, sections: readonly Section[]): Generator<Section> {
  let above: Section | null = null;
  for (const [index, section] of sections.entries()) {
    const next = sections[index + 1];
    const isPreamble = section.path.length === 0 && isTiny(section);
    const isBare = isPreamble || !section.blocks.some((block) => isBody(text, block));
    const opensNext = isBare && next !== undefined && isBelow(next.path, section.path);
    const decorated = decoratedHeading(section);
    if (decorated !== null) {
      if (above !== null) yield above;
      above = null;
      if (!opensNext) yield isBare ? wordsOnly(section, decorated) : bodyOnly(section, decorated);
      continue;
    }
    const joined: Section = above === null ? section : join(above, section, section.path);
    above = opensNext ? joined : null;
    if (!opensNext) yield joined;
  }
  if (above !== null) yield above;
}

function isBody(text: string, block: Heading | Block): boolean {
  if (block.kind === "heading" || block.kind === "rule") return false;
  return block.kind !== "html" || hasWords(text.slice(block.start, block.end));
}

function decoratedHeading({ blocks: [first] }: Section): Heading | null {
  return first?.kind === "heading" && first.wordsEnd < first.end ? first : null;
}

function wordsOnly(section: Section, heading: Heading): Section {
  return { ...section, end: heading.wordsEnd, blocks: [{ ...heading, end: heading.wordsEnd }] };
}

function bodyOnly(section: Section, heading: Heading): Section {
  return { ...section, start: heading.end, blocks: section.blocks.slice(1) };
}

function belongTogether(previous: Section, section: Section): boolean {
  const shared = sharedPath(previous.path, section.path).length;
  return (
    previous.end === section.start &&
    isTiny(previous) &&
    isTiny(section) &&
    shared > 0 &&
    shared >= section.path.length - 1 &&
    previous.path.length <= section.path.length
  );
}

function isTiny({ start, end }: Section): boolean {
  return end - start < tinyChars;
}

function join(first: Section, second: Section, path: string[]): Section {
  return { start: first.start, end: second.end, path, blocks: [...first.blocks, ...second.blocks] };
}

function isQuestion({ path }: Section): boolean {
  return /[?？؟⸮\u037e][\p{P}\s]*$/u.test(path.at(-1) ?? "");
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length > above.length && sharedPath(path, above).length === above.length;
}

function sharedPath(one: readonly string[], other: readonly string[]): string[] {
  const differs = one.findIndex((text, index) => text !== other[index]);
  return differs === -1 ? [...one] : one.slice(0, differs);
}

function parentOf(path: readonly string[]): string {
  return JSON.stringify(path.slice(0, -1));
}
