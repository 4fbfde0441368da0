import type { StoredChunk } from "../../types.ts";
import type { ChunkRecord, DocumentRecord, Manifest } from "../types.ts";

/** A row as a store gives it: column → value. */
export type Row = Record<string, unknown>;

/**
 * Columns of a chunk's row in form 1, without its vector, the same in every store. `text_start` says where in `text` the
 * passage begins, behind its context, in UTF-16 units; `heading` joins for filters and readers what `headings` keeps
 * apart.
 */
const columnsOfForm1 = [
  "id",
  "doc_id",
  "source",
  "ord",
  "text",
  "text_start",
  "doc_hash",
  "doc_chunks",
  "title",
  "heading",
  "headings",
  "page",
  "start_line",
  "end_line",
  "format",
  "metadata",
  "updated_at",
];

/** Those of a row as it is written now. `terms`, which BM25 alone reads, is never read back: `termsOf` makes it anew. */
const columns = [...columnsOfForm1, "language", "writer"];

/** The columns that `chunkOf` reads of a collection's rows. */
export function chunkColumns({ schemaVersion }: Pick<Manifest, "schemaVersion">): readonly string[] {
  return schemaVersion === 1 ? columnsOfForm1 : columns;
}

/** What `documentOf` reads, of a document's first row. */
export const documentColumns = ["doc_id", "source", "title", "doc_hash", "doc_chunks", "updated_at"] as const;

const recordColumnsOfForm1 = ["doc_id", "doc_hash", "ord", "updated_at"];
const recordColumns = [...recordColumnsOfForm1, "writer"];

/** What `chunkRecordOf` reads. */
export function chunkRecordColumns({ schemaVersion }: Pick<Manifest, "schemaVersion">): readonly string[] {
  return schemaVersion === 1 ? recordColumnsOfForm1 : recordColumns;
}

/** The parts of a chunk that every store keeps in a way of its own. */
export type StoreSpecific = Pick<StoredChunk, "heading" | "page" | "startLine" | "endLine" | "metadata" | "vector">;

export function chunkOf(row: Row, specific: StoreSpecific): StoredChunk {
  const text = row["text"] as string;
  const start = row["text_start"] as number;
  return {
    id: row["id"] as string,
    docId: row["doc_id"] as string,
    source: row["source"] as string,
    ordinal: row["ord"] as number,
    text: text.slice(start),
    context: text.slice(0, start),
    language: (row["language"] as string | undefined) ?? "",
    docHash: row["doc_hash"] as string,
    docChunks: row["doc_chunks"] as number,
    title: row["title"] as string,
    format: row["format"] as string,
    updatedAt: row["updated_at"] as number,
    writer: (row["writer"] as string | undefined) ?? "",
    ...specific,
  };
}

export function documentOf(row: Row): DocumentRecord {
  return {
    docId: row["doc_id"] as string,
    source: row["source"] as string,
    title: row["title"] as string,
    docHash: row["doc_hash"] as string,
    docChunks: row["doc_chunks"] as number,
    updatedAt: row["updated_at"] as number,
  };
}

export function chunkRecordOf(row: Row): ChunkRecord {
  return {
    docId: row["doc_id"] as string,
    docHash: row["doc_hash"] as string,
    ordinal: row["ord"] as number,
    updatedAt: row["updated_at"] as number,
    writer: (row["writer"] as string | undefined) ?? "",
  };
}

/** The order of the chunks of one document. */
export function byOrdinal(left: Pick<StoredChunk, "ordinal">, right: Pick<StoredChunk, "ordinal">): number {
  return left.ordinal - right.ordinal;
}
