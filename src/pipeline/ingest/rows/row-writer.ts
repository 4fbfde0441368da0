import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, processIdentity } from "../../../files/process-identity.ts";

/**
 * So long, in milliseconds, the rows of a version may wait for their commit record. Where it cannot be found out whether
 * their writer still runs, they are left alone until then.
 */
export const commitWindowMs = 120_000;

/** Whoever writes rows: the name that they carry, and what it can tell of the other writers. */
export interface RowWriter {
  /** As `processIdentity` gives it. */
  readonly identity: string;
  isAlive(identity: string): "alive" | "dead" | "unknown";
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The process that this code runs in. */
export const thisProcess: RowWriter = {
  get identity() {
    return processIdentity();
  },
  isAlive,
  now: Date.now,
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
};
