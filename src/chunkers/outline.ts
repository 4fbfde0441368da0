import { markdownBlocks } from "../markdown/blocks.ts";
import { shortHeading } from "../markdown/heading-text.ts";
import type { PageText, Passage } from "./passages.ts";
import type { Range } from "../text/ranges.ts";

/** The headings that a text stands under, the outermost first, kept up to date while a document is read. */
export class HeadingPath {
  readonly #open: { level: number; text: string }[] = [];

  /** Enters the section below a heading and returns its path, the heading's own text included. */
  enter(heading: { level: number; text: string }): string[] {
    while ((this.#open.at(-1)?.level ?? 0) >= heading.level) this.#open.pop();
    this.#open.push({ level: heading.level, text: shortHeading(heading.text) });
    return this.#open.map((open) => open.text).filter((text) => text !== "");
  }
}

/** Gives each stretch, in the order of the text, the path of the last heading that begins before or with it. */
export function* underHeadings(page: PageText, ranges: Iterable<Range>): Generator<Passage> {
  const path = new HeadingPath();
  const blocks = page.markup === "markdown" ? markdownBlocks(page.text, page.bodyStart, page.lines) : [].values();
  let heading: string[] = [];
  let next = blocks.next();
  for (const range of ranges) {
    while (next.done !== true && next.value.start <= range.start) {
      if (next.value.kind === "heading") heading = path.enter(next.value);
      next = blocks.next();
    }
    yield { ...range, heading };
  }
}
