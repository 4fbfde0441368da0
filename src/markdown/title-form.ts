/**
 * Whether a text is a title by its form, as headings are in a text without marks for them: a few words, the long ones
 * with a capital, without a full stop.
 */
export function looksLikeTitle(text: string): boolean {
  const words = text.trim().split(/\s+/);
  return (
    words.length > 1 &&
    words.length <= 14 &&
    /^\p{Lu}.*[\p{L}\p{N})]$/u.test(text.trim()) &&
    !/[:;,.|`]/.test(text) &&
    words.every((word) => word.length <= 3 || /^[\p{Lu}\p{N}(&–-]/u.test(word))
  );
}

/** Whether a short line ends like a heading or a question. */
export function looksLikeHeading(text: string): boolean {
  const line = text.trim();
  return line !== "" && line.length <= 120 && /[\p{L}\p{N}?？)`]$/u.test(line);
}
