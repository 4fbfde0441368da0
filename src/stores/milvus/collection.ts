import { UserError } from "../../errors.ts";
import type { SearchMode, StoredChunk } from "../../types.ts";
import { overlapping } from "../shared/overlapping.ts";
import { slices } from "../shared/slices.ts";
import { checkVector } from "../shared/check-vector.ts";
import { chunkColumns, documentColumns, documentOf } from "../shared/chunk-row.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import { isLiteAnalyzer, type MilvusDialect } from "./dialect.ts";
import { type Expression, ownScope } from "./filter.ts";
import { isOneOf, quote } from "./literals.ts";
import { describeIndexes } from "./indexes.ts";
import type { CollectionSchema } from "./wire/protocol.ts";
import { type MilvusKey, everyRow, readMilvus } from "./reader.ts";
import { decodeChunk, encodeChunks, rowBytes } from "./rows.ts";
import { SPARSE_FIELD, TERMS_FIELD, VECTOR_FIELD, milvusMetrics } from "./schema.ts";
import { type SearchedRows, searchMilvus } from "./search.ts";
import { liteAnalyzers } from "./lite/terms.ts";
import type { Collection, DocumentRecord, Manifest, SearchRequest } from "../types.ts";

/** Rows in one request; more bring nothing, and a request must stay far below the 64 MB that servers take. */
const ROWS_AT_ONCE = 500;
const BYTES_AT_ONCE = 8_000_000;
/** Documents in one condition. */
const DOCUMENTS_AT_ONCE = 200;
/** A first flush or a long write of a busy server takes longer than a search may. */
const WRITE_MS = 300_000;
/** A server takes several writers: chunks younger than this may belong to one that still writes. */
const ABANDONED_MS = 24 * 3_600_000;

export const OWN_KEY: MilvusKey = { name: "id", isInteger: false };

const ownRows: Omit<SearchedRows, "denseMetric"> = {
  key: OWN_KEY,
  vector: VECTOR_FIELD,
  sparse: SPARSE_FIELD,
  output: chunkColumns,
  filtered: ["source", "title", "format", "page", "headings", "metadata"],
  scope: ownScope,
  decode: decodeChunk,
  isOneOf: (keys) => isOneOf("id", keys as string[]),
};

export interface MilvusCollectionOptions {
  connection: MilvusConnection;
  dialect: MilvusDialect;
  name: string;
  manifest: Manifest;
  schema: CollectionSchema;
  searchParams: Readonly<Record<string, string | number | boolean>>;
  /** Makes indexes that are missing. */
  ensureIndexes(): Promise<void>;
  /** Bytes on disk; `null` where the deployment does not tell. */
  size(name: string): Promise<number | null>;
}

