import type { Language } from "./language.ts";

/** A word in lower case → its stem. */
export type Stemmer = (word: string) => string;

/** Snowball's stemmers, one module a language: a process loads those that its collection needs. */
const modules: Partial<Record<Language, () => Promise<{ stemmer: Stemmer }>>> = {
  // Porter's second algorithm, as LanceDB has it; `@orama/stemmers/english` is the first one.
  en: async () => ({ stemmer: (await import("porter2")).stem }),
  ar: () => import("@orama/stemmers/arabic"),
  bg: () => import("@orama/stemmers/bulgarian"),
  da: () => import("@orama/stemmers/danish"),
  de: () => import("@orama/stemmers/german"),
  el: () => import("@orama/stemmers/greek"),
  es: () => import("@orama/stemmers/spanish"),
  fi: () => import("@orama/stemmers/finnish"),
  fr: () => import("@orama/stemmers/french"),
  hi: () => import("@orama/stemmers/indian"),
  hu: () => import("@orama/stemmers/hungarian"),
  hy: () => import("@orama/stemmers/armenian"),
  id: () => import("@orama/stemmers/indonesian"),
  it: () => import("@orama/stemmers/italian"),
  ko: () => import("./korean.ts"),
  lt: () => import("@orama/stemmers/lithuanian"),
  nl: () => import("@orama/stemmers/dutch"),
  no: () => import("@orama/stemmers/norwegian"),
  pt: () => import("@orama/stemmers/portuguese"),
  ro: () => import("@orama/stemmers/romanian"),
  ru: () => import("@orama/stemmers/russian"),
  sr: () => import("@orama/stemmers/serbian"),
  sv: () => import("@orama/stemmers/swedish"),
  ta: () => import("@orama/stemmers/tamil"),
  tr: () => import("@orama/stemmers/turkish"),
  uk: () => import("@orama/stemmers/ukrainian"),
};

/** The stemmer of a language; words as they are where there is none. */
export async function loadStemmer(language: Language): Promise<Stemmer> {
  const load = modules[language];
  return load === undefined ? (word) => word : (await load()).stemmer;
}
