/** How many characters at the end of `text` may be the beginning of `word`; 0 where none are. */
export function partialTail(text: string, word: string): number {
  for (let length = Math.min(word.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(word.slice(0, length))) return length;
  }
  return 0;
}
