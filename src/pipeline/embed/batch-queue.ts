/** Texts that travel in one request. */
export interface Batch<Entry> {
  entries: Entry[];
  /** Times that it was sent. */
  attempts: number;
  /** Of its first attempt; milliseconds of `performance.now()`. */
  startedAt: number;
}

/** Makes requests of texts that wait, in their order. */
export interface BatchQueue<Entry> {
  /** Texts in a request at most. */
  readonly batchSize: number;
  add(entry: Entry): void;
  /** Sends a batch, or parts of one, again: before any text that waits. */
  addAgain(...batches: Batch<Entry>[]): void;
  /**
   * The next batch to send; `undefined` where the texts that wait fill none.
   *
   * @param onlyAgain leave texts that were not sent yet
   */
  next(onlyAgain: boolean): Batch<Entry> | undefined;
  /** Sends the waiting texts even if they do not fill a request. */
  flush(): void;
  /** No request from now on, this batch included, is more than half as large as the batch. */
  halve(batch: Batch<Entry>): void;
  clear(): void;
}

/** `maxTokens`: of all texts in a request together; a larger text travels alone. */
export function createBatchQueue<Entry extends { tokens: number }>(
  maximum: number,
  maxTokens: number,
): BatchQueue<Entry> {
  let batchSize = maximum;
  const waiting: Entry[] = [];
  let waitingTokens = 0;
  /** How many of the waiting texts go without filling a request. */
  let flushing = 0;
  const again: Batch<Entry>[] = [];

  /** As much of a batch as one request takes; the rest is next. */
  function headOf(batch: Batch<Entry>): Batch<Entry> {
    if (batch.entries.length <= batchSize) return batch;
    // The clock starts anew: the second part waits for the first.
    const startedAt = performance.now();
    again.unshift({ ...batch, startedAt, entries: batch.entries.slice(batchSize) });
    return { ...batch, startedAt, entries: batch.entries.slice(0, batchSize) };
  }

  return {
    get batchSize() {
      return batchSize;
    },
    add(entry) {
      waiting.push(entry);
      waitingTokens += entry.tokens;
    },
    addAgain(...batches) {
      again.push(...batches);
    },
    next(onlyAgain) {
      const failed = again.shift();
      if (failed) return headOf(failed);
      const isFull = waiting.length >= batchSize || waitingTokens >= maxTokens;
      if (onlyAgain || waiting.length === 0 || (!isFull && flushing === 0)) return undefined;
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
    },
    flush() {
      flushing = waiting.length;
    },
    halve({ entries }) {
      batchSize = Math.max(1, Math.min(batchSize, Math.floor(entries.length / 2)));
    },
    clear() {
      waiting.length = again.length = waitingTokens = flushing = 0;
    },
  };
}
