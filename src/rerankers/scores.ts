/** The logistic function: the probability that a logit stands for. */
export function probability(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/**
 * Scores of one answer as 0 to 1, in the same order. Some models answer with probabilities, others of the same server
 * with logits, and no field tells which: one score outside of 0 to 1 makes logits of them all.
 */
export function unitScores(scores: readonly number[]): number[] {
  return scores.every((score) => score >= 0 && score <= 1) ? [...scores] : scores.map(probability);
}
