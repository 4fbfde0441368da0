import { normalizedWord, withoutAccents } from "./fold.ts";
import type { Language } from "./language.ts";
import { type Stemmer, loadStemmer } from "./stemmers.ts";
import { apostropheWords, isUnspaced, segmentedWords, textTokens, tokenWords } from "./words.ts";

/** Turns texts of one language into terms. */
export interface Analyzer {
  language: Language;
  /**
   * The terms of a passage, separated by spaces: its words in their order, as often as they occur, and behind them the parts of names in code,
   * each once. A page of code would be found by the parts of its names rather than by its words otherwise. No term holds
   * white space itself.
   */
  documentTerms: (text: string) => string;
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
  /** Whether it is a part of a name (`index` of `index_type`), not a word of the text. */
  part: boolean;
}

/** Raised whenever the terms of a text change: what was written with another version is analysed again. */
export const ANALYSIS_VERSION = 1;

/** Longer terms are cut, in documents and queries alike; hashes of 512 bits in hexadecimal digits stay whole. */
const longestTerm = 128;

/** Tokens whose terms are remembered, for one language. */
const mostCached = 100_000;

/** V8 keeps the whole text in memory for a piece of it that is as long as this; the detour by bytes makes a copy. */
const shortestSlice = 13;

/** Most words: one term, without parts and accents. */
const plainWord = /^[A-Z]?[a-z]+$/;
const none: string[] = [];

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
const ownScript: ReadonlySet<Language> = new Set<Language>([
  "ar",
  "bg",
  "el",
  "fa",
  "hi",
  "hy",
  "ja",
  "ko",
  "ru",
  "ta",
  "th",
  "uk",
  "zh",
]);
const latin = /\p{Script=Latin}/u;

async function createAnalyzer(language: Language): Promise<Analyzer> {
  const ownStem = await loadStemmer(language);
  const englishStem = ownScript.has(language) ? await loadStemmer("en") : ownStem;
  const stem = remembered(ownStem);
  const latinStem = englishStem === ownStem ? stem : remembered(englishStem);
  const context: Context = { language, stem, latinStem };
  const cache = new Map<string, TokenTerms>();

  function tokenTerms(token: string): TokenTerms {
    const cached = cache.get(token);
    if (cached !== undefined) return cached;
    const isPlain = token.length <= longestTerm && plainWord.test(token);
    // A clause of a script without spaces does not come again, nor does a line of data.
    if (!isPlain && (token.length > longestTerm || isUnspaced(token))) return newTokenTerms(token);
    const copy = token.length < shortestSlice ? token : Buffer.from(token).toString();
    const result = isPlain ? plainTerms(normalizedWord(copy, language)) : newTokenTerms(copy);
    if (cache.size >= mostCached) cache.clear();
    cache.set(copy, result);
    return result;
  }

  /** Of a word in small ASCII letters. */
  function plainTerms(word: string): TokenTerms {
    return { terms: englishStem(word) || word, parts: none };
  }

  function newTokenTerms(token: string): TokenTerms {
    const terms: string[] = [];
    const parts: string[] = [];
    for (const analyzed of analyzedWords(token, context)) {
      for (const { term, from, part } of analyzed.terms) {
        (part ? parts : terms).push(term, ...termsWithoutAccents(term, from, context));
      }
    }
    return { terms: terms.join(" "), parts };
  }

  return {
    language,
    documentTerms: (text) => {
      const terms: string[] = [];
      const parts = new Set<string>();
      for (const token of textTokens(text)) {
        const found = tokenTerms(token);
        if (found.terms !== "") terms.push(found.terms);
        for (const part of found.parts) parts.add(part);
      }
      for (const part of parts) terms.push(part);
      return terms.join(" ");
    },
    queryWords: (query) => textTokens(query).flatMap((token) => analyzedWords(token, context)),
  };
}

/** The parts of joined words come again in other words. */
function remembered(stem: Stemmer): Stemmer {
  const stems = new Map<string, string>();
  return (word) => {
    if (word.length > longestTerm) return word;
    let found = stems.get(word);
    if (found === undefined) {
      found = stem(word);
      if (stems.size >= mostCached) stems.clear();
      stems.set(word, found);
    }
    return found;
  };
}

interface TokenTerms {
  /** Separated by spaces. */
  terms: string;
  parts: string[];
}

interface Context {
  language: Language;
  stem: Stemmer;
  latinStem: Stemmer;
}

function analyzedWords(token: string, context: Context): AnalyzedWord[] {
  const words = isUnspaced(token) ? segmentedWords(token) : apostropheWords(token, context.language);
  return words.map((word) => {
    const { words, parts } = tokenWords(word);
    const analyzed = (part: boolean) => (text: string) => {
      const from = normalizedWord(text, context.language);
      return { term: stemmed(from, context), from, part };
    };
    return { word, terms: [...words.map(analyzed(false)), ...parts.map(analyzed(true))] };
  });
}

function stemmed(word: string, { stem, latinStem }: Context): string {
  // The stem of some words is empty.
  const term = withoutAccents((stem === latinStem || latin.test(word) ? latinStem : stem)(word)) || word;
  return term.length > longestTerm ? term.slice(0, longestTerm).toWellFormed() : term;
}

/**
 * The term of a query that leaves the accents out, where it differs: a stemmer cuts `configuración` to `configur`, and
 * leaves `configuracion` as it is.
 */
function termsWithoutAccents(term: string, word: string, context: Context): string[] {
  const plain = withoutAccents(word);
  if (plain === word) return [];
  const other = stemmed(plain, context);
  return other === term ? [] : [other];
}
