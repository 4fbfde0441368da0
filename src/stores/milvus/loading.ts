import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import type { MilvusDialect } from "./dialect.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import { MilvusErrorCode, backend } from "./wire/errors.ts";
import { LoadState } from "./wire/protocol.ts";

/** Loading builds indexes where the last owner of the database ended without closing it. */
const LOAD_MS = 300_000;
const FLUSH_MS = 300_000;

/** A collection as calls to a deployment name it. */
export interface CollectionHandle {
  connection: MilvusConnection;
  dialect: MilvusDialect;
  name: string;
  /** Makes the indexes that are missing, without which nothing loads; left out where they are not ours to make. */
  ensureIndexes?(): Promise<void>;
}

/** Makes a call; where the deployment says that the collection is not loaded, loads it and makes the call again. */
export async function whenLoaded<Value>(handle: CollectionHandle, call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== MilvusErrorCode.notLoaded) throw error;
  }
  await load(handle);
  return call();
}

/** Loads a collection and waits until it can be searched. Makes its indexes first where they are missing or damaged. */
export async function load(handle: CollectionHandle): Promise<void> {
  const { connection, name } = handle;
  await startLoading(handle).catch(async (error: unknown) => {
    if (handle.ensureIndexes === undefined || !(await lacksIndex(handle, error)))
      return refuseUnlessLoaded(handle, error);
    await handle.ensureIndexes();
    await startLoading(handle).catch((again: unknown) => refuseUnlessLoaded(handle, again));
  });
  const deadline = Date.now() + LOAD_MS;
  for (let wait = 10; ; wait = Math.min(wait * 2, 1_000)) {
    const { state } = await connection.call("GetLoadState", { collection_name: name });
    // The process that wrote last may have ended before it flushed.
    if (state === LoadState.loaded) return flush(handle);
    if (Date.now() > deadline) {
      throw backend("milvus-timeout", `the collection ${name} was not loaded within ${LOAD_MS / 1000} s`);
    }
    await sleep(wait);
  }
}

/** Where the dialect wants it: makes what was written fast to search, and what was deleted gone. */
export async function flush({ connection, dialect, name }: CollectionHandle): Promise<void> {
  if (dialect.flushesWrites) await connection.call("Flush", { collection_names: [name] }, { timeoutMs: FLUSH_MS });
}

async function startLoading({ connection, name }: CollectionHandle): Promise<void> {
  await connection.call("LoadCollection", { collection_name: name }, { timeoutMs: LOAD_MS });
}

/**
 * Throws why a collection cannot be loaded, unless it is loaded, or being loaded, all the same: another process began with
 * the indexes that were there, and a server refuses to load it with one more.
 */
async function refuseUnlessLoaded(handle: CollectionHandle, error: unknown): Promise<void> {
  const { connection, name } = handle;
  const answer = await connection.call("GetLoadState", { collection_name: name }).catch(() => null);
  if (answer?.state !== LoadState.loaded && answer?.state !== LoadState.loading) throw cannotLoad(handle, error);
}

/** Whether loading failed for want of an index; one that is damaged is dropped where the dialect can tell. */
async function lacksIndex({ connection, dialect, name }: CollectionHandle, error: unknown): Promise<boolean> {
  if (!(error instanceof UserError)) return false;
  if (error.code === MilvusErrorCode.indexNotFound) return true;
  const field = error.code === MilvusErrorCode.refused ? dialect.damagedIndex(error.message) : null;
  if (field === null) return false;
  await connection.call("DropIndex", { collection_name: name, field_name: field, index_name: field });
  return true;
}

/** A refusal as a failure of this collection alone: the others of the database can still be used. */
function cannotLoad({ dialect, name }: CollectionHandle, error: unknown): unknown {
  if (!(error instanceof UserError) || error.code !== MilvusErrorCode.refused) return error;
  const hint = dialect.hintWhenUnloadable(name);
  return backend("store-failed", `collection "${name}" cannot be loaded: ${error.message}`, {
    cause: error,
    ...(hint === null ? {} : { hint }),
  });
}
