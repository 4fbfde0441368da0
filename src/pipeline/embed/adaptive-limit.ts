/** How many requests may be under way; see `createAdaptiveLimit`. */
export interface AdaptiveLimit {
  /** Milliseconds until a request may begin; 0: now, `null`: when one that is under way has ended. */
  wait(): number | null;
  /** Call when a request begins; the result goes to `end`. */
  begin(): number;
  end(ticket: number, result: "succeeded" | "throttled" | "failed"): void;
  /** Begin nothing for this long. */
  pause(milliseconds: number): void;
}

/**
 * Additive increase, multiplicative decrease: a provider that says "too many requests" halves the number of requests
 * under way, once for all that were under way together, and each that succeeds brings back one place.
 */
export function createAdaptiveLimit(maximum: number): AdaptiveLimit {
  let limit = maximum;
  let inFlight = 0;
  let pausedUntil = 0;
  /** Counts the halvings; a request that began before the last one says nothing about the limit since. */
  let era = 0;

  return {
    wait() {
      if (inFlight >= Math.floor(limit)) return null;
      return Math.max(0, pausedUntil - performance.now());
    },
    begin() {
      inFlight++;
      return era;
    },
    end(ticket, result) {
      inFlight--;
      if (result === "succeeded") limit = Math.min(maximum, limit + 1);
      if (result === "throttled" && ticket === era) {
        limit = Math.max(1, limit / 2);
        era++;
      }
    },
    pause(milliseconds) {
      pausedUntil = Math.max(pausedUntil, performance.now() + milliseconds);
    },
  };
}
