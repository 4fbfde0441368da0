import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Table } from "@lancedb/lancedb";
import { messageOf } from "../../errors.ts";
import { collectionLanguages, loadTermsOf, oncePerVersion } from "../shared/bm25-terms.ts";
import {
  type Row,
  byOrdinal,
  chunkRecordColumns,
  chunkRecordOf,
  documentColumns,
  documentOf,
} from "../shared/chunk-row.ts";
import { collectGarbage } from "../shared/collect-garbage.ts";
import { folderSize } from "../shared/folder-size.ts";
import { type VersionCondition, versionConditions } from "../shared/document-versions.ts";
import { slices } from "../shared/slices.ts";
import { wordFrequencies } from "../shared/word-frequencies.ts";
import type { Collection, CollectionStats, Manifest } from "../types.ts";
import { translateStoreError } from "./errors.ts";
import { droppedMeanwhile } from "../shared/refusals.ts";
import { sqlString } from "./filter.ts";
import { dropMs, isGone } from "./folder.ts";
import { type VectorIndexSizes, ensureIndexes } from "./indexes.ts";
import { missingRights, rightsOf } from "./rights.ts";
import { embeddedColumns, fromRow, readRows, toTable } from "./rows.ts";
import { countHolders, searchTable, textsLike } from "./search.ts";
import { needsUpkeep } from "./upkeep.ts";

/** Versions younger than this stay on disk, for readers that opened them. A slower reader opens the table anew. */
const retainMs = 10_000;
/** Garbage is collected after so many written rows: they leave some tens of megabytes of it. */
const rowsPerGarbageCollection = 5_000;
/** Ids in one SQL condition. */
const idsPerCondition = 500;
/** Times that a read is run while a writer deletes or replaces what it reads. */
const readAttempts = 4;
/** Milliseconds before a second try, and twice and thrice as many before the next. */
const readPauseMs = 50;

export interface EmbeddedCollectionOptions {
  table: Table;
  /** Opens the table again that has the collection's name by now. */
  reopen(): Promise<Table>;
  name: string;
  manifest: Manifest;
  /** The table's folder. */
  folder: string;
  /** The store's path as the user knows it. */
  location: string;
  sizes: VectorIndexSizes;
}

