import type { Embedder } from "../../embedders/types.ts";
import { ExitCode, UserError } from "../../errors.ts";
import { createAdaptiveLimit } from "./adaptive-limit.ts";
import { defaultRetryPolicy, gaveUp, nextDelay } from "../../models/backoff.ts";
import type { RetryPolicy } from "../../models/backoff.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { ModelError } from "../../models/model-error.ts";
import type { ModelErrorKind } from "../../models/model-error.ts";
import { type Batch, createBatchQueue } from "./batch-queue.ts";
import type { VectorCache } from "./cache/vector-cache.ts";
import { type EmbedOutcome, createOutcomeMemory } from "./outcome-memory.ts";
import { SuspectGroup } from "./suspects.ts";

export interface EmbedProgress {
  /** Texts that are done; equal texts count once. */
  texts: number;
  /** As the provider counted them; `null` where it does not say. */
  tokens: number | null;
  requests: number;
  /** Requests that were sent again. */
  retries: number;
  /** So far; `null` where the price or the tokens are not known. */
  costUsd: number | null;
}

/** Embeds texts of many callers in full requests. */
export interface EmbedPool {
  /**
   * Queues texts; the result is in their order. Requests are filled across calls and sent when they are full, on
   * `flush`, or when no more texts came for a moment. Equal texts are embedded once. Rejects with a `UserError` when
   * the provider finally fails (exit code 4) or the signal aborts (130); every later call then does too.
   */
  embed(texts: readonly string[]): Promise<EmbedOutcome[]>;
  /** Sends what waits for a full request now. */
  flush(): void;
  /** Texts that a caller should have queued to keep every request full and none waiting. */
  readonly window: number;
  readonly progress: EmbedProgress;
}

export interface EmbedPoolOptions {
  /** Requests under way at most. */
  concurrency: number;
  /** Texts in a request; never more than the model takes. */
  batchSize?: number;
  /** Put before every text. */
  prefix: string;
  /** What was embedded before is taken from it, and what is embedded is put into it; the caller closes it. */
  cache?: VectorCache | null;
  signal?: AbortSignal;
  retry?: RetryPolicy;
  /** Told of a request that waits long for its next attempt: milliseconds, and why. */
  onPause?: ((milliseconds: number, reason: string) => void) | undefined;
}

/** A larger request is hardly faster, and is sent again whole when it fails. */
const defaultBatchSize = 100;
/** Milliseconds without another text after which the texts that wait are sent in a request that is not full. */
const idleMs = 100;
/** Failures that a single text of the request can cause: a content filter refuses it, or the model fails on it. */
const textualKinds: ReadonlySet<ModelErrorKind> = new Set(["invalid-request", "server", "bad-response"]);
/** Milliseconds. */
const longestSharedPauseMs = 60_000;
const tellablePauseMs = 10_000;
/** How often each part of a failed request is sent. */
const suspectAttempts = 2;

/** A text on its way. */
interface Entry {
  text: string;
  tokens: number;
  settle(outcome: EmbedOutcome): void;
  /** The texts of the failed request that this one was in. */
  suspects?: SuspectGroup<Entry>;
}

