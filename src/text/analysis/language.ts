/**
 * Languages whose words are analysed in a way of their own, as ISO 639-1 codes; `und` (undetermined) is every other one.
 * The language of a text decides its stemmer and its stop words, so a store has to keep it with the text.
 */
export const languages = [
  "en",
  "ar",
  "bg",
  "ca",
  "da",
  "de",
  "el",
  "es",
  "fa",
  "fi",
  "fr",
  "hi",
  "hu",
  "hy",
  "id",
  "it",
  "ja",
  "ko",
  "lt",
  "nl",
  "no",
  "pt",
  "ro",
  "ru",
  "sr",
  "sv",
  "ta",
  "th",
  "tr",
  "uk",
  "zh",
  "und",
] as const;

export type Language = (typeof languages)[number];

const known: ReadonlySet<string> = new Set(languages);

/** A code of ISO 639-1 as a language of this list; `und` where it is not on it. */
export function languageOf(code: string): Language {
  return known.has(code) ? (code as Language) : "und";
}
