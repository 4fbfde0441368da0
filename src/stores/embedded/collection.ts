import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Table } from "@lancedb/lancedb";
import type { Config } from "../../config/schema.ts";
import { messageOf } from "../../errors.ts";
import { type Row, documentColumns, documentOf } from "../shared/chunk-row.ts";
import { collectGarbage } from "../shared/collect-garbage.ts";
import { folderSize } from "../shared/folder-size.ts";
import { slices } from "../shared/slices.ts";
import type { Collection, CollectionStats, Manifest } from "../types.ts";
import { droppedMeanwhile, translateStoreError } from "./errors.ts";
import { sqlString } from "./filter.ts";
import { dropMs, isGone } from "./folder.ts";
import { ensureIndexes } from "./indexes.ts";
import { fromRow, toRow } from "./rows.ts";
import { searchTable } from "./search.ts";

/** Versions younger than this stay on disk, for readers that opened them. A slower reader opens the table anew. */
const retainMs = 10_000;
/** Garbage is collected after so many written rows: they leave some tens of megabytes of it. */
const rowsPerGarbageCollection = 5_000;
/** Ids in one SQL condition. */
const idsPerCondition = 500;
/** Times that a read is run, while writers delete the version that it reads. */
const readAttempts = 3;

export interface EmbeddedCollectionOptions {
  table: Table;
  name: string;
  manifest: Manifest;
  /** The table's folder. */
  folder: string;
  /** The store's path as the user knows it. */
  location: string;
  /** Settings of the full-text index, should it be missing. */
  text: Config["text"];
}

export function openEmbeddedCollection(options: EmbeddedCollectionOptions): Collection {
  const { table, name, manifest, folder, location, text } = options;
  const failure = translateStoreError(location);
  /** Written since garbage was collected. */
  let rowsWritten = 0;

  /** Runs a read on the newest version of the table; again where a writer has deleted that version meanwhile. */
  async function read<T>(query: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await query();
      } catch (error) {
        if (await isGone(folder, attempt === readAttempts ? dropMs : 0)) throw droppedMeanwhile(name, location);
        if (attempt === readAttempts || !/not found|no such file/i.test(messageOf(error))) throw failure(error);
        await table.checkoutLatest().catch(async (latest: unknown) => {
          throw (await isGone(folder)) ? droppedMeanwhile(name, location) : failure(latest);
        });
      }
    }
  }

  /** The rows that meet an SQL condition; without `columns`, whole. */
  function select(where: string, columns?: readonly string[]): Promise<Row[]> {
    return read(async () => {
      const query = table.query().where(where);
      return (await (columns === undefined ? query : query.select([...columns])).toArray()) as Row[];
    });
  }

  async function remove(where: string): Promise<void> {
    await table.delete(where).catch(failure);
  }

  async function giveBackMemory(): Promise<void> {
    rowsWritten = 0;
    await collectGarbage();
  }

  return {
    name,
    manifest,
    modes: manifest.embedding === null ? ["text"] : ["hybrid", "dense", "text"],

    documents: async () => (await select(isCommitRecord, documentColumns)).map(documentOf),

    async chunksOf(docIds) {
      const found: Row[] = [];
      for (const part of slices(docIds, idsPerCondition)) found.push(...(await select(docIdIn(part))));
      return found.map(fromRow);
    },

    async upsert(chunks) {
      if (chunks.length === 0) return;
      const merge = table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll();
      await merge.execute(chunks.map(toRow)).catch(failure);
      rowsWritten += chunks.length;
      if (rowsWritten >= rowsPerGarbageCollection) await giveBackMemory();
    },

    async deleteDocuments(docIds) {
      for (const part of slices(docIds, idsPerCondition)) await remove(docIdIn(part));
    },

    async deleteStale(current) {
      for (const part of slices(current, idsPerCondition)) {
        const hashes = part.map(({ docHash }) => sqlString(docHash)).join(", ");
        const documents = docIdIn(part.map(({ docId }) => docId));
        await remove(`${documents} AND ${isNoCommitRecord} AND doc_hash NOT IN (${hashes})`);
      }
    },

    countChunks: () => read(() => table.countRows()),

    async orphans() {
      const idsWhere = async (where: string): Promise<Set<string>> =>
        new Set((await select(where, ["doc_id"])).map((row) => row["doc_id"] as string));
      const committed = await idsWhere(isCommitRecord);
      return [...(await idsWhere(isNoCommitRecord))].filter((id) => !committed.has(id));
    },

    async optimize() {
      // Building an index is when LanceDB needs most memory.
      if (rowsWritten > 0) await giveBackMemory();
      await ensureIndexes(table, manifest, text).catch(failure);
      await table.optimize({ cleanupOlderThan: new Date(Date.now() - retainMs) }).catch(failure);
      await removeEmptyFolders(join(folder, "_indices"));
    },

    search: (request) => read(() => searchTable({ table, name, manifest }, request)),

    stats: () => read(() => statsOf(table, folder)),
  };
}

const isCommitRecord = "ord = 0";
const isNoCommitRecord = "ord > 0";

function docIdIn(docIds: readonly string[]): string {
  return `doc_id IN (${docIds.map(sqlString).join(", ")})`;
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
