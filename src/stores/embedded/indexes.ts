import type { MatchQuery, Table } from "@lancedb/lancedb";
import type { Config } from "../../config/schema.ts";
import { wordParts } from "../../text/word-parts.ts";
import { lancedb } from "./lancedb.ts";
import type { Manifest, Metric } from "../types.ts";

/** LanceDB's name for the full-text index of column `text`. */
export const textIndex = "text_idx";

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

/** Makes the index that BM25 searches; made on an empty table, it is filled by `optimize`. */
export async function createTextIndex(table: Table, text: Config["text"]): Promise<void> {
  const { Index } = await lancedb();
  await table.createIndex("text", {
    config: Index.fts({
      baseTokenizer: text.tokenizer,
      language: text.language,
      stem: text.stem,
      removeStopWords: text.removeStopWords,
      lowercase: true,
      asciiFolding: true,
      withPosition: false,
      // Hashes and keys are longer than the 40 characters that it takes by default.
      maxTokenLength: 256,
    }),
  });
}

/** A query for any of the text's words. LanceDB reads quotation marks in a plain string as a phrase, hence the object. */
export async function wordsOf(text: string): Promise<MatchQuery> {
  const { MatchQuery } = await lancedb();
  return new MatchQuery([text, ...wordParts(text)].join(" "), "text");
}

/**
 * Makes the indexes that are missing: the full-text index where a process was killed before it made it or where its
 * files are damaged, and the index of the vectors once they are many. A full-text index that covers no row yet is built
 * anew from all rows, which takes two thirds of the time that LanceDB needs to add them to it.
 */
export async function ensureIndexes(
  table: Table,
  manifest: Manifest,
  { text, sizes }: { text: Config["text"]; sizes: VectorIndexSizes },
): Promise<void> {
  if (!(await textIndexServes(table))) await createTextIndex(table, text);
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
async function textIndexServes(table: Table): Promise<boolean> {
  const stats = await table.indexStats(textIndex);
  if (stats === undefined) return false;
  if (stats.numIndexedRows === 0) return stats.numUnindexedRows === 0;
  const [row] = (await table.query().select(["text"]).limit(1).toArray()) as { text: string }[];
  if (row === undefined) return true;
  const query = await wordsOf(row.text.slice(0, 200));
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
