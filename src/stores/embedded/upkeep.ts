import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Table } from "@lancedb/lancedb";

/** Parts of a table's data that a search reads as fast as one. Each write adds one. */
const mostFragments = 8;
/** An index, its successor, and what both are made of. */
const mostIndexFolders = 4;
const mostVersions = 10;

/**
 * Whether LanceDB's `optimize` has something to do that is worth its cost: it rewrites the data of a small table whole,
 * and every index with it, for two fragments as for two hundred. It has where an index lacks rows, where the table has
 * many fragments or versions, and where files lie in its folder that no current version needs.
 */
export async function needsUpkeep(table: Table, folder: string): Promise<boolean> {
  const { fragmentStats } = await table.stats();
  const { numFragments } = fragmentStats;
  if (numFragments > mostFragments) return true;
  for (const { name } of await table.listIndices()) {
    if (((await table.indexStats(name))?.numUnindexedRows ?? 0) > 0) return true;
  }
  const [data, indexes, versions] = await Promise.all(
    ["data", "_indices", "_versions"].map((part) => readdir(join(folder, part)).catch(() => [])),
  );
  return data!.length > numFragments || indexes!.length > mostIndexFolders || versions!.length > mostVersions;
}
