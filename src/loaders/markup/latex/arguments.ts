/** What is printed as it is written; its first sign is also its last. */
export const verbatimSpan = /\\(?:verb\*?|lstinline(?:\[[^\]]*\])?)([^A-Za-z\s*{[])(.{0,300}?)\1/;

/** Characters of an argument that are looked through for the brace that closes it. */
const maxArgumentChars = 4000;

/**
 * The argument whose opening brace stands before `text`, and what stands behind its closing one. Where none closes it,
 * the argument is all of the text.
 */
export function splitArgument(text: string): { argument: string; rest: string; isClosed: boolean } {
  let depth = 1;
  for (let at = 0; at < Math.min(text.length, maxArgumentChars); at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "{") depth += 1;
    else if (text[at] === "}") depth -= 1;
    if (depth === 0) return { argument: text.slice(0, at), rest: text.slice(at + 1), isClosed: true };
  }
  return { argument: text, rest: "", isClosed: false };
}