/** A collection that this tool made. */
export function openMilvusCollection(options: MilvusCollectionOptions): Collection {
  const { connection, dialect, name, manifest, schema } = options;
  const has = (field: string): boolean => schema.fields.some((candidate) => candidate.name === field);
  const { ensureIndexes } = options;
  const reader = readMilvus({ connection, dialect, name, key: OWN_KEY, text: "text", ensureIndexes });
  const modes = modesOf(has(VECTOR_FIELD), has(SPARSE_FIELD));
  const terms = has(TERMS_FIELD) && isLiteAnalyzer(manifest.analyzer) ? liteAnalyzers[manifest.analyzer] : null;
  const search = searchMilvus({
    connection,
    reader,
    dialect,
    collection: name,
    rows: { ...ownRows, denseMetric: milvusMetrics[manifest.metric] },
    metric: manifest.metric,
    searchParams: options.searchParams,
    terms,
  });
  const wholeRow = has(VECTOR_FIELD) ? [...chunkColumns, VECTOR_FIELD] : chunkColumns;

  async function remove(text: string): Promise<void> {
    const { delete_cnt: deleted } = await connection.call(
      "Delete",
      { collection_name: name, expr: text, expr_template_values: {} },
      { timeoutMs: WRITE_MS },
    );
    if (Number(deleted) > 0) await reader.flush();
  }

  return {
    name,
    manifest,
    modes,

    async documents() {
      const records: DocumentRecord[] = [];
      for await (const rows of reader.all(where("ord == 0"), documentColumns)) records.push(...rows.map(documentOf));
      return records;
    },

    async chunksOf(docIds) {
      const chunks: StoredChunk[] = [];
      for (const part of slices(docIds, DOCUMENTS_AT_ONCE)) {
        for await (const rows of reader.all(where(isOneOf("doc_id", part)), wholeRow)) {
          for (const row of rows) chunks.push(decodeChunk(row));
        }
      }
      return chunks;
    },

    async upsert(rows) {
      // Twice the same key in one request is refused by some servers: the last one holds.
      const distinct = [...new Map(rows.map((row) => [row.id, row])).values()];
      // The next request is made, and waits at the server, while one is written; no key is in both.
      await overlapping(batches(distinct), async (batch) => {
        const fields = encodeChunks(batch, manifest.embedding?.dimensions ?? null, terms);
        const request = { collection_name: name, fields_data: fields, num_rows: batch.length };
        await connection.call("Upsert", request, { timeoutMs: WRITE_MS });
      });
    },

    async deleteDocuments(docIds) {
      for (const part of slices(docIds, DOCUMENTS_AT_ONCE)) await remove(isOneOf("doc_id", part));
    },

    async deleteStale(current) {
      for (const part of slices(current, DOCUMENTS_AT_ONCE)) {
        const documents = isOneOf(
          "doc_id",
          part.map(({ docId }) => docId),
        );
        const hashes = part.map(({ docHash }) => quote(docHash));
        if (hashes.includes(null)) throw new TypeError("a document's hash is not plain text");
        await remove(`${documents} and ord > 0 and doc_hash not in [${hashes.join(",")}]`);
      }
    },

    countChunks: () => reader.count(),

    async orphans() {
      const written = dialect.kind === "milvus-lite" ? "" : ` and updated_at < ${Date.now() - ABANDONED_MS}`;
      const ids = async (text: string): Promise<Set<string>> => {
        const found = new Set<string>();
        for await (const rows of reader.all(where(text), ["doc_id"])) {
          for (const row of rows) found.add(row["doc_id"] as string);
        }
        return found;
      };
      const candidates = await ids(`ord > 0${written}`);
      // Asked last: what is committed meanwhile is no orphan.
      const committed = await ids("ord == 0");
      return [...candidates].filter((id) => !committed.has(id));
    },

    async optimize() {
      await options.ensureIndexes();
      await reader.flush();
    },

    async search(request) {
      checkMode(request, modes, options);
      return search(request);
    },

    async stats() {
      const [indexes, chunks, sizeBytes] = await Promise.all([
        describeIndexes(connection, name),
        reader.count(),
        options.size(name),
      ]);
      let documents = 0;
      let latest = 0;
      for await (const rows of reader.all(where("ord == 0"), ["updated_at"])) {
        documents += rows.length;
        for (const row of rows) latest = Math.max(latest, row["updated_at"] as number);
      }
      return {
        chunks,
        documents,
        sizeBytes,
        index: indexes.map((index) => ({
          name: index.index_name === "" ? index.field_name : index.index_name,
          type: index.params.find(({ key }) => key === "index_type")?.value ?? "unknown",
          rows: Number(index.indexed_rows),
        })),
        updatedAt: latest === 0 ? null : new Date(latest).toISOString(),
      };
    },
  };
}

function where(text: string): Expression {
  return { ...everyRow, text };
}

export function modesOf(vectors: boolean, bm25: boolean): SearchMode[] {
  if (vectors && bm25) return ["hybrid", "dense", "text"];
  return vectors ? ["dense"] : ["text"];
}

/** Throws `UserError` where the collection cannot serve the request's mode, or not with this vector. */
function checkMode(
  { mode, vector }: SearchRequest,
  modes: readonly SearchMode[],
  { name, manifest, dialect }: MilvusCollectionOptions,
): void {
  if (mode !== "text") checkVector(vector, manifest, name);
  if (!modes.includes(mode)) {
    throw new UserError("no-text-index", `collection "${name}" has no BM25 index: ${dialect.product} made it`, {
      hint: "BM25 needs Milvus 2.5 or later; search with --mode dense, or update the server and ingest with --recreate",
    });
  }
}

function* batches(rows: readonly StoredChunk[]): Generator<StoredChunk[]> {
  let batch: StoredChunk[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = rowBytes(row);
    if (batch.length === ROWS_AT_ONCE || (batch.length > 0 && bytes + size > BYTES_AT_ONCE)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
