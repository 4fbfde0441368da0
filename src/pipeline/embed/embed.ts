import type { Embedder } from "../../embedders/types.ts";
import { ExitCode, UserError } from "../../errors.ts";
import { createAdaptiveLimit } from "./adaptive-limit.ts";
import { defaultRetryPolicy, gaveUp, nextDelay } from "../../models/backoff.ts";
import type { RetryPolicy } from "../../models/backoff.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { ModelError } from "../../models/model-error.ts";
import type { ModelErrorKind } from "../../models/model-error.ts";
import { SuspectGroup } from "../ingest/suspects.ts";

/** A text's vector, or why this one text has none. */
export type EmbedOutcome = { vector: Float32Array } | { error: string };

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
  signal?: AbortSignal;
  retry?: RetryPolicy;
}

/** More gains little, and a request that fails is sent again whole. */
const defaultBatchSize = 100;
/** After so long without another text, what waits is sent though it fills no request; in milliseconds. */
const idleMs = 100;
/** What fails in one of these ways may do so for the sake of a single text: a filter's, or a model's that chokes on it. */
const textualKinds: ReadonlySet<ModelErrorKind> = new Set(["invalid-request", "server", "bad-response"]);
/** Times that a part of a failed request is sent. */
const suspectAttempts = 2;
/** Outcomes that are kept for texts that come again, e.g. a licence at the end of every page. */
const rememberedTexts = 512;

/** A text on its way. */
interface Entry {
  text: string;
  tokens: number;
  settle(outcome: EmbedOutcome): void;
  /** Those that it failed with. */
  suspects?: SuspectGroup<Entry>;
}

/** Texts that travel in one request. */
interface Batch {
  entries: Entry[];
  attempts: number;
  /** Of its first attempt; milliseconds of `performance.now()`. */
  startedAt: number;
}

