import type { Language } from "./language.ts";
import { languageOf } from "./language.ts";
import { stopWordsOf } from "./stop-words.ts";

/** Scripts that one language is written in, or nearly one; the first that holds most of the letters decides. */
const scripts: [RegExp, Language][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "ja"],
  [/\p{Script=Hangul}/gu, "ko"],
  [/\p{Script=Han}/gu, "zh"],
  [/\p{Script=Thai}/gu, "th"],
  [/\p{Script=Greek}/gu, "el"],
  [/\p{Script=Armenian}/gu, "hy"],
  [/\p{Script=Tamil}/gu, "ta"],
];

/** Scripts that several languages are written in, with the one that most texts are in. */
const sharedScripts: [RegExp, Language][] = [
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Devanagari}/u, "hi"],
];

/** Letters of other scripts by which a text is still Japanese, Korean, Chinese …: code and names stand in Latin ones. */
const scriptShare = 0.2;

/** Words of English that are no words of other languages in Latin script, or rare ones. */
const englishWords: ReadonlySet<string> = new Set(
  "the and of to that with you this are be by from which it have has was were can will if when your not its their for".split(
    " ",
  ),
);
/**
 * Of the words that are not capitalised. English paragraphs had 10 to 55 % (median 29 %), German, Spanish, French, Italian
 * and Portuguese ones at most 9 %.
 */
const englishShare = 0.1;
const englishLeast = 4;
/** Enough where nothing speaks for another language. */
const technicalShare = englishShare / 2;

/** What of a text is looked at: 200 words tell as much as a page. */
const sampleChars = 10_000;
const sampleWords = 200;
/** With fewer words, a language detector guesses. */
const fewestWords = 5;
/** So many words in small letters tell the language without the capitalised ones. */
const enoughWords = 20;

/** Other languages that are written in Latin script, often without accents in a title or a list. */
const otherLatin = ["ca", "da", "de", "es", "fi", "fr", "hu", "id", "it", "nl", "no", "pt", "ro", "sv", "tr"] as const;

/** Code between fences and in a line, and tags. */
const markup = /^(```|~~~)[^]*?^\1|`[^`\n]+`|<[^<>]+>/gmu;
const notAscii = /[^\0-\x7f]/;
/** What stands between white space or letters of other scripts. */
const asciiRuns = /[!-~]+/g;
/** Addresses, paths, numbers and names in code are no prose in any language. */
const codeSign = /[\d_@\\/={}$]/;

/**
 * The language of a document's text. Without prose to tell it by (code, tables of numbers, a title) it is English, for
 * the words in code are; `und` where a language is found that has no analysis of its own.
 */
export async function detectLanguage(text: string): Promise<Language> {
  const sample = text
    .slice(0, sampleChars)
    .replaceAll(markup, " ")
    .replaceAll(asciiRuns, (run) => (codeSign.test(run) ? " " : run));
  const byScript = scriptLanguage(sample);
  if (byScript !== null) return byScript;
  const words = proseWords(sample);
  const english = words.filter((word) => englishWords.has(word.toLowerCase())).length;
  if (english >= englishLeast && english >= englishShare * words.length) return "en";
  if (isTechnicalEnglish(words, english)) return "en";
  if (words.length < fewestWords || isEnglishFragment(words, english)) return likeliest(sample);
  const { eld } = await import("eld/extrasmall");
  const found = eld.detect(words.join(" "));
  if (!found.isReliable()) return likeliest(sample);
  return found.language === "ms" ? "id" : languageOf(found.language);
}

/** What a text with too little prose is taken for. */
function likeliest(sample: string): Language {
  return sharedScripts.find(([script]) => script.test(sample))?.[1] ?? "en";
}

/**
 * Words from all over the text. Names tell nothing of the language around them, so capitalised words are left out where
 * the others are enough.
 */
function proseWords(sample: string): string[] {
  const all = sample.match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
  const small = all.filter((word) => !/^\p{Lu}/u.test(word));
  const words = small.length >= enoughWords ? small : all;
  const step = Math.max(1, Math.floor(words.length / sampleWords)) * 10;
  return words.filter((_, index) => index % step < 10).slice(0, sampleWords);
}

/**
 * Whether words with fewer function words than running text has (a page of settings and links) are English all the same:
 * no letter that English lacks, and of no other language half as many stop words. The detector is not loaded for them.
 */
function isTechnicalEnglish(words: readonly string[], english: number): boolean {
  if (english < englishLeast || english < technicalShare * words.length) return false;
  if (words.some((word) => notAscii.test(word))) return false;
  const lower = words.map((word) => word.toLowerCase());
  const stopWordsIn = (language: Language): number => {
    const stopWords = stopWordsOf(language);
    return lower.filter((word) => stopWords.has(word)).length;
  };
  const most = stopWordsIn("en") / 2;
  return otherLatin.every((language) => stopWordsIn(language) < most);
}

/**
 * Whether a few words (a list, a table's heads) have no sign of another language: neither a letter that English lacks,
 * nor more function words of one than of English. The detector is not loaded for them, which takes longer than to
 * analyse a hundred pages.
 */
function isEnglishFragment(words: readonly string[], english: number): boolean {
  if (words.length >= enoughWords * 2 || words.some((word) => notAscii.test(word))) return false;
  const lower = words.map((word) => word.toLowerCase());
  return otherLatin.every((language) => {
    const stopWords = stopWordsOf(language);
    return lower.filter((word) => stopWords.has(word)).length <= english;
  });
}

function scriptLanguage(sample: string): Language | null {
  if (!/[^\0-\u024f]/.test(sample)) return null;
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  for (const [script, language] of scripts) {
    const share = (sample.match(script)?.length ?? 0) / letters;
    if (share >= (language === "ja" ? scriptShare / 2 : scriptShare)) return language;
  }
  return null;
}
