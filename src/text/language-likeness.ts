/** Characters that are looked at: some lines tell as much as a page. */
const sampleChars = 1500;

/**
 * How much a text is like one of 60 languages, by its sequences of letters: 0 to about 1. The right reading of a text
 * scores higher than one in which letters are exchanged for others. For scripts of many signs it says little.
 */
export async function openLanguageLikeness(): Promise<(text: string) => number> {
  const { eld } = await import("eld/extrasmall");
  return (text) => Math.max(0, ...Object.values(eld.detect(text.slice(0, sampleChars)).getScores()));
}
