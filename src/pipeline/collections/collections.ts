import { UserError } from "../../errors.ts";
import type { ReadableCollection, CollectionStats, Store } from "../../stores/types.ts";
import { closest } from "../../util/closest.ts";

/** Failures of a single collection, in a store whose other collections can be read. */
const failuresOfOne = new Set([
  "corrupt-collection",
  "newer-collection",
  "foreign-collection",
  "store-failed",
  "store-unusable",
]);

/** The collection of this name. Throws `UserError` `collection-not-found`, which names those that exist. */
export async function findCollection(store: Store, name: string): Promise<ReadableCollection> {
  const collection = await store.open(name);
  if (collection !== null) return collection;
  const names = await store.list();
  const meant = closest(name, names);
  const existing = names.length === 0 ? "it holds no collection yet" : `it holds: ${names.join(", ")}`;
  throw new UserError("collection-not-found", `there is no collection ${name} in ${store.location}; ${existing}`, {
    hint:
      names.length === 0
        ? "make one with: rag ingest <paths...>"
        : `name it with --collection${meant === null ? "" : ` (did you mean ${meant}?)`}, or make it with: rag ingest <paths...>`,
  });
}

export interface CollectionList {
  collections: { collection: ReadableCollection; stats: CollectionStats }[];
  /** Those that cannot be read, each with its failure. */
  unreadable: { name: string; error: UserError }[];
}

/** All collections of a store; one that cannot be read does not hide the others. */
export async function listCollections(store: Store): Promise<CollectionList> {
  const list: CollectionList = { collections: [], unreadable: [] };
  for (const name of await store.list()) {
    try {
      const collection = await store.open(name);
      if (collection !== null) list.collections.push({ collection, stats: await collection.stats() });
    } catch (error) {
      if (!(error instanceof UserError) || !failuresOfOne.has(error.code)) throw error;
      list.unreadable.push({ name, error });
    }
  }
  return list;
}

/** Throws `UserError` `collection-not-found`. A collection that cannot be read any more exists all the same. */
export async function requireCollection(store: Store, name: string): Promise<void> {
  if (!(await store.list()).includes(name)) await findCollection(store, name);
}

/** Drops a collection that no other process is writing; one that another program made only with `evenIfForeign`. */
export async function dropCollection(store: Store, name: string, options: { evenIfForeign: boolean }): Promise<void> {
  const lease = await store.lockForWriting(name, "drop");
  try {
    await store.drop(name, options);
  } finally {
    await lease.release();
  }
}
