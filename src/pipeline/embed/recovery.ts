import { type RetryPolicy, gaveUp, nextDelay } from "../../models/backoff.ts";
import { ModelError, type ModelErrorKind } from "../../models/model-error.ts";
import type { AdaptiveLimit } from "./adaptive-limit.ts";
import type { Batch, BatchQueue } from "./batch-queue.ts";
import type { EmbedOutcome } from "./outcome-memory.ts";
import { SuspectGroup } from "./suspects.ts";

/** Failures that a single text of the request can cause: a content filter refuses it, or the model fails on it. */
const textualKinds: ReadonlySet<ModelErrorKind> = new Set(["invalid-request", "server", "bad-response"]);
/** The longest pause that holds for every request, milliseconds. */
const longestSharedPauseMs = 60_000;
/** How often each part of a failed request is sent. */
const suspectAttempts = 2;

/** A text on its way. */
export interface Entry {
  text: string;
  tokens: number;
  settle(outcome: EmbedOutcome): void;
  /** The texts of the failed request that this one was in. */
  suspects?: SuspectGroup<Entry>;
}

export interface RecoveryParts {
  policy: RetryPolicy;
  queue: BatchQueue<Entry>;
  limit: AdaptiveLimit;
  /** A text has its outcome. */
  finish(entry: Entry, outcome: EmbedOutcome): void;
  /** The provider failed for good: so does everything that waits. */
  fail(error: Error): void;
  hasFailed(): boolean;
  /** Sends a batch again in so many milliseconds. */
  sendLater(batch: Batch<Entry>, delay: number, reason: string): void;
}

/** What becomes of a request that failed. */
export interface Recovery {
  /** A request got its vectors: the provider is up. */
  succeeded(): void;
  /** Sends the texts again, at once or later, whole or in parts; or reports those at fault; or fails for good. */
  failed(batch: Batch<Entry>, error: unknown): void;
}

export function createRecovery({ policy, queue, limit, finish, fail, hasFailed, sendLater }: RecoveryParts): Recovery {
  /** Milliseconds of `performance.now()`. */
  let lastSuccessAt = Number.NEGATIVE_INFINITY;

  function failed(batch: Batch<Entry>, error: unknown): void {
    if (!(error instanceof ModelError)) {
      fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (error.kind === "too-long") {
      queue.addAgain(...splitOff(batch, error));
      return;
    }
    if (error.kind === "too-many" && batch.entries.length > 1) {
      queue.halve(batch);
      queue.addAgain(batch);
      return;
    }
    const isServed = lastSuccessAt > batch.startedAt;
    const delay = nextDelay(error, batch.attempts, performance.now() - batch.startedAt, policy, isServed);
    if (delay === null) {
      const final = gaveUp(error, batch.attempts);
      if (!isolate(batch, final)) fail(final);
      return;
    }
    if (error.kind === "timeout") queue.halve(batch);
    // The provider's pause holds for every request; a long one for this one alone, while others try their luck.
    if (error.kind === "rate-limit" && error.retryAfterMs !== null) {
      limit.pause(Math.min(error.retryAfterMs, longestSharedPauseMs));
    }
    sendLater(batch, delay, error.message);
  }

  /**
   * Sends a request that failed for good again in two halves, and these in halves, until the text at fault is known;
   * `false` where no single text can be at fault.
   */
  function isolate({ entries, attempts, startedAt }: Batch<Entry>, error: ModelError): boolean {
    // A server that fails at everything is down.
    if (error.kind === "server" && lastSuccessAt < startedAt && entries[0]?.suspects === undefined) return false;
    const group = entries[0]?.suspects ?? suspectsOf(entries, error);
    if (group === null) return false;
    group.failed(entries, error);
    if (hasFailed() || entries.length === 1) return true;
    const sent = Math.max(0, Math.min(attempts, policy.maxAttempts - suspectAttempts));
    for (const part of halvesOf(entries)) {
      queue.addAgain({ entries: part, attempts: sent, startedAt: performance.now() });
    }
    return true;
  }

  function suspectsOf(entries: readonly Entry[], { kind }: ModelError): SuspectGroup<Entry> | null {
    if (entries.length === 1 || !textualKinds.has(kind)) return null;
    const group = new SuspectGroup<Entry>(entries.length, {
      textFailed(entry, { message }) {
        delete entry.suspects;
        finish(entry, { error: message });
      },
      allFailed: fail,
    });
    for (const entry of entries) entry.suspects = group;
    return group;
  }

  /** Reports the text that is too long and returns the others; two halves where the provider does not say which it is. */
  function splitOff({ entries }: Batch<Entry>, error: ModelError): Batch<Entry>[] {
    const index = entries.length === 1 ? 0 : error.inputIndex;
    const culprit = index === null ? undefined : entries[index];
    if (culprit) finish(culprit, { error: error.message });
    const parts = culprit ? [entries.filter((entry) => entry !== culprit)] : halvesOf(entries);
    return parts
      .filter((part) => part.length > 0)
      .map((part) => ({ entries: part, attempts: 0, startedAt: performance.now() }));
  }

  return { failed, succeeded: () => void (lastSuccessAt = performance.now()) };
}

function halvesOf(entries: readonly Entry[]): [Entry[], Entry[]] {
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)];
}
