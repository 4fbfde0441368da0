const openingFence = /^`{3,}/;

/**
 * The text of the first heading of a Markdown text that a loader wrote; `null` where there is none outside of fences. A
 * fence ends at the next line that is its own row of backticks, and is none where there is no such line.
 */
export function firstHeading(text: string): string | null {
  const lines = text.split("\n");
  // Asked for each opening, so that many that are never closed do not each read the rest of the text.
  const lastLineOf = new Map(lines.map((line, index) => [line, index]));
  let fence: string | null = null;
  for (const [index, line] of lines.entries()) {
    if (fence !== null) {
      if (line === fence) fence = null;
      continue;
    }
    const [opening] = openingFence.exec(line) ?? [];
    if (opening !== undefined && (lastLineOf.get(opening) ?? -1) > index) fence = opening;
    else {
      const heading = /^#{1,6} (.+)$/.exec(line)?.[1]?.trim();
      if (heading !== undefined) return heading;
    }
  }
  return null;
}