/** The one place for batching, concurrency and retry. */
export function createEmbedPool(embedder: Embedder, options: EmbedPoolOptions): EmbedPool {
  const policy = options.retry ?? defaultRetryPolicy;
  const queue = createBatchQueue<Entry>(
    Math.min(options.batchSize ?? defaultBatchSize, embedder.limits.maxBatch),
    embedder.limits.maxTokensPerBatch,
  );
  const limit = createAdaptiveLimit(options.concurrency);
  const stop = new AbortController();
  const memory = createOutcomeMemory();
  const progress = { texts: 0, tokens: null as number | null, requests: 0, retries: 0 };

  let lastSuccessAt = Number.NEGATIVE_INFINITY;

  let failure: Error | undefined;
  const rejectCallers = new Set<(error: Error) => void>();
  let idleTimer: NodeJS.Timeout | undefined;
  let wakeTimer: NodeJS.Timeout | undefined;
  const retryTimers = new Set<NodeJS.Timeout>();

  function fail(error: Error): void {
    if (failure) return;
    failure = error;
    stop.abort(error);
    for (const timer of [idleTimer, wakeTimer, ...retryTimers]) clearTimeout(timer);
    queue.clear();
    for (const reject of rejectCallers) reject(error);
  }

  function interrupt(): void {
    fail(new UserError("interrupted", "embedding was interrupted", { exitCode: ExitCode.interrupted }));
  }

  function cached(text: string): EmbedOutcome | undefined {
    const vector = options.cache?.get(text) ?? null;
    return vector === null ? undefined : { vector, cached: true };
  }

  function enqueue(text: string): Promise<EmbedOutcome> {
    return new Promise((resolve) => queue.add({ text, tokens: estimateTokens(text), settle: resolve }));
  }

  function pump(): void {
    for (;;) {
      const wait = failure ? null : limit.wait();
      if (wait === null) return;
      if (wait > 0) {
        clearTimeout(wakeTimer);
        wakeTimer = setTimeout(pump, Math.ceil(wait));
        return;
      }
      // While so many batches wait for their next attempt, the provider fails at everything: no new text is sent.
      const batch = queue.next(retryTimers.size >= options.concurrency);
      if (!batch) return;
      void send(batch);
    }
  }

  async function send(batch: Batch<Entry>): Promise<void> {
    const ticket = limit.begin();
    batch.attempts++;
    progress.requests++;
    if (batch.attempts > 1) progress.retries++;
    try {
      const texts = batch.entries.map((entry) => entry.text);
      const { vectors, tokens } = await embedder.embed(texts, stop.signal);
      limit.end(ticket, "succeeded");
      lastSuccessAt = performance.now();
      options.cache?.put(texts, vectors);
      if (tokens !== null) progress.tokens = (progress.tokens ?? 0) + tokens;
      for (const [index, entry] of batch.entries.entries()) {
        finish(entry, { vector: vectors[index] as Float32Array });
      }
    } catch (error) {
      // A server without a GPU that does not answer in time has too many requests at once.
      const throttled = error instanceof ModelError && (error.kind === "rate-limit" || error.kind === "timeout");
      limit.end(ticket, throttled ? "throttled" : "failed");
      recover(batch, error);
    }
    pump();
  }

  function finish(entry: Entry, outcome: EmbedOutcome): void {
    progress.texts++;
    entry.settle(outcome);
    entry.suspects?.settled("vector" in outcome);
  }

  function recover(batch: Batch<Entry>, error: unknown): void {
    if (failure) return;
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
    if (delay >= tellablePauseMs) options.onPause?.(delay, error.message);
    const timer = setTimeout(() => {
      retryTimers.delete(timer);
      queue.addAgain(batch);
      pump();
    }, delay);
    retryTimers.add(timer);
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
    if (failure || entries.length === 1) return true;
    const middle = Math.ceil(entries.length / 2);
    const sent = Math.max(0, Math.min(attempts, policy.maxAttempts - suspectAttempts));
    for (const part of [entries.slice(0, middle), entries.slice(middle)]) {
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
    const middle = Math.ceil(entries.length / 2);
    let parts = [entries.slice(0, middle), entries.slice(middle)];
    if (culprit) {
      finish(culprit, { error: error.message });
      parts = [entries.filter((entry) => entry !== culprit)];
    }
    return parts
      .filter((part) => part.length > 0)
      .map((part) => ({ entries: part, attempts: 0, startedAt: performance.now() }));
  }

  function flush(): void {
    clearTimeout(idleTimer);
    queue.flush();
    pump();
  }

  if (options.signal?.aborted) interrupt();
  options.signal?.addEventListener("abort", interrupt, { once: true });

  return {
    flush,
    window: 2 * options.concurrency * queue.batchSize,
    embed(texts) {
      if (failure) return Promise.reject(failure);
      const outcomes = texts.map((text): EmbedOutcome | Promise<EmbedOutcome> => {
        if (!/\S/.test(text)) return { error: "the text is empty" };
        const prefixed = options.prefix + text;
        return memory.get(prefixed) ?? cached(prefixed) ?? memory.set(prefixed, enqueue(prefixed));
      });
      clearTimeout(idleTimer);
      idleTimer = setTimeout(flush, idleMs);
      pump();
      let rejectCaller: ((error: Error) => void) | undefined;
      const failed = new Promise<never>((_, reject) => {
        rejectCaller = reject;
        rejectCallers.add(reject);
      });
      return Promise.race([Promise.all(outcomes), failed]).finally(() => rejectCallers.delete(rejectCaller!));
    },
    get progress() {
      const { tokens } = progress;
      const price = embedder.pricePerMillionTokens;
      return { ...progress, costUsd: tokens === null || price === null ? null : (tokens * price) / 1e6 };
    },
  };
}
