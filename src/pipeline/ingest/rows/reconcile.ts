import type { Collection, DocumentRecord } from "../../../stores/types.ts";
import { type UncommittedVersion, findDifferences } from "./differences.ts";
import { type RowWriter, commitWindowMs } from "./row-writer.ts";

export interface Reconciliation {
  writer: RowWriter;
  signal: AbortSignal;
  /** Told before a wait. */
  onNotice(text: string): void;
}

/**
 * Deletes what writers that have ended left uncommitted, and returns the documents whose committed version is not
 * complete. What a living process writes is left to it. Where another machine wrote it, and lately, its age decides: this
 * waits, once, until it is older than any writer lets it become.
 */
export async function reconcile(collection: Collection, options: Reconciliation): Promise<DocumentRecord[]> {
  const { writer, signal, onNotice } = options;
  const { uncommitted, incomplete } = await findDifferences(collection);
  const young = await removeAbandoned(collection, uncommitted, writer);
  if (young.length === 0) return incomplete;
  const latest = Math.max(...young.map(({ updatedAt }) => updatedAt));
  const waitMs = Math.min(latest + commitWindowMs - writer.now(), commitWindowMs) + 1;
  onNotice(
    `${young.length} documents are being written from another machine, or were when it stopped: looking again in ${Math.ceil(waitMs / 1000)} s`,
  );
  await writer.wait(waitMs, signal);
  const later = await findDifferences(collection);
  // Rows that are young after the wait were written during it: their writer is alive.
  await removeAbandoned(collection, later.uncommitted, writer);
  return later.incomplete;
}

/** Returns those of which only their age can tell. */
async function removeAbandoned(
  collection: Collection,
  versions: readonly UncommittedVersion[],
  writer: RowWriter,
): Promise<UncommittedVersion[]> {
  const states = versions.map((version) => (collection.severalWriters ? stateOf(version, writer) : "abandoned"));
  const abandoned = versions.filter((_, index) => states[index] === "abandoned");
  if (abandoned.length > 0) await collection.deleteUncommitted(abandoned);
  return versions.filter((_, index) => states[index] === "young");
}

/** Of several writers of one version, the most alive one decides: their rows have the same keys. */
function stateOf(version: UncommittedVersion, writer: RowWriter): "abandoned" | "young" | "alive" {
  const others = [...version.writers].filter((identity) => identity !== writer.identity);
  const states = new Set(others.map((identity) => writer.isAlive(identity)));
  if (states.has("alive")) return "alive";
  return states.has("unknown") && writer.now() - version.updatedAt <= commitWindowMs ? "young" : "abandoned";
}
