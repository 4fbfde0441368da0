import { loadAnalyzer } from "../../text/analysis/analyzer.ts";
import type { Language } from "../../text/analysis/language.ts";

/** The terms of a text, in each of the languages that it was read in. */
export interface TextTerms {
  /** Where each term stands, counted in words from 0. */
  positions: ReadonlyMap<string, readonly number[]>;
  /** How many words the text has. */
  length: number;
}

export type TermsReader = (text: string) => TextTerms;

/** Loads what makes the terms of a text as the index has them; in several languages where the question is. */
export async function loadTermsReader(languages: readonly Language[]): Promise<TermsReader> {
  const analyzers = await Promise.all((languages.length === 0 ? ["en" as const] : languages).map(loadAnalyzer));
  return (text) => {
    const positions = new Map<string, number[]>();
    let length = 0;
    for (const { documentTerms } of analyzers) {
      const terms = documentTerms(text).split(" ");
      length = Math.max(length, terms.length);
      for (const [at, term] of terms.entries()) {
        const known = positions.get(term);
        if (known === undefined) positions.set(term, [at]);
        else known.push(at);
      }
    }
    return { positions, length };
  };
}
