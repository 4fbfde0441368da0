import { UserError } from "../../../errors.ts";
import type { CollectionOverview } from "../../types.ts";
import type { CollectionHandle } from "../loading.ts";
import { countRows, everyRow } from "../reader.ts";
import { MilvusErrorCode } from "../wire/errors.ts";

/** A number, or why it is not known. */
type Count = { count: number } | { gap: string };

/**
 * Counts a collection with calls that take some milliseconds each. `documents`: a condition on the rows of which each
 * document has one, or `null` where there is none. A collection that is not loaded stays so; then its chunks are those
 * of the server's statistics, which also count deleted rows. When it was changed last is not looked up: no server says
 * it without giving out every commit record.
 */
export async function milvusOverview(
  collection: CollectionHandle,
  { documents }: { documents: string | null },
): Promise<CollectionOverview> {
  const [rows, committed] = await Promise.all([
    count(() => countRows(collection, everyRow, { loads: false })),
    documents === null ? null : count(() => countRows(collection, { ...everyRow, text: documents }, { loads: false })),
  ]);
  if ("count" in rows) {
    return {
      chunks: rows.count,
      documents: committed !== null && "count" in committed ? committed.count : null,
      gap: committed !== null && "gap" in committed ? committed.gap : null,
      updatedAt: null,
    };
  }
  const estimate = await count(() => rowStatistics(collection));
  return { chunks: "count" in estimate ? estimate.count : null, documents: null, gap: rows.gap, updatedAt: null };
}

/** How many rows the server has sealed; deleted ones count until it compacts them away. */
async function rowStatistics({ connection, name }: CollectionHandle): Promise<number> {
  const { stats } = await connection.call("GetCollectionStatistics", { collection_name: name });
  return Number(stats.find(({ key }) => key === "row_count")?.value ?? 0);
}

/** What is refused for this collection alone is no failure of a list; that the server cannot be reached is. */
const refusalsOfOne = new Set<string>([
  MilvusErrorCode.notLoaded,
  MilvusErrorCode.notPermitted,
  MilvusErrorCode.refused,
  MilvusErrorCode.indexNotFound,
]);

async function count(ask: () => Promise<number>): Promise<Count> {
  try {
    return { count: await ask() };
  } catch (error) {
    if (!(error instanceof UserError) || !refusalsOfOne.has(error.code)) throw error;
    return { gap: error.code === MilvusErrorCode.notLoaded ? "it is not loaded" : error.message };
  }
}
