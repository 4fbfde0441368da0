import type { Embedder } from "../../embedders/types.ts";
import { ExitCode, UserError } from "../../errors.ts";
import { createAdaptiveLimit } from "./adaptive-limit.ts";
import { defaultRetryPolicy } from "../../models/backoff.ts";
import type { RetryPolicy } from "../../models/backoff.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { ModelError } from "../../models/model-error.ts";
import { type Batch, createBatchQueue } from "./batch-queue.ts";
import type { VectorCache } from "./cache/vector-cache.ts";
import { type EmbedOutcome, createOutcomeMemory } from "./outcome-memory.ts";
import { type Entry, createRecovery } from "./recovery.ts";

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
  /** Vectors are read from it and written to it; the caller closes it. */
  cache?: VectorCache | null;
  signal?: AbortSignal;
  retry?: RetryPolicy;
  /** Called when a request waits long for its next attempt, with the milliseconds and the reason. */
  onPause?: ((milliseconds: number, reason: string) => void) | undefined;
}

/** A larger request is hardly faster, and is sent again whole when it fails. */
const defaultBatchSize = 100;
/** Milliseconds without another text after which the texts that wait are sent in a request that is not full. */
const idleMs = 100;
/** Milliseconds from which on a pause is reported to the user. */
const tellablePauseMs = 10_000;

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
  const recovery = createRecovery({
    policy,
    queue,
    limit,
    finish,
    fail,
    hasFailed: () => failure !== undefined,
    sendLater,
  });

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
      // When that many batches wait for another attempt, the provider is failing: no new text is sent.
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
      recovery.succeeded();
      options.cache?.put(texts, vectors);
      if (tokens !== null) progress.tokens = (progress.tokens ?? 0) + tokens;
      for (const [index, entry] of batch.entries.entries()) {
        finish(entry, { vector: vectors[index] as Float32Array });
      }
    } catch (error) {
      // A server without a GPU that does not answer in time has too many requests at once.
      const throttled = error instanceof ModelError && (error.kind === "rate-limit" || error.kind === "timeout");
      limit.end(ticket, throttled ? "throttled" : "failed");
      if (!failure) recovery.failed(batch, error);
    }
    pump();
  }

  function finish(entry: Entry, outcome: EmbedOutcome): void {
    progress.texts++;
    entry.settle(outcome);
    entry.suspects?.settled("vector" in outcome);
  }

  function sendLater(batch: Batch<Entry>, delay: number, reason: string): void {
    if (delay >= tellablePauseMs) options.onPause?.(delay, reason);
    const timer = setTimeout(() => {
      retryTimers.delete(timer);
      queue.addAgain(batch);
      pump();
    }, delay);
    retryTimers.add(timer);
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
