/**
 * Bootstrap over questions: how far a mean, or a difference of means, would vary with other questions of the same kind.
 * The random numbers are seeded, so that the same figures give the same interval.
 *
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993 (percentile intervals); Sakai, "Evaluating
 * evaluation metrics based on the bootstrap", SIGIR 2006 (its use on paired runs).
 */

/** 95 % of the resampled means lie between the two. */
export interface Interval {
  low: number;
  high: number;
}

const resamples = 1000;
const confidence = 0.95;
const seed = 20_040_719;

/** The interval of the mean of these values; `null` of nothing. */
export function meanInterval(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const random = randomIntegers(seed);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let drawn = 0; drawn < values.length; drawn += 1) sum += values[random(values.length)] ?? 0;
    return sum / values.length;
  }).sort((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return { low: quantile(means, tail), high: quantile(means, 1 - tail) };
}

/** The interval of a difference of two means over the same questions, and how many questions each side is better at. */
export interface PairedDifference {
  /** Mean of `right` less mean of `left`. */
  difference: number;
  interval: Interval;
  /** Questions at which `right` is better, at which it is worse, and at which both are equal. */
  wins: number;
  losses: number;
  ties: number;
}

/** Values smaller than this are rounding, not a difference. */
const epsilon = 1e-9;

/** Compares two lists of values, one a question, in the same order; `null` of nothing. */
export function pairedDifference(left: readonly number[], right: readonly number[]): PairedDifference | null {
  const differences = right.map((value, index) => value - (left[index] ?? 0));
  const interval = meanInterval(differences);
  if (interval === null) return null;
  const wins = differences.filter((value) => value > epsilon).length;
  const losses = differences.filter((value) => value < -epsilon).length;
  return {
    difference: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    interval,
    wins,
    losses,
    ties: differences.length - wins - losses,
  };
}

/** Interpolates between the two nearest of the sorted values. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? 0;
  return below + (above - below) * (position - Math.floor(position));
}

/** Random integers from 0 to `limit` - 1. Source: Marsaglia, "Xorshift RNGs", 2003, with 32 bits of state. */
function randomIntegers(start: number): (limit: number) => number {
  let state = start;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  };
}
