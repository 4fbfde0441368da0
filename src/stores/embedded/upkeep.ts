import type { Stats } from "node:fs";
import { readdir, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Table } from "@lancedb/lancedb";

/** Milliseconds that old versions stay on disk for readers that opened them. A slower reader reopens the table. */
const retainMs = 10_000;

/** How much a table may deteriorate before it is rewritten. */
interface Slack {
  /** Rows that the index lacks; a search looks through them one by one. */
  missingRows: number;
  /** Parts of the data. Each write adds one, and each takes a search a third of a millisecond. */
  fragments: number;
  /** Files of data that nothing needs any more, as a share of what is needed. */
  garbageShare: number;
  versions: number;
}

export interface UpkeepOptions {
  /** Milliseconds that an old version is kept for its readers, with all its files. */
  retainMs: number;
  /** A table of fewer rows, and its index, are written anew in a fifth of a second. 5,000 where it is left out. */
  smallRows?: number;
}

function slackOf(rows: number, smallRows: number): Slack {
  return rows < smallRows
    ? { missingRows: 0, fragments: 8, garbageShare: 0, versions: 10 }
    : { missingRows: Math.min(2_000, rows / 100), fragments: 24, garbageShare: 0.2, versions: 100 };
}

/** Folders of the index, of its successor, and of the parts of both. */
const mostIndexFolders = 4;

/** Joins fragments, updates indexes and deletes old versions when that is worth its cost. Throws what LanceDB throws. */
export async function tidyUp(table: Table, folder: string): Promise<void> {
  if (!(await needsUpkeep(table, folder, { retainMs }))) return;
  await table.optimize({ cleanupOlderThan: new Date(Date.now() - retainMs) });
  await removeEmptyFolders(join(folder, "_indices"));
}

/**
 * Whether LanceDB's `optimize` has something to do that is worth its cost. It rewrites an index that lacks a row, and the
 * data where two fragments can be joined: in proportion to the table, for one changed document as for a thousand. So a
 * large table waits until that cost is shared by many changes.
 */
export async function needsUpkeep(
  table: Table,
  folder: string,
  { retainMs, smallRows = 5_000 }: UpkeepOptions,
): Promise<boolean> {
  const { fragmentStats, numRows, totalBytes } = await table.stats();
  const { numFragments } = fragmentStats;
  const slack = slackOf(numRows, smallRows);
  if (numFragments > slack.fragments) return true;
  for (const { name } of await table.listIndices()) {
    if (((await table.indexStats(name))?.numUnindexedRows ?? 0) > slack.missingRows) return true;
  }
  const namesIn = (part: string): Promise<string[]> => readdir(join(folder, part)).catch(() => []);
  const [data, indexes, versions] = await Promise.all([namesIn("data"), namesIn("_indices"), namesIn("_versions")]);
  if (!(await canBeFreed(join(folder, "_versions"), versions, retainMs))) return false;
  if (indexes.length > mostIndexFolders || versions.length > slack.versions) return true;
  if (data.length <= numFragments) return false;
  const sizes = await Promise.all(data.map((name) => sizeOf(join(folder, "data", name))));
  return sizes.reduce((sum, size) => sum + size, 0) > totalBytes * (1 + slack.garbageShare);
}

/** Whether the oldest version is old enough to be deleted. Names count up or down, by LanceDB's age. */
async function canBeFreed(folder: string, versions: readonly string[], retainMs: number): Promise<boolean> {
  const sorted = versions.filter((name) => name.endsWith(".manifest")).sort();
  const ends = [sorted.at(0), sorted.at(-1)].filter((name) => name !== undefined);
  const times = await Promise.all(ends.map(async (name) => (await statOf(join(folder, name)))?.mtimeMs ?? Infinity));
  return Math.min(...times) < Date.now() - retainMs;
}

async function sizeOf(path: string): Promise<number> {
  return (await statOf(path))?.size ?? 0;
}

/** `null` where a writer has deleted it meanwhile. */
function statOf(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null);
}

/** LanceDB deletes the files of an old index and leaves its folder. */
async function removeEmptyFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  // `rmdir` refuses a folder that is not empty.
  await Promise.all(names.map((name) => rmdir(join(parent, name)).catch(() => {})));
}
