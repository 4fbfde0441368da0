import type { Glob } from "../types.ts";

/** Splits a pattern in which `*` and `?` are the only special characters. */
export function parseGlob(pattern: string): Glob {
  return pattern
    .split(/(\*+|\?)/)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("*") ? "any" : part === "?" ? "one" : { literal: part }));
}

/**
 * Whether a glob matches the whole value. Goes back to the last `*` alone, so that it takes at most (length of the
 * glob) × (length of the value) steps.
 */
export function globMatches(glob: Glob, value: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let starEnd = 0;
  while (at < value.length) {
    const part = glob[next];
    if (part === "any") {
      star = next++;
      starEnd = at;
      continue;
    }
    if (part === "one") {
      at = characterEnd(value, at);
      next++;
    } else if (part !== undefined && value.startsWith(part.literal, at)) {
      at += part.literal.length;
      next++;
    } else if (star >= 0) {
      // Let the last `*` cover one character more, and try again from there.
      starEnd = characterEnd(value, starEnd);
      at = starEnd;
      next = star + 1;
    } else {
      return false;
    }
  }
  return glob.slice(next).every((part) => part === "any");
}

/** A character beyond U+FFFF has two UTF-16 units. */
function characterEnd(value: string, at: number): number {
  return at + ((value.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}
