import type { ScoredChunk } from "../types.ts";

/** The constant of the original paper, and the default of Milvus's RRFRanker. */
export const RRF_K = 60;

/** Hits that each list brings into a fusion, at least: what is low on one list may be high on the other. */
const LEAST_DEPTH = 100;

/** How many hits each list should bring where `limit` fused ones are wanted. */
export function fusionDepth(limit: number): number {
  return Math.max(2 * limit, LEAST_DEPTH);
}

/**
 * Fuses two ranked lists, best first, into one of at most `limit` hits: a hit scores the sum over the lists of
 * 1 / (60 + rank), ranks counted from 1, and keeps its score of each list. Equal scores are ordered by id, so that the
 * result does not depend on chance.
 *
 * Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
 * Methods", SIGIR 2009.
 */
export function fuseByReciprocalRank(
  dense: readonly ScoredChunk[],
  text: readonly ScoredChunk[],
  limit: number,
): ScoredChunk[] {
  const fused = new Map<string, ScoredChunk>();
  for (const list of [dense, text]) {
    for (const [index, { chunk, scores }] of list.entries()) {
      const known = fused.get(chunk.id);
      fused.set(chunk.id, {
        chunk: known?.chunk ?? chunk,
        score: (known?.score ?? 0) + 1 / (RRF_K + index + 1),
        scores: { dense: known?.scores.dense ?? scores.dense, text: known?.scores.text ?? scores.text },
      });
    }
  }
  return bestFirst([...fused.values()]).slice(0, limit);
}

/** Sorts hits in place, best first. Equal scores are ordered by id, so that the same question gives the same answer. */
export function bestFirst(hits: ScoredChunk[]): ScoredChunk[] {
  return hits.sort((a, b) => b.score - a.score || (a.chunk.id < b.chunk.id ? -1 : 1));
}
