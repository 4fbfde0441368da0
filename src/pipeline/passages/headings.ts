import { markdownBlocks } from "../../markdown/blocks.ts";
import { LineIndex } from "../../text/line-index.ts";
import type { AssembledDocument } from "./assembled.ts";

/** A heading that stands in the text of a document. */
export interface TextHeading {
  /** Offset in the text. */
  start: number;
  /** 1 to 6. */
  level: number;
  /** The headings that it stands under, from the outermost, and itself. */
  path: string[];
}

/**
 * The headings in a text, in their order. A chunk names only the headings that all of it stands under: those of several
 * short sections in one chunk are in its text alone.
 */
export function headingsOf({ text }: Pick<AssembledDocument, "text">): TextHeading[] {
  const found: TextHeading[] = [];
  let open: { level: number; text: string }[] = [];
  for (const block of markdownBlocks(text, 0, new LineIndex(text))) {
    if (block.kind !== "heading") continue;
    open = [...open.filter(({ level }) => level < block.level), { level: block.level, text: block.text }];
    found.push({ start: block.start, level: block.level, path: open.map((heading) => heading.text) });
  }
  return found;
}
