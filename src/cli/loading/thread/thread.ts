import { Worker } from "node:worker_threads";
import { UserError } from "../../../errors.ts";
import type { CutDocument, CutRequest } from "../../../pipeline/ingest/cut-document.ts";
import { type ThreadAnswer, type ThreadOrder, type ThreadSettings, errorOf } from "./messages.ts";

/** A file that waits to be cut, and whoever waits for it. */
export interface Job {
  request: CutRequest;
  resolve(document: CutDocument): void;
  reject(error: unknown): void;
}

/** What one file may take. */
export interface FileLimits {
  /** For a file of so many bytes. */
  milliseconds(bytes: number): number;
  /** Of JavaScript's memory, in 2^20 bytes. */
  megabytes: number;
}

/** Room for new objects. Node gives each thread three times as much, which does not make it faster. */
const youngMegabytes = 16;

/** A thread that cuts files in their order, one at a time. */
export interface LoadingThread {
  readonly isReady: boolean;
  /** Files that it was given and has not answered. */
  readonly jobs: readonly Job[];
  take(job: Job): void;
  /** Lets it end once it has done what it was given. */
  rest(): void;
  /** Ends it at once. What it was given is not answered any more. */
  end(): Promise<void>;
}

export interface ThreadOptions {
  /** The script of the thread. */
  entry: string;
  settings: ThreadSettings;
  limits: FileLimits;
  /** It can take more. */
  onFree(): void;
  /** The thread has ended. `left`: jobs without an answer; `fault`: why it ended. */
  onEnd(left: Job[], fault: unknown): void;
}

/**
 * Starts a thread. A file that exceeds a limit, or ends the thread in another way, is rejected with `UserError`
 * `loader-timeout` or `loader-out-of-memory`, or with what ended it; the thread is then gone, and no other file with it.
 */
export function startThread({ entry, settings, limits, onFree, onEnd }: ThreadOptions): LoadingThread {
  const worker = new Worker(entry, {
    workerData: settings,
    resourceLimits: { maxOldGenerationSizeMb: limits.megabytes, maxYoungGenerationSizeMb: youngMegabytes },
    // Libraries may write to the console: that must not mix with the results of the tool.
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const jobs: Job[] = [];
  let isReady = false;
  let isOver = false;
  let orders = 0;
  let timer: NodeJS.Timeout | undefined;
  let fault: unknown = new Error("the thread that read the file ended by itself");

  /** The file at work is the first; those behind it go to another thread. */
  const fail = (error: unknown): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    const [first, ...left] = jobs;
    first?.reject(error);
    onEnd(left, error);
  };
  const watch = (): void => {
    clearTimeout(timer);
    const [job] = jobs;
    if (job === undefined) return;
    const limit = limits.milliseconds(job.request.bytes.length);
    timer = setTimeout(() => {
      // This thread may have been too busy to take the answer, which then comes first.
      setImmediate(() => {
        if (jobs[0] !== job || isOver) return;
        fail(tooSlow(limit));
        void worker.terminate();
      });
    }, limit);
  };

  worker.on("message", (answer: ThreadAnswer) => {
    if (isOver) return;
    if (answer.kind === "ready") {
      isReady = true;
    } else {
      const job = jobs.shift();
      if (answer.kind === "cut") job?.resolve(answer.document);
      else job?.reject(errorOf(answer.failure));
      watch();
    }
    onFree();
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    fault = error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooLarge(limits.megabytes) : error;
  });
  worker.on("exit", () => fail(fault));

  const order = (message: ThreadOrder): void => worker.postMessage(message, []);
  return {
    get isReady() {
      return isReady;
    },
    jobs,
    take(job) {
      jobs.push(job);
      // Copied, not moved: another thread may need it yet.
      order({ id: orders++, ...job.request });
      if (jobs.length === 1) watch();
    },
    rest() {
      order(null);
      worker.unref();
    },
    async end() {
      isOver = true;
      clearTimeout(timer);
      await worker.terminate();
    },
  };
}

function tooSlow(milliseconds: number): UserError {
  return new UserError("loader-timeout", `reading the file took more than ${Math.round(milliseconds / 1000)} s`, {
    hint: "split it, or leave it out with --exclude",
  });
}

function tooLarge(megabytes: number): UserError {
  return new UserError("loader-out-of-memory", `reading the file takes more than ${megabytes} MB of memory`, {
    hint: "split it, or leave it out with --exclude",
  });
}
