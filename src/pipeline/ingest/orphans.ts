import type { Collection } from "../../stores/types.ts";

/**
 * Deletes what a killed ingest left of documents that it did not get to commit, and that nobody ingested since: their
 * files are gone, so no ingest comes upon them again, but a search would. Looks only where there are more chunks than the
 * `expected` ones of the committed documents.
 */
export async function removeOrphans(collection: Collection, expected: number): Promise<void> {
  if ((await collection.countChunks()) <= expected) return;
  const orphans = await collection.orphans();
  if (orphans.length > 0) await collection.deleteDocuments(orphans);
}
