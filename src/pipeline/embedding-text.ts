import type { Chunk } from "../types.ts";

/**
 * What a chunk's vector is made from: its text, led by those of its headings that the text does not show itself, so that
 * a passage deep in a manual still says what it is about.
 */
export function embeddingText(chunk: Pick<Chunk, "text" | "heading">): string {
  const missing = chunk.heading.filter((heading) => !chunk.text.includes(heading));
  return missing.length === 0 ? chunk.text : `${missing.join(" > ")}\n\n${chunk.text}`;
}
