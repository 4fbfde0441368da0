import type { CutDocument, CutRequest, DocumentCutter } from "../../pipeline/ingest/cut-document.ts";
import type { ThreadSettings } from "./thread/messages.ts";
import { type FileLimits, type Job, type LoadingThread, startThread } from "./thread/thread.ts";

export interface ThreadedCutterOptions {
  /** The script that threads run. */
  entry: string;
  settings: ThreadSettings;
  /** Threads at the same time, at most. */
  threads: number;
  limits: FileLimits;
  /**
   * Bytes of quick files after which one more thread is started for those that follow. Each loads and compiles everything
   * anew, which a short ingest never gets back.
   */
  bytesForThread: number;
  /** Whether a file may be cut in this thread: it cannot take long, whatever is in it. */
  isQuick(request: CutRequest): boolean;
  /** Whether the loader of a file starts threads of its own. */
  startsThreads(request: CutRequest): boolean;
  /** Cuts a file in this thread. */
  cutHere(request: CutRequest): Promise<CutDocument>;
}

export interface ThreadedCutter extends DocumentCutter {
  /** Ends the threads at once, and begins no other file. What was not cut until then stays without an answer. */
  close(): Promise<void>;
}

/** Quick files that a thread is given ahead, so that it need not wait for this one. */
const quickFilesAhead = 8;
const quickBytesAhead = 256 * 1024;

/**
 * Cuts files in threads: one is started for each file that is not quick, up to their number. Quick files are cut in this
 * thread as well, and alone in an ingest that has not yet had many of them.
 */
export function threadedCutter(options: ThreadedCutterOptions): ThreadedCutter {
  const { isQuick, startsThreads, cutHere, entry, settings, limits } = options;
  const queue: Job[] = [];
  /** A loader with a thread of its own uses two cores, and both threads hold the library: half as many are enough. */
  const threadsForWide = Math.max(1, Math.floor(options.threads / 2));
  /** Threads that have loaded such a file: they keep its library in memory. */
  const wide = new WeakSet<LoadingThread>();
  let threads: LoadingThread[] = [];
  let isCuttingHere = false;
  let isClosed = false;
  /** Bytes of quick files so far. */
  let quickBytes = 0;

  function start(): void {
    const thread = startThread({
      entry,
      settings,
      limits,
      onFree: pump,
      onEnd(left, fault) {
        threads = threads.filter((other) => other !== thread);
        queue.unshift(...left);
        // A thread that failed to start would fail again.
        if (!thread.isReady) for (const job of queue.splice(0)) job.reject(fault);
        pump();
      },
    });
    threads.push(thread);
  }

  function pump(): void {
    if (isClosed) return;
    for (let at = 0; at < queue.length;) {
      const job = queue[at]!;
      const thread = freeThread(job);
      if (thread === undefined) {
        at += 1;
        continue;
      }
      if (startsThreads(job.request)) wide.add(thread);
      queue.splice(at, 1);
      thread.take(job);
    }
    const starting = threads.filter(({ isReady }) => !isReady).length;
    for (let more = threadsWanted() - starting; more > 0 && threads.length < options.threads; more--) start();
    if (isCuttingHere) return;
    const next = queue.findIndex(({ request }) => isQuick(request));
    if (next !== -1) void runHere(queue.splice(next, 1)[0]!);
  }

  /** Threads to add for the files that wait: one per slow file; for quick files, all but one core. */
  function threadsWanted(): number {
    const count = (isMeant: (request: CutRequest) => boolean): number =>
      queue.filter(({ request }) => isMeant(request)).length;
    const quick = count(isQuick);
    const forWide = Math.min(count(startsThreads), Math.max(0, threadsForWide - wideThreads()));
    const forOthers = count((request) => !isQuick(request) && !startsThreads(request));
    const worthIt = Math.min(options.threads - 1, Math.floor(quickBytes / options.bytesForThread));
    return forWide + forOthers + (quick > 0 ? Math.max(0, worthIt - threads.length) : 0);
  }

  function wideThreads(): number {
    return threads.filter((thread) => wide.has(thread)).length;
  }

  /** The thread with least to do that may be given this file. */
  function freeThread(job: Job): LoadingThread | undefined {
    const quick = isQuick(job.request);
    const mayBecomeWide = wideThreads() < threadsForWide;
    const isFree = (thread: LoadingThread): boolean => {
      const { isReady, jobs } = thread;
      if (startsThreads(job.request) && !mayBecomeWide && !wide.has(thread)) return false;
      if (!isReady || jobs.length === 0) return isReady;
      if (!quick || jobs.length >= quickFilesAhead || !jobs.every(({ request }) => isQuick(request))) return false;
      return jobs.reduce((sum, { request }) => sum + request.bytes.length, 0) < quickBytesAhead;
    };
    return threads
      .filter(isFree)
      .reduce<LoadingThread | undefined>(
        (least, thread) => (least === undefined || thread.jobs.length < least.jobs.length ? thread : least),
        undefined,
      );
  }

  async function runHere({ request, resolve, reject }: Job): Promise<void> {
    isCuttingHere = true;
    await cutHere(request).then(resolve, reject);
    // Lets messages of threads and finished reads be handled in between.
    await new Promise((resume) => setImmediate(resume));
    isCuttingHere = false;
    pump();
  }

  return {
    ahead: 16 + options.threads * 2 * quickFilesAhead,
    cut: (request) =>
      new Promise((resolve, reject) => {
        if (isQuick(request)) quickBytes += request.bytes.length;
        queue.push({ request, resolve, reject });
        pump();
      }),
    rest() {
      for (const thread of threads) thread.rest();
      threads = [];
    },
    async close() {
      isClosed = true;
      queue.length = 0;
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}
