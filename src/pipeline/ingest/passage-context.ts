import type { Chunk } from "../../types.ts";

/** Milvus's limit for a text field, in bytes of UTF-8: context and text share it. */
const fieldBytes = 65_535;

/**
 * The document's title and the chunk's headings as far as the text does not hold them, as a first paragraph; empty where
 * it holds them all, and where both together would not fit into a text field.
 */
export function passageContext(title: string, chunk: Pick<Chunk, "text" | "heading">): string {
  const names = [...new Set([title, ...chunk.heading])].filter((name) => name !== "" && !chunk.text.includes(name));
  if (names.length === 0) return "";
  const context = `${names.join(" > ")}\n\n`;
  return Buffer.byteLength(context) + Buffer.byteLength(chunk.text) > fieldBytes ? "" : context;
}
