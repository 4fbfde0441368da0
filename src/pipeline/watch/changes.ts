import { type FileChange, isIgnoreFile } from "../../files/watch/watch-paths.ts";
import type { Discovery } from "../discover/discover.ts";

/** Files that changed together, by their absolute paths. */
export interface Changes {
  changed: ReadonlySet<string>;
  gone: ReadonlySet<string>;
  /** More may have changed than is known: all folders are compared. */
  isFull: boolean;
}

/** More changes at once are compared as a whole: a branch was switched, or a folder was moved. */
const mostChanges = 500;
/** As many as are removed without asking; more are for the ingest of everything to judge, which knows what stays. */
const mostGone = 10;

/** Milliseconds without a change after which those before it are taken together, and milliseconds that they wait at most. */
const quietMs = 300;
const longestMs = 3000;

/** Gathers changes until they pause, and hands them over one batch after another. */
export interface ChangeQueue {
  add(change: FileChange): void;
  /** Asks for everything to be compared, after so many milliseconds. */
  addAll(delayMs?: number): void;
  /** The next changes; resolves when they have paused. Rejects with the signal's reason on abort. */
  next(signal: AbortSignal): Promise<Changes>;
}

export function changeQueue(): ChangeQueue {
  let latest = new Map<string, boolean>();
  let isFull = false;
  /** When the first change of the batch came; `null` where there is none. */
  let firstAt: number | null = null;
  let dueAt = Infinity;
  let wake: () => void = () => {};

  const schedule = (delayMs: number): void => {
    const now = performance.now();
    const isFirst = firstAt === null;
    firstAt ??= now;
    dueAt = Math.min(now + delayMs, firstAt + Math.max(longestMs, delayMs));
    // The waiting loop checks the time by itself, so that thousands of changes wake it only once.
    if (isFirst) wake();
  };
  return {
    add({ path, isGone }) {
      latest.set(path, isGone);
      schedule(quietMs);
    },
    addAll(delayMs = 0) {
      isFull = true;
      schedule(delayMs);
    },
    async next(signal) {
      for (;;) {
        signal.throwIfAborted();
        const waitMs = dueAt - performance.now();
        if (waitMs <= 0) break;
        await new Promise<void>((resolve) => {
          const timer = waitMs === Infinity ? undefined : setTimeout(() => wake(), waitMs);
          wake = () => {
            clearTimeout(timer);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          signal.addEventListener("abort", wake);
        });
      }
      const paths = [...latest];
      const gone = new Set(paths.flatMap(([path, isGone]) => (isGone ? [path] : [])));
      const changed = new Set(paths.flatMap(([path, isGone]) => (isGone ? [] : [path])));
      const isLarge = paths.length > mostChanges || gone.size > mostGone;
      const batch = { changed, gone, isFull: isFull || isLarge || paths.some(([path]) => isIgnoreFile(path)) };
      latest = new Map();
      isFull = false;
      firstAt = null;
      dueAt = Infinity;
      return batch;
    },
  };
}

/**
 * A discovery narrowed to what changed: the other files are not read again, and what is removed is what was seen to go.
 * `pathOf`: the absolute path of a source.
 */
export function narrowed(discovery: Discovery, changes: Changes, pathOf: (source: string) => string): Discovery {
  if (changes.isFull) return discovery;
  const there = new Set(discovery.files.map(({ source }) => source));
  return {
    ...discovery,
    files: discovery.files.filter(({ path }) => changes.changed.has(path)),
    failures: discovery.failures.filter(({ source }) => changes.changed.has(pathOf(source))),
    warnings: [],
    leftOut: [],
    covers: (source) => !there.has(source) && changes.gone.has(pathOf(source)) && discovery.covers(source),
  };
}
