import { UserError } from "../../errors.ts";
import { type StoredChunk, usualFusion } from "../../types.ts";
import { nearWords } from "../../text/query/near-words.ts";
import { checkVector } from "../shared/check-vector.ts";
import { collectionLanguages, questionTerms, questionWords } from "../shared/bm25-terms.ts";
import {
  type Row,
  byOrdinal,
  chunkColumns,
  chunkRecordColumns,
  chunkRecordOf,
  documentColumns,
  documentOf,
} from "../shared/chunk-row.ts";
import { type VersionCondition, versionConditions } from "../shared/document-versions.ts";
import { fuse } from "../shared/fusion.ts";
import { slices } from "../shared/slices.ts";
import { mostCounted, wordFrequencies } from "../shared/word-frequencies.ts";
import type { Collection, CollectionStats, Manifest } from "../types.ts";
import { isHeadingGlob } from "../../filters/match.ts";
import { ownScope } from "./filter.ts";
import { isOneOf, quote } from "./literals.ts";
import { describeIndexes, indexStats } from "./indexes.ts";
import { type CollectionHandle, flush } from "./loading.ts";
import { milvusOverview } from "./overview/overview.ts";
import { type MilvusKey, allRows, anyRow, countRows, everyRow } from "./reader.ts";
import { decodeChunk, decodeSubject } from "./rows.ts";
import { SPARSE_FIELD, VECTOR_FIELD, milvusMetrics } from "./schema.ts";
import { countHolders, modesOf, searchMilvus } from "./search/search.ts";
import type { SearchedCollection } from "./search/calls.ts";
import type { CollectionSchema } from "./wire/protocol.ts";
import { deleteRows, upsertRows } from "./writes.ts";

/** What filters look at, of a row of a collection that this tool made. */
const subjectFields = ["source", "title", "format", "page", "headings", "metadata"];

/** Documents in one condition. */
const DOCUMENTS_AT_ONCE = 200;

/** Passages that are read for one mistyped word: the engine has no index that finds words like it. */
const mostLookedThrough = 5_000;

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
  const output = chunkColumns(manifest);
  const rows: SearchedCollection = {
    ...options,
    key: OWN_KEY,
    text: "text",
    vectorField: VECTOR_FIELD,
    sparseField: SPARSE_FIELD,
    denseMetric: milvusMetrics[manifest.metric],
    output,
    filtered: (filters) => (filters.some(isHeadingGlob) ? [...subjectFields, "text"] : subjectFields),
    scope: ownScope,
    decode: decodeChunk,
    decodeSubject,
    isOneOf: (keys) => isOneOf("id", keys as string[]),
  };
  const wholeRow = has(VECTOR_FIELD) ? [...output, VECTOR_FIELD] : output;
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

  const languages = collectionLanguages(async (known) => {
    const isOther = known.length === 0 ? "" : ` and language not in [${known.map(quoted).join(",")}]`;
    const row = await anyRow(rows, { ...everyRow, text: `${isCommitRecord}${isOther}` }, ["language"]);
    return row === null ? null : (row["language"] as string);
  });

  /** What BM25 looks for. */
  async function wordsOf(question: string): Promise<string> {
    if (manifest.schemaVersion === 1) return dialect.prepareWords(manifest.analyzer, questionWords(question));
    return dialect.encodeTerms(await questionTerms(question, languages));
  }

  return {
    name,
    manifest,
    modes,
    severalWriters: dialect.severalWriters,
    upsertIsAtomic: false,

    documents: () => select(isCommitRecord, documentColumns, documentOf),

    async chunksOf(docIds) {
      const chunks: StoredChunk[] = [];
      for (const part of slices(docIds, DOCUMENTS_AT_ONCE)) {
        for (const chunk of await select(isOneOf("doc_id", part), wholeRow, decodeChunk)) chunks.push(chunk);
      }
      return chunks;
    },

    async passages({ docId, docHash }, first, last) {
      const ofVersion = `${isOneOf("doc_id", [docId])} and doc_hash == ${quoted(docHash)}`;
      const chunks = await select(`${ofVersion} and ord >= ${first} and ord <= ${last}`, output, decodeChunk);
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

    chunkRecords: () => select(isNoCommitRecord, chunkRecordColumns(manifest), chunkRecordOf),

    async optimize() {
      await options.ensureIndexes();
      await flush(options);
    },

    async search(request) {
      if (request.mode !== "text") checkVector(request.vector, manifest, name);
      if (!modes.includes(request.mode)) throw noTextIndex(name, dialect.product);
      if (request.mode === "dense") return searchMilvus(rows, request);
      const text = await wordsOf(request.text);
      if (text !== "") return searchMilvus(rows, { ...request, text });
      // No word to look for: BM25 finds nothing.
      if (request.mode === "text") return [];
      const dense = await searchMilvus(rows, { ...request, mode: "dense" });
      return fuse({ dense, text: [] }, request.fusion ?? usualFusion, { limit: request.limit });
    },

    async overview() {
      if (!dialect.isOwnEngine) return milvusOverview(options, { documents: isCommitRecord });
      return { ...(await stats()), gap: null };
    },

    async wordFrequencies(text) {
      if (!has(SPARSE_FIELD)) return null;
      return wordFrequencies(text, {
        manifest,
        languages,
        countChunks: () => countRows(options),
        countHolders: (lists) => {
          const asked = lists.map((terms) =>
            manifest.schemaVersion === 1
              ? dialect.prepareWords(manifest.analyzer, terms.join(" "))
              : dialect.encodeTerms(terms.join(" ")),
          );
          return countHolders(rows, asked, mostCounted);
        },
      });
    },

    stats,
  };
}

const isCommitRecord = "ord == 0";
const isNoCommitRecord = "ord > 0";

function isVersion({ docIds, docHashes, updatedAt }: VersionCondition): string {
  const hashes = docHashes.map(quoted).join(",");
  return `${isOneOf("doc_id", docIds)} and doc_hash in [${hashes}] and updated_at <= ${updatedAt}`;
}

/** A hash or the code of a language as a literal. */
function quoted(text: string): string {
  const literal = quote(text);
  if (literal === null) throw new TypeError("a document's hash or language is not plain text");
  return literal;
}

function noTextIndex(name: string, product: string): UserError {
  return new UserError("no-text-index", `collection "${name}" has no BM25 index: ${product} made it`, {
    hint: "BM25 needs Milvus 2.5 or later; search with --mode dense, or update the server and ingest with --recreate",
  });
}
