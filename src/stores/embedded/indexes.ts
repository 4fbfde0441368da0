import type { MatchQuery, Table } from "@lancedb/lancedb";
import { wordParts } from "../../text/word-parts.ts";
import { lancedb } from "./lancedb.ts";
import type { Manifest, Metric } from "../types.ts";

/** The column that BM25 searches in, and LanceDB's name for its index. */
export function searchedColumn({ schemaVersion }: Manifest): { column: "text" | "terms"; index: string } {
  const column = schemaVersion === 1 ? "text" : "terms";
  return { column, index: `${column}_idx` };
}

/** LanceDB's names of the metrics. */
export const distanceTypes = { cosine: "cosine", ip: "dot", l2: "l2" } as const satisfies Record<Metric, string>;

/** When vectors get an index, and how fine it is. */
export interface VectorIndexSizes {
  /** Up to this many rows, every vector is compared: in a whole table, or of those that meet a filter. */
  exactRows: number;
  /** Rows of a partition of the index, about. */
  partitionRows: number;
}

/** Comparing 50,000 rows takes some tens of milliseconds; beyond, an index pays. Partitions are as LanceDB advises. */
export const usualSizes: VectorIndexSizes = { exactRows: 50_000, partitionRows: 4_096 };

/** Bytes; a term has up to 128 UTF-16 units, of three bytes each. */
const longestTerm = 512;

/** Makes the index that BM25 searches; made on an empty table, it is filled by `optimize`. */
export async function createTextIndex(table: Table): Promise<void> {
  const { Index } = await lancedb();
  await table.createIndex("terms", {
    config: Index.fts({
      // The column holds terms: everything else was done when they were made.
      baseTokenizer: "whitespace",
      stem: false,
      removeStopWords: false,
      lowercase: false,
      asciiFolding: false,
      withPosition: false,
      maxTokenLength: longestTerm,
    }),
  });
}

/**
 * A query for any of the words of a question, or for any of the terms, whichever the column holds. LanceDB reads
 * quotation marks in a plain string as a phrase, hence the object.
 */
export async function matchAny(words: string, column: "text" | "terms"): Promise<MatchQuery> {
  const { MatchQuery } = await lancedb();
  return new MatchQuery(column === "terms" ? words : [words, ...wordParts(words)].join(" "), column);
}

/**
 * Makes the indexes that are missing: the full-text index where a process was killed before it made it or where its
 * files are damaged, and the index of the vectors once they are many. A full-text index that covers no row yet is built
 * anew from all rows, which takes two thirds of the time that LanceDB needs to add them to it.
 */
export async function ensureIndexes(table: Table, manifest: Manifest, sizes: VectorIndexSizes): Promise<void> {
  // The index of a collection of form 1 is not made anew: an ingest makes the whole collection anew.
  if (manifest.schemaVersion > 1 && !(await textIndexServes(table, manifest))) await createTextIndex(table);
  if (manifest.embedding === null) return;
  const rows = await table.countRows();
  if (rows <= sizes.exactRows) return;
  if ((await table.listIndices()).some((index) => index.columns.includes("vector"))) return;
  const { Index } = await lancedb();
  await table.createIndex("vector", {
    config: Index.ivfFlat({
      distanceType: distanceTypes[manifest.metric],
      numPartitions: Math.ceil(rows / sizes.partitionRows),
    }),
  });
}

/** Searches the index for the words of a stored passage: this reads every part of the index, and no unindexed row. */
async function textIndexServes(table: Table, manifest: Manifest): Promise<boolean> {
  const { column, index } = searchedColumn(manifest);
  const stats = await table.indexStats(index);
  if (stats === undefined) return false;
  if (stats.numIndexedRows === 0) return stats.numUnindexedRows === 0;
  const rows = await table.query().where("terms != ''").select([column]).limit(1).toArray();
  const [row] = rows as { terms: string }[];
  if (row === undefined) return true;
  const query = await matchAny(row.terms.slice(0, 200), column);
  return table
    .query()
    .fullTextSearch(query)
    .fastSearch()
    .select(["id"])
    .limit(1)
    .toArray()
    .then(
      () => true,
      () => false,
    );
}
