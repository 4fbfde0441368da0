import type { FusionMethod } from "../../types.ts";
import type { ScoredChunk } from "../types.ts";

/** Hits that each list brings into a fusion, at least: what is low on one list may be high on the other. */
const leastDepth = 100;

/** How many hits each list should bring where `limit` fused ones are wanted. */
export function fusionDepth(limit: number): number {
  return Math.max(2 * limit, leastDepth);
}

/** The two ranked lists of a hybrid search, each with the best hit first. */
export interface RankedLists {
  dense: readonly ScoredChunk[];
  text: readonly ScoredChunk[];
}

type ListName = keyof RankedLists;

/** What is known of a list beside its hits. */
interface ListFacts {
  name: ListName;
  /** Whether it ends because no more hits were asked for: those behind it score up to as much as its last one. */
  isCut: boolean;
}

/** What each hit of a list adds to its fused score, 0 to 1; over both lists, the first hits add 1. */
type Shares = (list: readonly ScoredChunk[], facts: ListFacts) => number[];

/** Weight of a list where scores are fused. */
const weights: Record<ListName, number> = { dense: 0.3, text: 0.7 };
/** Of a list's weight, what its last hit adds: to be found at all counts for something. */
const lastShare = 0.01;

const methods = {
  scaled: byScore,
  rrf10: byRank(10),
  rrf: byRank(60),
} satisfies Record<FusionMethod, Shares>;

/**
 * Fuses two ranked lists into one of at most `limit` hits. A score is above 0 and at most 1; it is 1 for a hit that is
 * first in both lists. The scores of the lists are kept in `scores`. Equal scores are ordered by id, so that the result
 * does not depend on chance. `depth`: how many hits each list was asked for.
 *
 * - `rrf` and `rrf10`: the mean over both lists of (k + 1) / (k + rank), ranks counted from 1; k is 60 and 10. That is
 *   reciprocal rank fusion, scaled. Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet
 *   and individual Rank Learning Methods", SIGIR 2009.
 * - `scaled`: 0.7 of the text's scores and 0.3 of the vectors', each scaled to 1 for the first hit and to nearly 0 for the
 *   last one. A list of fewer text hits than were asked for holds all that have a word of the query, and is scaled from a
 *   score of 0. Source: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
 */
export function fuse(
  lists: RankedLists,
  method: FusionMethod,
  { limit, depth = fusionDepth(limit) }: { limit: number; depth?: number },
): ScoredChunk[] {
  const fused = new Map<string, ScoredChunk>();
  for (const name of ["dense", "text"] as const) {
    const list = lists[name];
    const shares = methods[method](list, { name, isCut: list.length >= depth });
    for (const [index, { chunk, scores }] of list.entries()) {
      const known = fused.get(chunk.id);
      fused.set(chunk.id, {
        chunk: known?.chunk ?? chunk,
        // Sums of weights may exceed 1 by rounding.
        score: Math.min(1, (known?.score ?? 0) + (shares[index] ?? 0)),
        scores: { dense: known?.scores.dense ?? scores.dense, text: known?.scores.text ?? scores.text },
      });
    }
  }
  return bestFirst([...fused.values()]).slice(0, limit);
}

function byRank(k: number): Shares {
  return (list) => list.map((_, index) => (0.5 * (k + 1)) / (k + index + 1));
}

function byScore(list: readonly ScoredChunk[], { name, isCut }: ListFacts): number[] {
  const best = list[0]?.score ?? 0;
  // BM25 begins at 0, and a similarity anywhere.
  const range = best - (name === "text" && !isCut ? 0 : (list.at(-1)?.score ?? 0));
  return list.map(({ score }) => {
    const share = range <= 0 ? 1 : 1 - (best - score) / range;
    return weights[name] * (lastShare + (1 - lastShare) * share);
  });
}

/** Sorts hits in place, best first. Equal scores are ordered by id, so that the same question gives the same answer. */
export function bestFirst(hits: ScoredChunk[]): ScoredChunk[] {
  return hits.sort((a, b) => b.score - a.score || (a.chunk.id < b.chunk.id ? -1 : 1));
}
