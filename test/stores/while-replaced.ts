import { expect } from "vitest";
import { UserError } from "../../src/errors.ts";
import type { Collection, Store } from "../../src/stores/types.ts";

/** What readers of one collection met, each once. */
type Met = Set<string>;

/** Every way in which a collection is read, by name. */
export type Reads = Readonly<Record<string, (collection: Collection) => Promise<unknown>>>;

/**
 * Reads a collection without a pause in all ways at once, each with a store of its own, while `change` goes on and once
 * more after it. Gives what the readers met: `found`, `nothing` where there is no collection, `empty` where a read says
 * so by an empty list, else the failure's code.
 */
export async function metWhile(
  change: () => Promise<void>,
  { name, open, reads }: { name: string; open: () => Promise<Store>; reads: Reads },
): Promise<string[]> {
  const met: Met = new Set();
  let isOver = false;
  const started: Promise<void>[] = [];
  const readers = Object.entries(reads).map(async ([way, read]) => {
    const store = await open();
    let begin = (): void => {};
    started.push(new Promise((resolve) => (begin = resolve)));
    try {
      for (let isLast = false; !isLast;) {
        isLast = isOver;
        met.add(await readOnce(store, name, { way, read }));
        begin();
      }
    } finally {
      begin();
      await store.close();
    }
  });
  // Every reader has read once before anything changes.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    while (started.length < readers.length) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(started);
    await change();
  } finally {
    isOver = true;
    await Promise.all(readers);
  }
  return [...met].sort();
}

async function readOnce(
  store: Store,
  name: string,
  { way, read }: { way: string; read: Reads[string] },
): Promise<string> {
  try {
    const collection = await store.open(name);
    if (collection === null) return "nothing";
    expect(collection.foreign).toBeUndefined();
    const answer = await read(collection as Collection);
    return Array.isArray(answer) && answer.length === 0 ? `${way}: empty` : "found";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.code === "collection-not-found" ? error.code : `${way}: ${error.code}: ${error.message}`;
  }
}
