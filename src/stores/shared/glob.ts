/** The parts of a glob pattern: literal text, and what stands for any run (`*`) or for one character (`?`). */
export type GlobPart = { literal: string } | "any" | "one";

/** Splits a pattern in which `*` and `?` are the only special characters. */
export function parseGlob(pattern: string): GlobPart[] {
  return pattern
    .split(/([*?])/)
    .filter((part) => part !== "")
    .map((part) => (part === "*" ? "any" : part === "?" ? "one" : { literal: part }));
}

/** Escapes a text so that a regular expression, of JavaScript or of Rust's regex crate, matches it literally. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
