import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import type { Store, WriterLease } from "../../stores/types.ts";

/** How long to wait for another writer. */
export interface WriterWait {
  /** Milliseconds; 0: not at all, infinite: as long as it takes. */
  waitMs: number;
  signal: AbortSignal;
  /** Told who holds the collection, once for each holder. */
  onWait(message: string): void;
}

const pollMs = 300;

/**
 * The writer's lease of a collection; waits for its holder where that is wanted. Throws what `lockForWriting` throws once
 * the time is up, and the signal's reason on abort.
 */
export async function leaseForWriting(
  store: Store,
  name: string,
  purpose: string,
  { waitMs, signal, onWait }: WriterWait,
): Promise<WriterLease> {
  const deadline = Date.now() + waitMs;
  let told: string | null = null;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await store.lockForWriting(name, purpose);
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "collection-locked" || Date.now() >= deadline) throw error;
      if (told !== error.message) onWait(error.message);
      told = error.message;
    }
    const pause = Math.min(pollMs, Math.max(1, deadline - Date.now()));
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
