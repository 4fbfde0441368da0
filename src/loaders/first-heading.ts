/** The text of the first heading of a Markdown text that a loader wrote; `null` where there is none outside of fences. */
export function firstHeading(text: string): string | null {
  const outside = text.replaceAll(/^(`{3,})[^\n]*\n[^]*?^\1$/gm, "");
  return /^#{1,6} (.+)$/m.exec(outside)?.[1]?.trim() ?? null;
}
