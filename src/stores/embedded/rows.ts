import type * as Arrow from "apache-arrow";
import type { StoredChunk } from "../../types.ts";
import { HEADING_SEPARATOR } from "../../filters/match.ts";
import type { TermsOf } from "../shared/bm25-terms.ts";
import { type Row, chunkColumns, chunkOf } from "../shared/chunk-row.ts";
import { manifestIn } from "../shared/manifest-shape.ts";
import type { Manifest } from "../types.ts";
import { arrow, floatColumn, intColumn, textColumn, vectorColumn } from "./columns.ts";

const manifestKey = "rag.manifest";

/**
 * The columns that `fromRow` reads, without the vector. In form 1, parts of words stand behind `text_end`. LanceDB takes as
 * long for one more column as for many more rows, so that `heading` stays unread: `headings` says the same.
 */
export function embeddedColumns(manifest: Manifest): string[] {
  const read = chunkColumns(manifest).filter((name) => name !== "heading");
  return [...read, ...(manifest.schemaVersion === 1 ? ["text_end"] : [])];
}

/** The columns of what a search finds, see `FoundChunk`. */
export function foundColumns(manifest: Manifest): string[] {
  return embeddedColumns(manifest).filter((name) => !["language", "updated_at", "writer"].includes(name));
}

/** The table's schema; the manifest is part of it, so that a collection is never without one. */
export function collectionSchema(manifest: Manifest): Arrow.Schema {
  const { Field, FixedSizeList, Float32, Float64, Int32, Schema, Utf8 } = arrow();
  const text = (name: string) => new Field(name, new Utf8(), false);
  const int = (name: string, nullable: boolean) => new Field(name, new Int32(), nullable);
  const fields: Arrow.Field[] = [
    text("id"),
    text("doc_id"),
    text("source"),
    int("ord", false),
    text("text"),
    int("text_start", false),
    text("terms"),
    text("language"),
    text("doc_hash"),
    int("doc_chunks", false),
    text("title"),
    text("heading"),
    text("headings"),
    int("page", true),
    int("start_line", true),
    int("end_line", true),
    text("format"),
    text("metadata"),
    new Field("updated_at", new Float64(), false),
    text("writer"),
  ];
  if (manifest.embedding !== null) {
    const item = new Field("item", new Float32(), true);
    fields.push(new Field("vector", new FixedSizeList(manifest.embedding.dimensions, item), false));
  }
  return new Schema(fields, new Map([[manifestKey, JSON.stringify(manifest)]]));
}

/** `null` where the table was not made by this tool. */
export function manifestOf(schema: { metadata: Map<string, string> }): Manifest | null {
  const text = schema.metadata.get(manifestKey);
  return text === undefined ? null : manifestIn(text);
}

/**
 * Chunks as LanceDB takes them: column by column. Handed rows, it looks for the type of every value and puts them into
 * columns one by one, which takes ten times as long.
 */
export function toTable(chunks: readonly StoredChunk[], manifest: Manifest, termsOf: TermsOf): Arrow.Table {
  const schema = collectionSchema(manifest);
  const text = (of: (chunk: StoredChunk) => string) => textColumn(chunks.map(of));
  const int = (of: (chunk: StoredChunk) => number | null) => intColumn(chunks.map(of));
  const columns: Record<string, Arrow.Vector> = {
    id: text((chunk) => chunk.id),
    doc_id: text((chunk) => chunk.docId),
    source: text((chunk) => chunk.source),
    ord: int((chunk) => chunk.ordinal),
    text: text((chunk) => chunk.context + chunk.text),
    text_start: int((chunk) => chunk.context.length),
    terms: text(termsOf),
    language: text((chunk) => chunk.language),
    doc_hash: text((chunk) => chunk.docHash),
    doc_chunks: int((chunk) => chunk.docChunks),
    title: text((chunk) => chunk.title),
    heading: text((chunk) => chunk.heading.join(HEADING_SEPARATOR)),
    headings: text((chunk) => JSON.stringify(chunk.heading)),
    page: int((chunk) => chunk.page),
    start_line: int((chunk) => chunk.startLine),
    end_line: int((chunk) => chunk.endLine),
    format: text((chunk) => chunk.format),
    metadata: text((chunk) => JSON.stringify(chunk.metadata)),
    updated_at: floatColumn(chunks.map((chunk) => chunk.updatedAt)),
    writer: text((chunk) => chunk.writer),
  };
  const vectors = schema.fields.find(({ name }) => name === "vector")?.type;
  if (vectors !== undefined) {
    const type = vectors as Arrow.FixedSizeList<Arrow.Float32>;
    columns["vector"] = vectorColumn(
      chunks.map((chunk) => chunk.vector),
      type,
    );
  }
  return new (arrow().Table)(schema, columns);
}

/**
 * What a query finds, as plain objects. Arrow's own rows are proxies, and a search that reads every field of fifty of them
 * spends more time in these than the engine takes to find them.
 */
export async function readRows(query: { toArrow(): Promise<Arrow.Table> }): Promise<Row[]> {
  const table = await query.toArrow();
  const columns = table.schema.fields.map(({ name }) => [name, table.getChild(name)] as const);
  return Array.from({ length: table.numRows }, (_, index) => {
    const row: Row = {};
    for (const [name, column] of columns) row[name] = column?.get(index);
    return row;
  });
}

/** A row as `readRows` gives it, back as a chunk; `vector` is `null` where it was not selected. */
export function fromRow(row: Row): StoredChunk {
  const vector = row["vector"] as { toArray(): Float32Array } | null | undefined;
  const text = (row["text"] as string).slice(0, (row["text_end"] as number | undefined) ?? Infinity);
  return chunkOf(Object.assign({}, row, { text }), {
    heading: JSON.parse(row["headings"] as string) as string[],
    page: row["page"] as number | null,
    startLine: row["start_line"] as number | null,
    endLine: row["end_line"] as number | null,
    metadata: JSON.parse(row["metadata"] as string) as StoredChunk["metadata"],
    // A copy: the row's own array is a view of a whole batch and would keep it alive.
    vector: vector === null || vector === undefined ? null : new Float32Array(vector.toArray()),
  });
}
