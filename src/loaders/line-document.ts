import type { Document, Metadata } from "../types.ts";

/** A document whose page is the file line by line, so that a passage is cited by the lines of the file. */
export function lineDocument(
  about: { source: string; format: string; title: string; metadata?: Metadata },
  text: string,
  markup: Document["markup"],
): Document {
  return { metadata: {}, ...about, places: "lines", markup, pages: [{ text }], bodyStart: 0 };
}
