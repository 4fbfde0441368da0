import { setTimeout as sleep } from "node:timers/promises";

import { backoffMs } from "../util/backoff.ts";
import { ModelError } from "./model-error.ts";

/** When a failed request is sent again. */
export interface RetryPolicy {
  /** Times that one request is sent at most, the first included. */
  maxAttempts: number;
  /** The same for a request that is refused because there are too many: it is fine, and only has to wait. */
  maxThrottledAttempts: number;
  /** Upper end of the first pause; it doubles with each further one. In milliseconds. */
  baseDelayMs: number;
  maxDelayMs: number;
  /** No attempt begins later than this after the first, in milliseconds: how long the user waits for a provider. */
  maxElapsedMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 6,
  maxThrottledAttempts: 12,
  baseDelayMs: 250,
  maxDelayMs: 30_000,
  maxElapsedMs: 300_000,
};

/**
 * Milliseconds until the next attempt; `null` where there is none.
 *
 * A pause that the provider asks for is kept; else it is that of `backoffMs`.
 *
 * @param attempts times that the request was sent so far
 * @param elapsedMs since it was first sent
 * @param isServed the provider has answered other requests since: a pause beyond what is waited is not kept then
 */
export function nextDelay(
  error: ModelError,
  attempts: number,
  elapsedMs: number,
  policy: RetryPolicy = defaultRetryPolicy,
  isServed = false,
): number | null {
  if (!error.retryable) return null;
  const limit = error.kind === "rate-limit" ? policy.maxThrottledAttempts : policy.maxAttempts;
  if (attempts >= limit) return null;
  const limits = { baseMs: policy.baseDelayMs, maxMs: policy.maxDelayMs };
  const left = policy.maxElapsedMs - elapsedMs;
  if (isServed && error.retryAfterMs !== null && error.retryAfterMs > left) {
    const pause = backoffMs(attempts, limits);
    return pause > left ? null : pause;
  }
  // After a pause that the provider asks for, requests still come back spread out, not in the same instant.
  const delay = error.retryAfterMs === null ? backoffMs(attempts, limits) : error.retryAfterMs + backoffMs(1, limits);
  return elapsedMs + delay > policy.maxElapsedMs ? null : delay;
}

/** The error of a request that was sent several times and is not sent again. */
export function gaveUp(error: ModelError, attempts: number): ModelError {
  if (attempts === 1 || !error.retryable) return error;
  return new ModelError(error.kind, `${error.message.replace(/\.$/, "")}; given up after ${attempts} attempts`, {
    ...(error.hint === null ? {} : { hint: error.hint }),
    status: error.status,
    retryAfterMs: error.retryAfterMs,
    cause: error,
  });
}

/** Sends one request until it succeeds or is given up; then throws its last error. */
export async function withRetries<Result>(
  request: () => Promise<Result>,
  signal?: AbortSignal,
  policy: RetryPolicy = defaultRetryPolicy,
): Promise<Result> {
  const startedAt = performance.now();
  for (let attempts = 1; ; attempts++) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      const delay = nextDelay(error, attempts, performance.now() - startedAt, policy);
      if (delay === null) throw gaveUp(error, attempts);
      await sleep(delay, undefined, signal === undefined ? {} : { signal });
    }
  }
}
