import { normalizedWord, withoutAccents } from "./fold.ts";
import type { Language } from "./language.ts";
import { type Stemmer, loadStemmer } from "./stemmers.ts";
import { apostropheWords, isUnspaced, segmentedWords, textTokens, wholeAndParts } from "./words.ts";

/** Turns texts of one language into terms. */
export interface Analyzer {
  language: Language;
  /** The terms of a document's text in its order, repeated as often as they occur; no term holds white space. */
  documentTerms: (text: string) => string[];
  /** The words of a query in its order, with the terms to look for in documents of this language. */
  queryWords: (query: string) => AnalyzedWord[];
}

export interface AnalyzedWord {
  /** As it is written in the query. */
  word: string;
  /** Any of these is a hit. The first is the whole word; the parts of a joined word (`index_type`) follow it. */
  terms: AnalyzedTerm[];
}

export interface AnalyzedTerm {
  term: string;
  /** The word or the part of a word that it was made of, in small letters; stop words are found by it. */
  from: string;
}

/** Longer terms are cut, in documents and queries alike; hashes of 512 bits in hexadecimal digits stay whole. */
const longestTerm = 128;

/** Tokens whose terms are remembered, for one language. */
const mostCached = 100_000;

const analyzers = new Map<Language, Promise<Analyzer>>();

/** The analyzer of a language, one a process: it remembers the terms of the words that it has seen. */
export function loadAnalyzer(language: Language): Promise<Analyzer> {
  let analyzer = analyzers.get(language);
  if (analyzer === undefined) {
    analyzer = createAnalyzer(language);
    analyzers.set(language, analyzer);
  }
  return analyzer;
}

/** Languages whose stemmers know no Latin letters: English names and code among their words are stemmed as English. */
const ownScript: ReadonlySet<Language> = new Set<Language>(
  ["ar", "bg", "el", "fa", "hi", "hy", "ja", "ko", "ru", "ta", "th", "uk", "zh"],
);
const latin = /\p{Script=Latin}/u;

async function createAnalyzer(language: Language): Promise<Analyzer> {
  const stem = await loadStemmer(language);
  const latinStem = ownScript.has(language) ? await loadStemmer("en") : stem;
  const context: Context = { language, stem, latinStem };
  const cache = new Map<string, string[]>();

  function tokenTerms(token: string): string[] {
    const cached = cache.get(token);
    if (cached !== undefined) return cached;
    const terms = analyzedWords(token, context).flatMap(({ terms }) =>
      terms.flatMap(({ term, from }) => [term, ...spellingsWithoutAccents(term, from, context)]),
    );
    // A run of a script without spaces is a clause, which does not come again.
    if (isUnspaced(token)) return terms;
    if (cache.size >= mostCached) cache.clear();
    cache.set(token, terms);
    return terms;
  }

  return {
    language,
    documentTerms: (text) => {
      const terms: string[] = [];
      for (const [token] of textTokens(withoutSoftHyphens(text))) for (const term of tokenTerms(token)) terms.push(term);
      return terms;
    },
    queryWords: (query) =>
      Array.from(textTokens(withoutSoftHyphens(query)), ([token]) => analyzedWords(token, context)).flat(),
  };
}

interface Context {
  language: Language;
  stem: Stemmer;
  latinStem: Stemmer;
}

function withoutSoftHyphens(text: string): string {
  return text.includes("\u00ad") ? text.replaceAll("\u00ad", "") : text;
}

function analyzedWords(token: string, context: Context): AnalyzedWord[] {
  const words = isUnspaced(token) ? segmentedWords(token) : apostropheWords(token, context.language);
  return words.map((word) => ({
    word,
    terms: wholeAndParts(word).map((part) => {
      const from = normalizedWord(part, context.language);
      return { term: stemmed(from, context), from };
    }),
  }));
}

function stemmed(word: string, { stem, latinStem }: Context): string {
  // The stem of some words is empty.
  const term = withoutAccents((latin.test(word) ? latinStem : stem)(word)) || word;
  return term.length > longestTerm ? term.slice(0, longestTerm).toWellFormed() : term;
}

/**
 * The term of a query that leaves the accents out, where it differs: a stemmer cuts `configuración` to `configur`, and
 * leaves `configuracion` as it is.
 */
function spellingsWithoutAccents(term: string, word: string, context: Context): string[] {
  const plain = withoutAccents(word);
  if (plain === word) return [];
  const other = stemmed(plain, context);
  return other === term ? [] : [other];
}
