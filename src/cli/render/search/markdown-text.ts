/** The text with what Markdown would read as markup escaped. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#]/g, (character) => `\\${character}`);
}
