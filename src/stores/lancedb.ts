import type * as LanceDb from "@lancedb/lancedb";

/** LanceDB, loaded on first use. */
export async function lancedb(): Promise<typeof LanceDb> {
  // Read once, when the native library is loaded: its warnings about cluster sizes are of no use to a person who searches.
  process.env["LANCEDB_LOG"] ??= "error";
  return import("@lancedb/lancedb");
}
