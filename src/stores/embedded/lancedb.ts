import type * as LanceDb from "@lancedb/lancedb";

/**
 * What LanceDB reads from the environment when it is loaded, where the user has not set it. The first is for silence:
 * its warnings about cluster sizes are of no use to a person who searches. The others keep memory flat, see
 * docs/decisions/2026-11-20-flat-memory.md: rows that are read at once, and threads and megabytes of a full-text build.
 */
const settings = {
  LANCEDB_LOG: "error",
  LANCE_DEFAULT_BATCH_SIZE: "1024",
  LANCE_DEFAULT_FRAGMENT_READAHEAD: "1",
  LANCE_FTS_NUM_SHARDS: "1",
  LANCE_FTS_PARTITION_SIZE: "16",
};

/** LanceDB, loaded on first use. */
export async function lancedb(): Promise<typeof LanceDb> {
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
  return import("@lancedb/lancedb");
}
