import type { Table } from "@lancedb/lancedb";
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
import { type VersionCondition, versionConditions } from "../shared/document-versions.ts";
import { folderSize } from "../shared/folder-size.ts";
import { slices } from "../shared/slices.ts";
import { wordFrequencies } from "../shared/word-frequencies.ts";
import type { Collection, CollectionStats, Manifest } from "../types.ts";
import { sqlString } from "./filter.ts";
import { type VectorIndexSizes, ensureIndexes } from "./indexes.ts";
import { embeddedColumns, fromRow, toTable } from "./rows.ts";
import { countHolders, searchTable, textsLike } from "./search.ts";
import { type CurrentTableOptions, currentTable } from "./table/current-table.ts";
import { tidyUp } from "./upkeep.ts";

/** Written rows after which garbage is collected: they leave some tens of megabytes of it. */
const rowsPerGarbageCollection = 5_000;
/** Ids in one SQL condition. */
const idsPerCondition = 500;

export interface EmbeddedCollectionOptions extends CurrentTableOptions {
  manifest: Manifest;
  sizes: VectorIndexSizes;
}

export function openEmbeddedCollection(options: EmbeddedCollectionOptions): Collection {
  const { name, manifest, folder, sizes } = options;
  const current = currentTable(options);
  const { read, select, write } = current;
  let rowsSinceGarbage = 0;
  /** Whether garbage was collected before: with fewer rows, collecting it takes longer than it is worth. */
  let hasCollected = false;

  const wholeRow = [...embeddedColumns(manifest), ...(manifest.embedding === null ? [] : ["vector"])];
  const findLanguages = collectionLanguages(async (known) => {
    const isOther = known.length === 0 ? "" : ` AND language NOT IN (${known.map(sqlString).join(", ")})`;
    const [row] = await select(`${isCommitRecord}${isOther}`, ["language"], 1);
    return row === undefined ? null : (row["language"] as string);
  });
  // Asking for a further language reads every commit record, which takes a sixth of the time of a search.
  const languages = oncePerVersion(current.version, findLanguages);

  const remove = (where: string): Promise<void> => write((table) => table.delete(where));

  async function giveBackMemory(): Promise<void> {
    rowsSinceGarbage = 0;
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
      read((table) => textsLike({ table, name, manifest, sizes, languages }, word, distance)),

    async upsert(chunks, { areNew = false } = {}) {
      if (chunks.length === 0) return;
      const rows = toTable(chunks, manifest, await loadTermsOf(chunks));
      await write((table) =>
        areNew
          ? table.add(rows)
          : table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(rows),
      );
      rowsSinceGarbage += chunks.length;
      if (rowsSinceGarbage >= rowsPerGarbageCollection) await giveBackMemory();
    },

    async deleteDocuments(versions) {
      for (const condition of versionConditions(versions)) await remove(isVersion(condition));
    },

    async deleteUncommitted(versions) {
      for (const condition of versionConditions(versions)) {
        await remove(`${isNoCommitRecord} AND ${isVersion(condition)}`);
      }
    },

    countChunks: () => read((table) => table.countRows()),

    chunkRecords: async () => (await select(isNoCommitRecord, chunkRecordColumns(manifest))).map(chunkRecordOf),

    async optimize() {
      // Building an index is when LanceDB needs most memory.
      if (hasCollected && rowsSinceGarbage > 0) await giveBackMemory();
      await write(async (table) => {
        await ensureIndexes(table, manifest, sizes);
        await tidyUp(table, folder);
      });
    },

    search: (request) => read((table) => searchTable({ table, name, manifest, sizes, languages }, request)),

    wordFrequencies: (text) =>
      wordFrequencies(text, {
        manifest,
        languages,
        countChunks: () => read((table) => table.countRows()),
        countHolders: (terms) => read((table) => countHolders({ table, name, manifest }, terms)),
      }),

    stats: () => read((table) => statsOf(table, folder)),

    overview: async () => ({ ...(await read((table) => statsOf(table, folder))), gap: null }),
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
