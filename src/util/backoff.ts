/**
 * Milliseconds to wait before the next attempt: exponential backoff with full jitter, so that requests that failed
 * together do not come back together. `attempts`: how often the request was sent so far, 1 or more. The wait is random,
 * from 0 to `baseMs` after the first attempt; that limit doubles with each further attempt, up to `maxMs`.
 *
 * Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempts: number, { baseMs, maxMs }: { baseMs: number; maxMs: number }): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** (attempts - 1));
}
