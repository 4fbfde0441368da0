import type { Hit } from "../../types.ts";
import { mean } from "./answer-metrics.ts";
import type { DocumentMatcher } from "./match-documents.ts";
import type { EvalQuestion } from "./question-set.ts";
import {
  averagePrecision,
  countRelevant,
  ndcgAt,
  precisionAt,
  rankDocuments,
  recallAt,
  reciprocalRank,
} from "./retrieval-metrics.ts";

/** The measures of one ranking, by name, 0 to 1. `null`: there was nothing to measure by. */
export type Measures = Record<string, number | null>;

/** The cut-off of the measures that are always taken. */
const usualCut = 10;

/** The names of the retrieval measures with a cut-off of `k`, in the order in which they are shown. */
export function retrievalMeasures(k: number): string[] {
  return [
    ...new Set([`recall@${k}`, `recall@${usualCut}`, `precision@${k}`, "mrr", `ndcg@${usualCut}`, "map", `spans@${k}`]),
  ];
}

export interface MeasuredRanking {
  /** Their names in the set, or else their sources; the best first, each once. */
  documents: string[];
  measures: Measures;
  /** Recall at each of `curveCuts`. */
  recallCurve: number[];
}

/** Cut-offs of `recallCurve`, within the least number of hits that are asked for. */
export const curveCuts: readonly number[] = [1, 2, 3, 5, 10, 20, 50];

/**
 * Measures the hits of one question by document; spans are added by whoever can read documents. `null` for a question
 * that no document is relevant to.
 */
export function measureRanking(
  { references }: EvalQuestion,
  hits: readonly Hit[],
  { matcher, k }: { matcher: DocumentMatcher; k: number },
): MeasuredRanking | null {
  const judgements = new Map(references.map(({ document, gain }) => [document, gain]));
  if (countRelevant(judgements) === 0) return null;
  const documents = rankDocuments(
    hits.map((hit) => ({ id: matcher.referenceOf(hit, references)?.document ?? hit.source, score: hit.score })),
  );
  return {
    documents,
    measures: {
      [`recall@${k}`]: recallAt(k, documents, judgements),
      [`recall@${usualCut}`]: recallAt(usualCut, documents, judgements),
      [`precision@${k}`]: precisionAt(k, documents, judgements),
      mrr: reciprocalRank(documents, judgements),
      [`ndcg@${usualCut}`]: ndcgAt(usualCut, documents, judgements),
      map: averagePrecision(documents, judgements),
    },
    recallCurve: curveCuts.map((cut) => recallAt(cut, documents, judgements)),
  };
}

/** The mean of each measure over the questions that have it. */
export function meanMeasures(all: readonly Measures[]): Measures {
  const names = [...new Set(all.flatMap((measures) => Object.keys(measures)))];
  return Object.fromEntries(names.map((name) => [name, mean(valuesOf(all, name))]));
}

/** The values of one measure, without the questions that have none. */
export function valuesOf(all: readonly Measures[], name: string): number[] {
  return all.flatMap((measures) => measures[name] ?? []);
}
