import { UserError } from "../../errors.ts";
import type { ReadableCollection, Manifest, NewManifest, Store, WriterLease } from "../../stores/types.ts";
import type { StoredChunk } from "../../types.ts";
import { type CopyRequest, type CopyResult, copy, refuseForeign } from "./copy.ts";

/** One end of a copy. */
export interface CopyEnd {
  store: Store;
  /** Of the collection. */
  name: string;
}

export interface CopyBetweenStores extends Pick<CopyRequest, "signal" | "onProgress"> {
  source: ReadableCollection;
  from: CopyEnd;
  to: CopyEnd;
  /** Both ends lie in one store. */
  isSameStore: boolean;
}

/**
 * Copies a collection as `copy` does, while no other process writes either end. Throws `UserError` `copy-onto-itself`
 * where both ends are one collection, what a lock is refused with, and what `copy` throws.
 */
export async function copyBetweenStores(request: CopyBetweenStores): Promise<CopyResult> {
  const { source, from, to, isSameStore, signal, onProgress } = request;
  const names = { source: nameOf(from), target: nameOf(to) };
  if (isSameStore && from.name === to.name) {
    throw new UserError("copy-onto-itself", `collection ${names.source} would be copied onto itself`, {
      hint: "name another store with --to, or another collection with --as",
    });
  }
  // Before a lock makes the folder of the other store.
  refuseForeign(source, names.source);
  const leases = await lockBoth(from, to, isSameStore);
  try {
    await to.store.recover(to.name);
    const target = await to.store.open(to.name);
    const createTarget = (made: Manifest) => to.store.create(to.name, newManifest(made));
    const refusalOf = (chunk: StoredChunk) => to.store.refusalOf(chunk);
    return await copy({ source, target, createTarget, refusalOf }, { names, signal, onProgress });
  } finally {
    for (const lease of leases) await lease.release();
  }
}

function nameOf({ store, name }: CopyEnd): string {
  return `${name} in ${store.location}`;
}

/** The source is locked too, so that it does not change while it is read. */
async function lockBoth(from: CopyEnd, to: CopyEnd, isSameStore: boolean): Promise<WriterLease[]> {
  // Milvus Lite has one lock for the whole database.
  const isOneLock = isSameStore && to.store.kind === "milvus-lite";
  // Nobody writes a source that cannot be written.
  const ends = isOneLock || from.store.isReadOnly ? [to] : [from, to];
  const leases: WriterLease[] = [];
  try {
    for (const { store, name } of ends) leases.push(await store.lockForWriting(name, "copy"));
  } catch (error) {
    for (const lease of leases) await lease.release();
    throw error;
  }
  return leases;
}

/** Without the form of the rows, which is that of new collections. */
function newManifest({ schemaVersion: _, analyzer: __, analysis: ___, ...manifest }: Manifest): NewManifest {
  return manifest;
}
