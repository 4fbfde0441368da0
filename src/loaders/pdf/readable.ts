/** Bullets of the Symbol and Wingdings fonts, which have no Unicode of their own. */
const symbolBullets = /[\uF0A7\uF0B7]/g;

/**
 * What stands for a glyph that no character is known for: control characters (the glyph's number), private use, and the
 * replacement character.
 */
const unknownCharacters = /[\u0001-\u0008\u000E-\u001F\u007F-\u009F\p{Private_Use}\uFFFD]/gu;

/** Share of unknown characters above which a page says nothing. */
const maxUnknownShare = 0.5;
/** Share of glyph numbers above which a part of a page is lost, such as its digits. */
const maxNumberShare = 0.01;
/** The same of private use: bullets and icons are on many pages. */
const maxPrivateShare = 0.05;

/** How well the characters of a page are known. */
export type Readability = "readable" | "partly" | "unreadable";

/** Judges the characters of a page as its fonts give them, before anything is cleaned away. */
export function readabilityOf(texts: readonly string[]): Readability {
  let all = 0;
  let numbers = 0;
  let privates = 0;
  let isUnmapped = false;
  for (const text of texts) {
    all += text.replaceAll(/\s/g, "").length;
    if (text.search(unknownCharacters) === -1) continue;
    for (const [character] of text.replaceAll(symbolBullets, "").matchAll(unknownCharacters)) {
      if (character < "\u00A0") numbers += 1;
      else privates += 1;
      // The number of a glyph of a font without a character map: its other glyphs show as wrong letters.
      isUnmapped ||= character < " ";
    }
  }
  if (numbers + privates > all * maxUnknownShare) return "unreadable";
  const isIncomplete = isUnmapped || numbers > all * maxNumberShare || privates > all * maxPrivateShare;
  return isIncomplete ? "partly" : "readable";
}
