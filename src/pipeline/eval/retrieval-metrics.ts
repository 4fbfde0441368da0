/**
 * Retrieval measures as NIST's trec_eval computes them (https://github.com/usnistgov/trec_eval, `m_*.c`), for one
 * question each. A ranking names documents, the best first, each once.
 */

/** Gains of the judged documents of one question; above 0 is relevant, and a document that is not named has 0. */
export type Judgements = ReadonlyMap<string, number>;

/** A document in the order that trec_eval reads a run in. */
export interface ScoredDocument {
  id: string;
  score: number;
}

/**
 * The ranking that trec_eval makes of scored passages: a document stands once, with the score of its best passage.
 * Higher scores come first; scores are compared as 32-bit floats, and equal ones are ordered by id, the greater first
 * (`form_res_rels.c`).
 */
export function rankDocuments(passages: readonly ScoredDocument[]): string[] {
  const best = new Map<string, number>();
  for (const { id, score } of passages) best.set(id, Math.max(best.get(id) ?? -Infinity, Math.fround(score)));
  return [...best]
    .sort(([leftId, left], [rightId, right]) => right - left || (leftId < rightId ? 1 : -1))
    .map(([id]) => id);
}

const isRelevant = (judgements: Judgements, id: string): boolean => (judgements.get(id) ?? 0) > 0;

function relevantAmong(ranking: readonly string[], judgements: Judgements): number {
  return ranking.filter((id) => isRelevant(judgements, id)).length;
}

/** How many documents are relevant: what recall divides by. */
export function countRelevant(judgements: Judgements): number {
  return relevantAmong([...judgements.keys()], judgements);
}

/** `recall.k`: the share of all relevant documents that are among the first `k`. 0 where none is relevant. */
export function recallAt(k: number, ranking: readonly string[], judgements: Judgements): number {
  const relevant = countRelevant(judgements);
  return relevant === 0 ? 0 : relevantAmong(ranking.slice(0, k), judgements) / relevant;
}

/** `P.k`: the share of the first `k` places that hold a relevant document; a place without a document counts too. */
export function precisionAt(k: number, ranking: readonly string[], judgements: Judgements): number {
  return relevantAmong(ranking.slice(0, k), judgements) / k;
}

/** `recip_rank`: 1 / rank of the first relevant document, 0 where there is none. */
export function reciprocalRank(ranking: readonly string[], judgements: Judgements): number {
  const index = ranking.findIndex((id) => isRelevant(judgements, id));
  return index === -1 ? 0 : 1 / (index + 1);
}

/**
 * `ndcg_cut.k`: the gain of each of the first `k` documents divided by log2(1 + rank), summed, and divided by the
 * largest such sum that the judgements allow. Negative gains count as 0.
 *
 * Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with the discount of
 * trec_eval.
 */
export function ndcgAt(k: number, ranking: readonly string[], judgements: Judgements): number {
  const ideal = discountedGain(
    [...judgements.values()].sort((a, b) => b - a),
    k,
  );
  if (ideal === 0) return 0;
  return (
    discountedGain(
      ranking.map((id) => judgements.get(id) ?? 0),
      k,
    ) / ideal
  );
}

function discountedGain(gains: readonly number[], k: number): number {
  return gains.slice(0, k).reduce((sum, gain, index) => sum + Math.max(0, gain) / Math.log2(index + 2), 0);
}

/** `map`: the precision at the rank of each relevant document, summed, divided by the number of relevant documents. */
export function averagePrecision(ranking: readonly string[], judgements: Judgements): number {
  const relevant = countRelevant(judgements);
  if (relevant === 0) return 0;
  let found = 0;
  let sum = 0;
  for (const [index, id] of ranking.entries()) {
    if (!isRelevant(judgements, id)) continue;
    found += 1;
    sum += found / (index + 1);
  }
  return sum / relevant;
}
