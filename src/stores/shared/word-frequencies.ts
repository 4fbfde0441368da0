import type { Language } from "../../text/analysis/language.ts";
import { queryAnalysis } from "../../text/analysis/query.ts";
import { searchTerms } from "../../text/search-terms.ts";
import { wordSegments } from "../../text/word-segments.ts";
import type { WordFrequencies } from "../../types.ts";
import type { Manifest } from "../types.ts";

/** Chunks that are counted for one word at most: a word that is in more of them is common, however many they are. */
export const mostCounted = 2_000;

/** How a store counts. */
export interface FrequencyReads {
  manifest: Manifest;
  languages(): Promise<Language[]>;
  countChunks(): Promise<number>;
  /** How many chunks hold any of the terms of each list, `mostCounted` at most. */
  countHolders(terms: readonly (readonly string[])[]): Promise<number[]>;
}

/**
 * How many chunks of a collection hold each word of a text that carries its subject. In a collection of form 1 the
 * engine finds the words, so that a word is its own term.
 */
export async function wordFrequencies(text: string, reads: FrequencyReads): Promise<WordFrequencies> {
  const { words, languages } = reads.manifest.schemaVersion === 1 ? plainWords(text) : await analyzed(text, reads);
  const [chunks, holders] = await Promise.all([
    reads.countChunks(),
    words.length === 0 ? [] : reads.countHolders(words.map(({ terms }) => terms)),
  ]);
  return {
    chunks,
    languages,
    words: words.map((word, index) => ({ ...word, chunks: Math.min(chunks, holders[index] ?? 0) })),
  };
}

async function analyzed(text: string, { languages }: FrequencyReads) {
  return queryAnalysis(text, await languages());
}

function plainWords(text: string): { languages: Language[]; words: { word: string; terms: string[] }[] } {
  const words = new Set<string>();
  for (const { segment, isWordLike } of wordSegments(searchTerms(text))) if (isWordLike) words.add(segment);
  return { languages: ["en"], words: [...words].map((word) => ({ word, terms: [word] })) };
}
