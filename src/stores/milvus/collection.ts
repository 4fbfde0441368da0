import { UserError } from "../../errors.ts";
import type { StoredChunk } from "../../types.ts";
import { checkVector } from "../shared/check-vector.ts";
import { type Row, chunkColumns, documentColumns, documentOf } from "../shared/chunk-row.ts";
import { slices } from "../shared/slices.ts";
import type { Collection, CollectionStats, Manifest } from "../types.ts";
import { ownScope } from "./filter.ts";
import { isOneOf, quote } from "./literals.ts";
import { describeIndexes, indexStats } from "./indexes.ts";
import { type CollectionHandle, flush } from "./loading.ts";
import { milvusOverview } from "./overview/overview.ts";
import { type MilvusKey, allRows, countRows, everyRow } from "./reader.ts";
import { decodeChunk, decodeSubject } from "./rows.ts";
import { SPARSE_FIELD, TERMS_FIELD, VECTOR_FIELD, milvusMetrics } from "./schema.ts";
import { modesOf, searchMilvus } from "./search/search.ts";
import type { SearchedCollection } from "./search/calls.ts";
import type { CollectionSchema } from "./wire/protocol.ts";
import { deleteRows, upsertRows } from "./writes.ts";

/** Documents in one condition. */
const DOCUMENTS_AT_ONCE = 200;
/** Where there are several writers, chunks younger than this may belong to one that still writes. */
const ABANDONED_MS = 24 * 3_600_000;

const OWN_KEY: MilvusKey = { name: "id", isInteger: false };

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
  const prepareTerms = has(TERMS_FIELD) ? dialect.prepareTerms(manifest.analyzer) : null;
  const rows: SearchedCollection = {
    ...options,
    key: OWN_KEY,
    text: "text",
    vectorField: VECTOR_FIELD,
    sparseField: SPARSE_FIELD,
    denseMetric: milvusMetrics[manifest.metric],
    prepareTerms,
    output: chunkColumns,
    filtered: () => ["source", "title", "format", "page", "headings", "metadata"],
    scope: ownScope,
    decode: decodeChunk,
    decodeSubject,
    isOneOf: (keys) => isOneOf("id", keys as string[]),
  };
  const wholeRow = has(VECTOR_FIELD) ? [...chunkColumns, VECTOR_FIELD] : chunkColumns;
  const modes = modesOf(has(VECTOR_FIELD), has(SPARSE_FIELD));

  /** The rows that meet a condition in Milvus's expression language. */
  async function select<Found>(text: string, fields: readonly string[], decode: (row: Row) => Found): Promise<Found[]> {
    const found: Found[] = [];
    for await (const page of allRows(rows, { ...everyRow, text }, fields)) {
      // A page may hold more rows than a call takes arguments.
      for (const row of page) found.push(decode(row));
    }
    return found;
  }

  async function stats(): Promise<CollectionStats> {
    const [indexes, chunks, sizeBytes] = await Promise.all([
      describeIndexes(options.connection, name),
      countRows(options),
      options.size(name),
    ]);
    const times = await select(isCommitRecord, ["updated_at"], (row) => row["updated_at"] as number);
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
    modes,

    documents: () => select(isCommitRecord, documentColumns, documentOf),

    async chunksOf(docIds) {
      const chunks: StoredChunk[] = [];
      for (const part of slices(docIds, DOCUMENTS_AT_ONCE)) {
        for (const chunk of await select(isOneOf("doc_id", part), wholeRow, decodeChunk)) chunks.push(chunk);
      }
      return chunks;
    },

    upsert: (chunks) =>
      upsertRows(options, chunks, { dimensions: manifest.embedding?.dimensions ?? null, prepareTerms }),

    async deleteDocuments(docIds) {
      for (const part of slices(docIds, DOCUMENTS_AT_ONCE)) await deleteRows(options, isOneOf("doc_id", part));
    },

    async deleteStale(current) {
      for (const part of slices(current, DOCUMENTS_AT_ONCE)) await deleteRows(options, isStale(part));
    },

    countChunks: () => countRows(options),

    async orphans() {
      const idsWhere = async (text: string): Promise<Set<string>> =>
        new Set(await select(text, ["doc_id"], (row) => row["doc_id"] as string));
      const old = dialect.severalWriters ? ` and updated_at < ${Date.now() - ABANDONED_MS}` : "";
      const candidates = await idsWhere(`${isNoCommitRecord}${old}`);
      // Asked last: a document that is committed meanwhile is no orphan.
      const committed = await idsWhere(isCommitRecord);
      return [...candidates].filter((id) => !committed.has(id));
    },

    async optimize() {
      await options.ensureIndexes();
      await flush(options);
    },

    async search(request) {
      if (request.mode !== "text") checkVector(request.vector, manifest, name);
      if (!modes.includes(request.mode)) throw noTextIndex(name, dialect.product);
      return searchMilvus(rows, request);
    },

    async overview() {
      if (!dialect.isOwnEngine) return milvusOverview(options, { documents: isCommitRecord });
      return { ...(await stats()), gap: null };
    },

    stats,
  };
}

const isCommitRecord = "ord == 0";
const isNoCommitRecord = "ord > 0";

/** A condition on the chunks of older versions of documents. */
function isStale(current: readonly { docId: string; docHash: string }[]): string {
  const documents = isOneOf(
    "doc_id",
    current.map(({ docId }) => docId),
  );
  const hashes = current.map(({ docHash }) => quote(docHash));
  if (hashes.includes(null)) throw new TypeError("a document's hash is not plain text");
  return `${documents} and ${isNoCommitRecord} and doc_hash not in [${hashes.join(",")}]`;
}

function noTextIndex(name: string, product: string): UserError {
  return new UserError("no-text-index", `collection "${name}" has no BM25 index: ${product} made it`, {
    hint: "BM25 needs Milvus 2.5 or later; search with --mode dense, or update the server and ingest with --recreate",
  });
}
