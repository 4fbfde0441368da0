/** How likely a text is what someone wrote: about 1 where it is, 0 and less where letters are exchanged for others. */
export type Likelihood = (text: string, common: ReadonlySet<string> | null) => number;

/** Signs beyond ASCII that are in many texts. */
const punctuation =
  /[\u00A0\u00A1\u00A7\u00A9\u00AB\u00AD\u00AE\u00B0\u00B4\u00B7\u00BB\u00BF\u00A3\u20AC\u2010-\u2026\u2030\u2032\u2033\u2039\u203A\u2116\u2122\u2190-\u2193\u2212\u060C\u061B\u061F\u066A\u3000-\u301F\u30FB\u30FC\uFF01-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65\u00D7\u2192\u25A0-\u25EF\u2605\u2606]/u;

/** What no text has: controls, private use, characters that are not assigned. */
const impossible = /[\u0080-\u009F\p{Private_Use}\p{Unassigned}]/u;

const scripts = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Hebrew",
  "Arabic",
  "Thai",
  "Han",
  "Hangul",
  "Hiragana",
  "Katakana",
] as const;
type Script = (typeof scripts)[number];
const scriptPatterns = scripts.map((script) => [script, new RegExp(`\\p{Script=${script}}`, "u")] as const);
/** Written together in Japanese; Chinese and Korean have the first alone, or the second. */
const eastAsian: ReadonlySet<Script> = new Set(["Han", "Hangul", "Hiragana", "Katakana"]);

const halfWidthKatakana = /[\uFF66-\uFF9F]/u;
/** Vowels and tones that are written over, under or behind a Thai consonant. */
const thaiMark = /[\u0E31\u0E34-\u0E3A\u0E47-\u0E4E]/u;
const thaiLeading = /[\u0E40-\u0E44]/u;
const thaiConsonant = /[\u0E01-\u0E2E]/u;
const thaiLetter = /[\u0E01-\u0E4E]/u;
const thaiDigit = /[\u0E50-\u0E59]/u;
/** Letters that went out of use, and signs of old books. */
const thaiUnused = /[\u0E03\u0E05\u0E4F\u0E5A\u0E5B]/u;
const thaiBase = /[\u0E01-\u0E2E\u0E30-\u0E3A\u0E47-\u0E4E\u0E45]/u;

/**
 * Makes the measure. `languageLikeness` knows the sequences of letters of alphabets. Scripts of many signs are judged by
 * how many of the signs are in daily use, which `common` has for the encoding in question: those that encode few signs
 * put them before all others.
 */
export function likelihoodBy(languageLikeness: (text: string) => number): Likelihood {
  return (text, common) => {
    const faults = faultsOf(text, common);
    if (faults === null) return -1;
    const { beyond, letters, signs, weight } = faults;
    if (beyond === 0) return 0;
    // Words of ASCII alone are the same in every reading.
    const told = text.match(/[\p{L}\p{M}'’]*\P{ASCII}[\p{L}\p{M}'’]*/gu)?.join(" ") ?? "";
    const alphabetic = letters === signs ? 0 : (languageLikeness(told) + languageLikeness(text)) / 2;
    const share = letters === 0 ? 0 : signs / letters;
    // A few letters can be those of any language, and a few signs those of any set.
    const trusted =
      alphabetic * (1 - share) * (letters ** 2 / (letters ** 2 + 6)) + 0.85 * share * (signs / (signs + 3));
    return trusted - weight / beyond;
  };
}

interface Faults {
  /** Characters beyond ASCII. */
  beyond: number;
  letters: number;
  /** Letters of scripts of many signs, and of Thai. */
  signs: number;
  /** Sum of the penalties. */
  weight: number;
}

/** Signs that stand at the beginning or the end of a word, inside of one. */
const insideWord = /\p{L}[“”‘„•…†‡‰‹›¿¡¬¨¯¸ˆ˜](?=\p{L})/gu;

function faultsOf(text: string, common: ReadonlySet<string> | null): Faults | null {
  if (impossible.test(text)) return null;
  const found: Faults = { beyond: 0, letters: 0, signs: 0, weight: text.match(insideWord)?.length ?? 0 };
  let before = "";
  let accented = 0;
  let scriptBefore: Script | null = null;
  for (const character of text) {
    const script = scriptOf(character);
    if (character > "\u007F") {
      found.beyond += 1;
      found.weight += faultOf(character, script, before, common);
      if (script !== null) found.letters += 1;
      if (script === "Thai" || (script !== null && eastAsian.has(script))) found.signs += 1;
    }
    // Words of Latin letters that all have accents are those of another alphabet, misread.
    accented = script === "Latin" && character > "\u007F" ? accented + 1 : 0;
    if (accented > 3) found.weight += 1;
    // No word is written in two scripts.
    if (script !== null && scriptBefore !== null && script !== scriptBefore) {
      const signs = [script, scriptBefore].filter((each) => eastAsian.has(each)).length;
      found.weight += signs === 2 ? 0 : signs === 1 ? 0.3 : 1;
    }
    if (script !== null && script !== "Thai" && /\p{Lu}/u.test(character) && /\p{Ll}/u.test(before)) found.weight += 2;
    before = character;
    scriptBefore = script;
  }
  return found;
}

function scriptOf(character: string): Script | null {
  if (character < "A") return null;
  if (character <= "\u007F") return /[A-Za-z]/.test(character) ? "Latin" : null;
  return scriptPatterns.find(([, pattern]) => pattern.test(character))?.[0] ?? null;
}

function faultOf(character: string, script: Script | null, before: string, common: ReadonlySet<string> | null): number {
  if (halfWidthKatakana.test(character)) return 0.7;
  if (script === null) {
    if (punctuation.test(character) || /\p{M}/u.test(character)) return 0;
    // A sign right after a letter takes the place of a letter.
    if (/\p{L}/u.test(before)) return 1;
    return /[¼½¾¹²³]/.test(character) ? 0 : 0.4;
  }
  if (script === "Thai") return thaiFault(character, before);
  if (!eastAsian.has(script)) return /[ªºƒ]/.test(character) && /\p{L}/u.test(before) ? 0.5 : 0;
  return common?.has(character) ? 0 : 0.6;
}

function thaiFault(character: string, before: string): number {
  if (thaiUnused.test(character)) return 1;
  if (thaiMark.test(character)) return thaiBase.test(before) ? 0 : 1;
  // A vowel that is written before its consonant, and a digit, begin something new.
  if (thaiLeading.test(before) && !thaiConsonant.test(character)) return 1;
  const pair = [before, character];
  return pair.some((each) => thaiDigit.test(each)) && pair.some((each) => thaiLetter.test(each)) ? 1 : 0;
}
