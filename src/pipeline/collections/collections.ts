import { UserError } from "../../errors.ts";
import type { CollectionOverview, ReadableCollection, Store } from "../../stores/types.ts";
import { closest } from "../../util/closest.ts";

/** Failures of a single collection, in a store whose other collections can be read. */
const failuresOfOne = new Set([
  "corrupt-collection",
  "newer-collection",
  "foreign-collection",
  "store-failed",
  "store-unusable",
  "milvus-permission",
]);

/** A server answers many calls at once; an engine of this machine, one after another. */
const serverCallsAtOnce = 32;

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

export interface ListedCollection {
  collection: ReadableCollection;
  overview: CollectionOverview;
}

export interface CollectionList {
  collections: ListedCollection[];
  /** Those that cannot be read, each with its failure. */
  unreadable: { name: string; error: UserError }[];
}

/** All collections of a store by name; one that cannot be read does not hide the others. */
export async function listCollections(store: Store): Promise<CollectionList> {
  const names = await store.list();
  const list: CollectionList = { collections: [], unreadable: [] };
  const atOnce = store.kind === "milvus" ? serverCallsAtOnce : 1;
  for (let start = 0; start < names.length; start += atOnce) {
    const part = names.slice(start, start + atOnce);
    for (const found of await Promise.all(part.map((name) => look(store, name)))) {
      if (found === null) continue;
      if ("error" in found) list.unreadable.push(found);
      else list.collections.push(found);
    }
  }
  return list;
}

/** `null` where the collection was dropped meanwhile. */
async function look(
  store: Store,
  name: string,
): Promise<ListedCollection | CollectionList["unreadable"][number] | null> {
  try {
    const collection = await store.open(name);
    return collection && { collection, overview: await collection.overview() };
  } catch (error) {
    if (!(error instanceof UserError) || !failuresOfOne.has(error.code)) throw error;
    return { name, error };
  }
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
