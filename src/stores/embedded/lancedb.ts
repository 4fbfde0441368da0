import type * as LanceDb from "@lancedb/lancedb";

/**
 * Variables that LanceDB reads when it is loaded; the user's own values win. The first hides warnings about cluster
 * sizes, which are of no use to a person who searches. The others bound the memory (rows read at once; threads and
 * megabytes of a full-text build), see docs/decisions/2026-11-20-flat-memory.md.
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
