/** Milliseconds of work before its rate is used for an estimate. The loading of a model is not counted. */
const soonestMs = 4_000;
/** Milliseconds of the past that the rate is taken from. */
const windowMs = 10_000;
/** The rates of the two halves of the window differ by this factor at most; else the rate tells nothing yet. */
const steadiness = 2;

interface Sample {
  elapsedMs: number;
  done: number;
}

/**
 * Estimates how many milliseconds are left, from calls with the time that has passed and what is done of the whole.
 * `null` as long as there is nothing to rely on: within four seconds of the first result, at a rate that still changes, and
 * at the end.
 */
export function createEstimate(): (elapsedMs: number, done: number, total: number) => number | null {
  let samples: Sample[] = [];
  let first: Sample | null = null;
  return (elapsedMs, done, total) => {
    if (done <= 0 || done >= total) return null;
    first ??= { elapsedMs, done };
    samples = [...samples.filter((sample) => elapsedMs - sample.elapsedMs <= windowMs), { elapsedMs, done }];
    if (elapsedMs - first.elapsedMs < soonestMs) return null;
    const oldest = samples[0] ?? first;
    const middle = samples.findLast((sample) => sample.elapsedMs <= (oldest.elapsedMs + elapsedMs) / 2) ?? oldest;
    const rate = rateBetween(oldest, { elapsedMs, done });
    const [early, late] = [rateBetween(oldest, middle), rateBetween(middle, { elapsedMs, done })];
    if (rate <= 0 || Math.max(early, late) > steadiness * Math.min(early, late)) return null;
    return (total - done) / rate;
  };
}

/** Units a millisecond. */
function rateBetween(from: Sample, to: Sample): number {
  return to.elapsedMs > from.elapsedMs ? (to.done - from.done) / (to.elapsedMs - from.elapsedMs) : 0;
}