export function openEmbeddedCollection(options: EmbeddedCollectionOptions): Collection {
  const { name, manifest, folder, location, sizes } = options;
  const failure = translateStoreError(location);
  const rights = rightsOf(folder);
  let { table } = options;
  /** Written since garbage was collected. */
  let rowsWritten = 0;
  /** Changes whenever reads may see another version of the table: LanceDB itself looks for none. */
  let version = 0;
  /** So many rows were written that garbage was collected at least once; for fewer, that takes longer than it is worth. */
  let hasCollected = false;

  /**
   * Runs a read; again on a table opened anew where a writer has deleted that version meanwhile, has put another table in
   * its place, or has not yet given others the rights to what it wrote.
   */
  async function read<T>(query: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await query();
      } catch (error) {
        if (!/not found|no such file|permission denied/i.test(messageOf(error))) throw failure(error);
        if (attempt === readAttempts) {
          if (await isGone(folder, dropMs)) throw droppedMeanwhile(name, location);
          throw (await missingRights({ name, folder, location })) ?? failure(error);
        }
        await sleep((attempt - 1) * readPauseMs);
        table = await options.reopen();
        version += 1;
      }
    }
  }

  /** The rows that meet an SQL condition, or as many of them. */
  function select(where: string, columns: readonly string[], limit?: number): Promise<Row[]> {
    return read(async () => {
      const query = table
        .query()
        .where(where)
        .select([...columns]);
      return readRows(limit === undefined ? query : query.limit(limit));
    });
  }

  const wholeRow = [...embeddedColumns(manifest), ...(manifest.embedding === null ? [] : ["vector"])];
  const findLanguages = collectionLanguages(async (known) => {
    const isOther = known.length === 0 ? "" : ` AND language NOT IN (${known.map(sqlString).join(", ")})`;
    const [row] = await select(`${isCommitRecord}${isOther}`, ["language"], 1);
    return row === undefined ? null : (row["language"] as string);
  });
  // To see that there is no further language, every commit record is read: a sixth of what a search takes.
  const languages = oncePerVersion(() => version, findLanguages);

  async function remove(where: string): Promise<void> {
    await table.delete(where).catch(failure);
    version += 1;
    await rights.share();
  }

  async function giveBackMemory(): Promise<void> {
    rowsWritten = 0;
    hasCollected = true;
    await collectGarbage();
  }

  return {
    name,
    manifest,
    severalWriters: false,
    upsertIsAtomic: true,
    modes: manifest.embedding === null ? ["text"] : ["hybrid", "dense", "text"],

    documents: async () => (await select(isCommitRecord, documentColumns)).map(documentOf),

    async chunksOf(docIds) {
      const found: Row[] = [];
      for (const part of slices(docIds, idsPerCondition)) found.push(...(await select(docIdIn(part), wholeRow)));
      return found.map(fromRow);
    },

    async passages({ docId, docHash }, first, last) {
      const ofVersion = `${docIdIn([docId])} AND doc_hash = ${sqlString(docHash)}`;
      const rows = await select(`${ofVersion} AND ord BETWEEN ${first} AND ${last}`, embeddedColumns(manifest));
      return rows.map(fromRow).sort(byOrdinal);
    },

    textsWithWordLike: (word, distance) =>
      read(() => textsLike({ table, name, manifest, sizes, languages }, word, distance)),

    async upsert(chunks, { areNew = false } = {}) {
      if (chunks.length === 0) return;
      const rows = toTable(chunks, manifest, await loadTermsOf(chunks));
      const merge = table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll();
      await (areNew ? table.add(rows) : merge.execute(rows)).catch(failure);
      version += 1;
      await rights.share();
      rowsWritten += chunks.length;
      if (rowsWritten >= rowsPerGarbageCollection) await giveBackMemory();
    },

    async deleteDocuments(versions) {
      for (const condition of versionConditions(versions)) await remove(isVersion(condition));
    },

    async deleteUncommitted(versions) {
      for (const condition of versionConditions(versions)) {
        await remove(`${isNoCommitRecord} AND ${isVersion(condition)}`);
      }
    },

    countChunks: () => read(() => table.countRows()),

    chunkRecords: async () => (await select(isNoCommitRecord, chunkRecordColumns(manifest))).map(chunkRecordOf),

    async optimize() {
      // Building an index is when LanceDB needs most memory.
      if (hasCollected && rowsWritten > 0) await giveBackMemory();
      await ensureIndexes(table, manifest, sizes).catch(failure);
      if (await needsUpkeep(table, folder, { retainMs }).catch(failure)) {
        await table.optimize({ cleanupOlderThan: new Date(Date.now() - retainMs) }).catch(failure);
        await removeEmptyFolders(join(folder, "_indices"));
      }
      await rights.share();
    },

    search: (request) => read(() => searchTable({ table, name, manifest, sizes, languages }, request)),

    wordFrequencies: (text) =>
      wordFrequencies(text, {
        manifest,
        languages,
        countChunks: () => read(() => table.countRows()),
        countHolders: (terms) => read(() => countHolders({ table, name, manifest }, terms)),
      }),

    stats: () => read(() => statsOf(table, folder)),

    overview: async () => ({ ...(await read(() => statsOf(table, folder))), gap: null }),
  };
}

const isCommitRecord = "ord = 0";
const isNoCommitRecord = "ord > 0";

function docIdIn(docIds: readonly string[]): string {
  return `doc_id IN (${docIds.map(sqlString).join(", ")})`;
}

function isVersion({ docIds, docHashes, updatedAt }: VersionCondition): string {
  const hashes = docHashes.map(sqlString).join(", ");
  return `${docIdIn(docIds)} AND doc_hash IN (${hashes}) AND updated_at <= ${updatedAt}`;
}

async function statsOf(table: Table, folder: string): Promise<CollectionStats> {
  const indexes = (await table.listIndices()).map(async ({ name, indexType }) => ({
    name,
    type: indexType,
    rows: (await table.indexStats(name))?.numIndexedRows ?? null,
  }));
  return {
    chunks: await table.countRows(),
    documents: await table.countRows(isCommitRecord),
    sizeBytes: await folderSize(folder),
    index: await Promise.all(indexes),
    updatedAt: (await table.listVersions()).at(-1)?.timestamp.toISOString() ?? null,
  };
}

/** LanceDB deletes the files of an old index and leaves its folder. */
async function removeEmptyFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  // `rmdir` fails, as it should, on a folder that is not empty.
  await Promise.all(names.map((name) => rmdir(join(parent, name)).catch(() => {})));
}
