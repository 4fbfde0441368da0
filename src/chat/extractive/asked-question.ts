import { detectLanguage } from "../../text/analysis/detect-language.ts";
import type { Language } from "../../text/analysis/language.ts";
import { queryAnalysis } from "../../text/analysis/query.ts";
import type { Hit, WordFrequencies, WordFrequency } from "../../types.ts";
import { withoutMeasures } from "../../text/measure-words.ts";
import { isOnlyAnotherWord, namesIn } from "./other-word.ts";
import { type TermsReader, loadTermsReader } from "./passage-terms.ts";

/** A word of the question that carries its subject; without terms where the passages have them for another word. */
export interface AskedWord extends WordFrequency {
  /** What the word counts, by its rarity in the collection: near 0 where every chunk holds it, most where none does. */
  weight: number;
}

/** A question as the evidence for its answers is measured. */
export interface AskedQuestion {
  text: string;
  words: AskedWord[];
  /** Chunks of the collection, or an estimate of their number. */
  chunks: number;
  /** Reads the terms of passages as the terms of the words were made. */
  read: TermsReader;
}

/** What a word counts that no chunk of the collection holds: most likely, nothing there is about it. */
const unknownWeight = 1.5;
/**
 * A collection of fewer chunks is taken for a part of one that has so many. Else a word would count for common because
 * the only chunk holds it, and a document of one sentence could not answer a question that words one thing differently.
 */
const leastChunks = 50;
/** Rare words count more than in proportion to their rarity; chosen with the weights in `evidence.ts`. */
const rarityPower = 1.5;

/**
 * Inverse document frequency of BM25, scaled to 1 for a word that no chunk holds. Source: Robertson and Zaragoza, "The
 * Probabilistic Relevance Framework: BM25 and Beyond", 2009.
 */
function rarity(holders: number, chunks: number): number {
  const idf = (held: number) => Math.log(1 + (chunks - held + 0.5) / (held + 0.5));
  return chunks === 0 ? 1 : idf(Math.min(holders, chunks)) / idf(0);
}

/**
 * The words of a question with their rarity in the collection. Where the store does not tell how rare they are, it is
 * estimated from the passages that were found.
 */
export async function askedQuestion(
  question: string,
  frequencies: WordFrequencies | null,
  passages: readonly Hit[],
): Promise<AskedQuestion> {
  const { chunks, languages, words } =
    frequencies === null
      ? await estimatedFrequencies(question, passages)
      : { ...frequencies, chunks: Math.max(frequencies.chunks, leastChunks) };
  const read = await loadTermsReader(languages as Language[]);
  // In German, every noun begins with a capital.
  const names = languages.includes("de") ? new Set() : namesIn(question);
  const texts = passages.map(({ title, heading, text }) => [title, ...heading, text].join("\n"));
  const weighed = words.map((word): AskedWord => {
    const isElse = word.chunks > 0 && names.has(word.word) && isOnlyAnotherWord(word, texts, read);
    const isUnknown = word.chunks === 0 || isElse;
    const weight = isUnknown ? unknownWeight : rarity(word.chunks, chunks) ** rarityPower;
    return isElse ? { ...word, terms: [], chunks: 0, weight } : { ...word, weight };
  });
  return { text: question, words: weighed, chunks, read };
}

/** Chunks that a collection is taken to have for each passage that was found in it. */
const chunksPerPassage = 10;

async function estimatedFrequencies(question: string, passages: readonly Hit[]): Promise<WordFrequencies> {
  const language = await detectLanguage([question, ...passages.map(({ text }) => text)].join("\n"));
  const { words } = await queryAnalysis(withoutMeasures(question), [language]);
  const read = await loadTermsReader([language]);
  const found = passages.map(({ title, heading, text }) => read([title, ...heading, text].join("\n")).positions);
  return {
    chunks: passages.length * chunksPerPassage,
    languages: [language],
    words: words.map((word) => ({
      ...word,
      chunks: found.filter((terms) => word.terms.some((term) => terms.has(term))).length,
    })),
  };
}
