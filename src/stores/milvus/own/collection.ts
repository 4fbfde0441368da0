import type { StoredChunk } from "../../../types.ts";
import { nearWords } from "../../../text/query/near-words.ts";
import {
  byOrdinal,
  chunkColumns,
  chunkRecordColumns,
  chunkRecordOf,
  documentColumns,
  documentOf,
} from "../../shared/chunk-row.ts";
import { versionConditions } from "../../shared/document-versions.ts";
import { slices } from "../../shared/slices.ts";
import type { Collection, CollectionStats, Manifest } from "../../types.ts";
import { isOneOf } from "../literals.ts";
import { describeIndexes, indexStats } from "../indexes.ts";
import { type CollectionHandle, flush } from "../loading.ts";
import { milvusOverview } from "../overview/overview.ts";
import { allRows, countRows, everyRow } from "../reader.ts";
import { decodeChunk } from "../rows.ts";
import { SPARSE_FIELD, VECTOR_FIELD } from "../schema.ts";
import type { CollectionSchema } from "../wire/protocol.ts";
import { deleteRows, upsertRows } from "../writes.ts";
import { isCommitRecord, isNoCommitRecord, isVersion, quoted } from "./conditions.ts";
import { questionsTo } from "./questions.ts";
import { ownRows, selectRows } from "./rows.ts";

/** Documents in one condition. */
const DOCUMENTS_AT_ONCE = 200;

/** Passages that are read to correct one mistyped word: the engine has no index of similar words. */
const mostLookedThrough = 5_000;

export interface MilvusCollectionOptions extends Required<CollectionHandle> {
  manifest: Manifest;
  schema: CollectionSchema;
  /** Search parameters of the index of vectors. */
  searchParams: Readonly<Record<string, string | number | boolean>>;
  /** Bytes on disk; `null` where the deployment does not tell. */
  size(name: string): Promise<number | null>;
}

/** A collection that this tool made. */
export function openMilvusCollection(options: MilvusCollectionOptions): Collection {
  const { dialect, name, manifest, schema } = options;
  const has = (field: string): boolean => schema.fields.some((candidate) => candidate.name === field);
  const rows = ownRows(options);
  const output = chunkColumns(manifest);
  const wholeRow = has(VECTOR_FIELD) ? [...output, VECTOR_FIELD] : output;

  async function stats(): Promise<CollectionStats> {
    const [indexes, chunks, sizeBytes] = await Promise.all([
      describeIndexes(options.connection, name),
      countRows(options),
      options.size(name),
    ]);
    const times = await selectRows(rows, isCommitRecord, ["updated_at"], (row) => row["updated_at"] as number);
    const latest = times.reduce((left, right) => Math.max(left, right), 0);
    return {
      chunks,
      documents: times.length,
      sizeBytes,
      index: indexStats(indexes),
      updatedAt: latest === 0 ? null : new Date(latest).toISOString(),
    };
  }

  return {
    name,
    manifest,
    ...questionsTo(rows, manifest, { vectors: has(VECTOR_FIELD), bm25: has(SPARSE_FIELD) }),
    severalWriters: dialect.severalWriters,
    upsertIsAtomic: false,

    documents: () => selectRows(rows, isCommitRecord, documentColumns, documentOf),

    async chunksOf(docIds) {
      const chunks: StoredChunk[] = [];
      for (const part of slices(docIds, DOCUMENTS_AT_ONCE)) {
        for (const chunk of await selectRows(rows, isOneOf("doc_id", part), wholeRow, decodeChunk)) chunks.push(chunk);
      }
      return chunks;
    },

    async passages({ docId, docHash }, first, last) {
      const ofVersion = `${isOneOf("doc_id", [docId])} and doc_hash == ${quoted(docHash)}`;
      const chunks = await selectRows(rows, `${ofVersion} and ord >= ${first} and ord <= ${last}`, output, decodeChunk);
      return chunks.sort(byOrdinal);
    },

    async textsWithWordLike(word, distance) {
      const found: string[] = [];
      let looked = 0;
      for await (const page of allRows(rows, everyRow, ["text"])) {
        for (const row of page) {
          const text = row["text"] as string;
          if (nearWords([text], word, distance).length > 0) found.push(text);
        }
        looked += page.length;
        if (looked >= mostLookedThrough) break;
      }
      return found;
    },

    upsert: (chunks) => upsertRows(options, chunks, manifest.embedding?.dimensions ?? null),

    async deleteDocuments(versions) {
      for (const condition of versionConditions(versions)) await deleteRows(options, isVersion(condition));
    },

    async deleteUncommitted(versions) {
      for (const condition of versionConditions(versions)) {
        await deleteRows(options, `${isVersion(condition)} and ${isNoCommitRecord}`);
      }
    },

    countChunks: () => countRows(options),

    chunkRecords: () => selectRows(rows, isNoCommitRecord, chunkRecordColumns(manifest), chunkRecordOf),

    async optimize() {
      await options.ensureIndexes();
      await flush(options);
    },

    async overview() {
      if (!dialect.isOwnEngine) return milvusOverview(options, { documents: isCommitRecord });
      return { ...(await stats()), gap: null };
    },

    stats,
  };
}
