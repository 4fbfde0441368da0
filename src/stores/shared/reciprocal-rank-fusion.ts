/** The constant of the original paper, and the default of Milvus's RRFRanker. */
export const RRF_K = 60;

/**
 * Fuses ranked lists of ids, best first, into one: an id scores the sum over the lists of 1 / (60 + rank), ranks counted
 * from 1. Equal scores are ordered by id, so that the result does not depend on chance.
 *
 * Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
 * Methods", SIGIR 2009.
 */
export function fuseByReciprocalRank(lists: readonly (readonly string[])[]): { id: string; score: number }[] {
  const scores = new Map<string, number>();
  for (const list of lists) {
    for (const [index, id] of list.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (RRF_K + index + 1));
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}
