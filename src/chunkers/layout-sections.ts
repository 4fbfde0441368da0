import type { Range } from "../text/ranges.ts";
import type { PageText } from "./passages.ts";

/** A section shorter than this, in characters, says too little to be found on its own. */
const tinyChars = 200;

/**
 * The sections of a page whose headings its text does not mark: each begins with a heading. What is tiny goes with what
 * follows it, so that a heading alone is none; the last one goes with what stands before it.
 */
export function layoutSections({
  text,
  bodyStart,
  headings,
}: Pick<PageText, "text" | "bodyStart" | "headings">): Range[] {
  const sections: Range[] = [];
  let start = bodyStart;
  for (const end of [...headings.map((heading) => heading.start), text.length]) {
    if (end - start < tinyChars) continue;
    sections.push({ start, end });
    start = end;
  }
  const last = sections.at(-1);
  if (last === undefined) return [{ start: bodyStart, end: text.length }];
  last.end = text.length;
  return sections;
}
