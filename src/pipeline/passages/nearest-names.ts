import { closest } from "../../util/closest.ts";

/** How many names are proposed. */
const proposals = 3;

/**
 * Names that somebody may have meant, the likeliest first, three at most: those with the same last part, those that end
 * like the one that was written, and the one that is spelled most like it.
 */
export function nearestNames(written: readonly string[], names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const text of written) {
    const wanted = text.toLowerCase();
    const last = lastPart(wanted);
    const sameName = names.filter((name) => lastPart(name.toLowerCase()) === last);
    const sameStem = names.filter((name) => lastPart(name.toLowerCase()).replace(/\.[^.]+$/, "") === last);
    for (const name of [...sameName, ...sameStem].slice(0, proposals)) found.add(name);
    const likeWhole = closest(text, names);
    if (likeWhole !== null) found.add(likeWhole);
    const likeLast = closest(last, names.map(lastPart));
    const alike = likeLast === null ? [] : names.filter((name) => lastPart(name) === likeLast);
    for (const name of alike.slice(0, proposals)) found.add(name);
  }
  return [...found].slice(0, proposals);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
