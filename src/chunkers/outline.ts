import { markdownBlocks } from "../markdown/blocks.ts";
import { HeadingPath } from "./heading-path.ts";
import type { PageText, Passage } from "./passages.ts";
import type { Range } from "../text/ranges.ts";

/** Gives each stretch, in the order of the text, the path of the last heading that begins before or with it. */
export function* underHeadings(page: PageText, ranges: Iterable<Range>): Generator<Passage> {
  if (page.markup !== "markdown") return yield* underLayoutHeadings(page, ranges);
  const path = new HeadingPath();
  const blocks = markdownBlocks(page.text, page.bodyStart, page.lines);
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

/** The same by the headings that the text does not mark; of several at the start of a stretch, the last is meant. */
function* underLayoutHeadings({ text, headings, path }: PageText, ranges: Iterable<Range>): Generator<Passage> {
  let next = 0;
  for (const range of ranges) {
    let { start } = range;
    for (let heading = headings[next]; heading !== undefined && heading.start <= start; heading = headings[++next]) {
      path.enter(heading);
      if (heading.start >= range.start) start = heading.end + (/^\s*/.exec(text.slice(heading.end))?.[0].length ?? 0);
    }
    yield { ...range, heading: path.texts };
  }
  // The next page stands under the headings inside this page's last passage, too.
  for (const heading of headings.slice(next)) path.enter(heading);
}