/** The one place for batching, concurrency and retry. */
export function createEmbedPool(embedder: Embedder, options: EmbedPoolOptions): EmbedPool {
  const policy = options.retry ?? defaultRetryPolicy;
  /** Less, once the provider has refused as many, or was too slow for them. */
  let batchSize = Math.min(options.batchSize ?? defaultBatchSize, embedder.limits.maxBatch);
  const maxTokens = embedder.limits.maxTokensPerBatch;
  const limit = createAdaptiveLimit(options.concurrency);
  const stop = new AbortController();
  const memory = createOutcomeMemory();
  const progress = { texts: 0, tokens: null as number | null, requests: 0, retries: 0 };

  let lastSuccessAt = Number.NEGATIVE_INFINITY;

  const waiting: Entry[] = [];
  let waitingTokens = 0;
  /** How many of the waiting texts go without filling a request. */
  let flushing = 0;
  /** Batches to send before any text that waits: they failed, or are parts of one that did. */
  const ready: Batch[] = [];
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
    waiting.length = ready.length = 0;
    for (const reject of rejectCallers) reject(error);
  }

  function interrupt(): void {
    fail(new UserError("interrupted", "embedding was interrupted", { exitCode: ExitCode.interrupted }));
  }

  function enqueue(text: string): Promise<EmbedOutcome> {
    return new Promise((resolve) => {
      const tokens = estimateTokens(text);
      waiting.push({ text, tokens, settle: resolve });
      waitingTokens += tokens;
    });
  }

  /** The next batch to send; `undefined`: what waits fills none. */
  function nextBatch(): Batch | undefined {
    const again = ready.shift();
    if (again) return headOf(again);
    const full = waiting.length >= batchSize || waitingTokens >= maxTokens;
    if (waiting.length === 0 || (!full && flushing === 0)) return undefined;
    // A provider that fails at everything is not sent everything.
    if (retryTimers.size >= options.concurrency) return undefined;
    let count = 0;
    let tokens = 0;
    for (const entry of waiting) {
      if (count === batchSize || (count > 0 && tokens + entry.tokens > maxTokens)) break;
      tokens += entry.tokens;
      count++;
    }
    waitingTokens -= tokens;
    flushing = Math.max(0, flushing - count);
    return { entries: waiting.splice(0, count), attempts: 0, startedAt: performance.now() };
  }

  /** As much of a batch as may be sent now; its rest is next. */
  function headOf(batch: Batch): Batch {
    if (batch.entries.length <= batchSize) return batch;
    // The time that one part waits for another is not its own.
    const startedAt = performance.now();
    ready.unshift({ ...batch, startedAt, entries: batch.entries.slice(batchSize) });
    return { ...batch, startedAt, entries: batch.entries.slice(0, batchSize) };
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
      const batch = nextBatch();
      if (!batch) return;
      void send(batch);
    }
  }

  async function send(batch: Batch): Promise<void> {
    const ticket = limit.begin();
    batch.attempts++;
    progress.requests++;
    if (batch.attempts > 1) progress.retries++;
    try {
      const texts = batch.entries.map((entry) => entry.text);
      const { vectors, tokens } = await embedder.embed(texts, stop.signal);
      limit.end(ticket, "succeeded");
      lastSuccessAt = performance.now();
      if (tokens !== null) progress.tokens = (progress.tokens ?? 0) + tokens;
      for (const [index, entry] of batch.entries.entries()) {
        finish(entry, { vector: vectors[index] as Float32Array });
      }
    } catch (error) {
      // A server that does not answer in time works on too much at once, as most do that have no GPU.
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

  function recover(batch: Batch, error: unknown): void {
    if (failure) return;
    if (!(error instanceof ModelError)) {
      fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (error.kind === "too-long") {
      ready.push(...splitOff(batch, error));
      return;
    }
    if (error.kind === "too-many" && batch.entries.length > 1) {
      halve(batch);
      ready.push(batch);
      return;
    }
    const delay = nextDelay(error, batch.attempts, performance.now() - batch.startedAt, policy);
    if (delay === null) {
      const final = gaveUp(error, batch.attempts);
      if (!isolate(batch, final)) fail(final);
      return;
    }
    if (error.kind === "timeout") halve(batch);
    // What the provider says about waiting holds for every request.
    if (error.kind === "rate-limit" && error.retryAfterMs !== null) limit.pause(error.retryAfterMs);
    const timer = setTimeout(() => {
      retryTimers.delete(timer);
      ready.push(batch);
      pump();
    }, delay);
    retryTimers.add(timer);
  }

  /**
   * Tries a request that failed for good in two halves, and so on, until it is known which text is at fault; `false`
   * where no single text can be.
   */
  function isolate({ entries, attempts, startedAt }: Batch, error: ModelError): boolean {
    // A server that fails at everything is down.
    if (error.kind === "server" && lastSuccessAt < startedAt && entries[0]?.suspects === undefined) return false;
    const group = entries[0]?.suspects ?? suspectsOf(entries, error);
    if (group === null) return false;
    group.failed(entries, error);
    if (failure || entries.length === 1) return true;
    const middle = Math.ceil(entries.length / 2);
    const sent = Math.max(0, Math.min(attempts, policy.maxAttempts - suspectAttempts));
    for (const part of [entries.slice(0, middle), entries.slice(middle)]) {
      ready.push({ entries: part, attempts: sent, startedAt: performance.now() });
    }
    return true;
  }

  function suspectsOf(entries: readonly Entry[], { kind }: ModelError): SuspectGroup<Entry> | null {
    if (entries.length === 1 || !textualKinds.has(kind)) return null;
    const group = new SuspectGroup<Entry>(entries.length, {
      condemn(entry, { message }) {
        delete entry.suspects;
        finish(entry, { error: message });
      },
      acquit: fail,
    });
    for (const entry of entries) entry.suspects = group;
    return group;
  }

  /** No request from now on, this batch's included, is more than half as large. */
  function halve({ entries }: Batch): void {
    batchSize = Math.max(1, Math.min(batchSize, Math.floor(entries.length / 2)));
  }

  /** Reports the text that is too long and returns the others; two halves where the provider does not say which it is. */
  function splitOff({ entries }: Batch, error: ModelError): Batch[] {
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
    flushing = waiting.length;
    pump();
  }

  if (options.signal?.aborted) interrupt();
  options.signal?.addEventListener("abort", interrupt, { once: true });

  return {
    flush,
    window: 2 * options.concurrency * batchSize,
    embed(texts) {
      if (failure) return Promise.reject(failure);
      const outcomes = texts.map((text): EmbedOutcome | Promise<EmbedOutcome> => {
        if (!/\S/.test(text)) return { error: "the text is empty" };
        const prefixed = options.prefix + text;
        return memory.get(prefixed) ?? memory.set(prefixed, enqueue(prefixed));
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

/** Texts under way, and the last that are done: enough for repeated passages, and no more as a corpus grows. */
function createOutcomeMemory() {
  const underWay = new Map<string, Promise<EmbedOutcome>>();
  const done = new Map<string, EmbedOutcome>();
  return {
    get(text: string): EmbedOutcome | Promise<EmbedOutcome> | undefined {
      return done.get(text) ?? underWay.get(text);
    },
    set(text: string, outcome: Promise<EmbedOutcome>): Promise<EmbedOutcome> {
      const remembered = outcome.then((settled) => {
        underWay.delete(text);
        done.set(text, settled);
        const oldest = done.size > rememberedTexts ? done.keys().next().value : undefined;
        if (oldest !== undefined) done.delete(oldest);
        return settled;
      });
      underWay.set(text, remembered);
      return remembered;
    },
  };
}
