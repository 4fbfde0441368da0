import type { Metadata, StoredChunk } from "../../types.ts";
import { UserError } from "../../errors.ts";
import { type FilterSubject, HEADING_SEPARATOR } from "../../filters/match.ts";
import type { TermsOf } from "../shared/bm25-terms.ts";
import { type Row, chunkOf } from "../shared/chunk-row.ts";
import { DataType, type FieldData, type Int64 } from "./wire/protocol.ts";
import { JSON_BYTES, TERMS_FIELD, TEXT_BYTES, VECTOR_FIELD } from "./schema.ts";

/** Stored where a chunk has no page or line. */
const NONE = -1;

const utf8 = new TextEncoder();

/** The columns of an upsert; `termsOf` gives the terms as the deployment's tokenizer keeps them. */
export function encodeChunks(rows: readonly StoredChunk[], dimensions: number | null, termsOf: TermsOf): FieldData[] {
  const text = (field: string, value: (row: StoredChunk) => string): FieldData => ({
    type: DataType.varChar,
    field_name: field,
    scalars: { string_data: { data: rows.map(value) } },
  });
  const integer = (field: string, value: (row: StoredChunk) => number): FieldData => ({
    type: DataType.int64,
    field_name: field,
    scalars: { long_data: { data: rows.map(value) } },
  });
  const json = (field: string, value: (row: StoredChunk) => unknown): FieldData => ({
    type: DataType.json,
    field_name: field,
    scalars: { json_data: { data: rows.map((row) => encodeJson(field, value(row), row.source)) } },
  });
  const columns = [
    text("id", (row) => row.id),
    text("doc_id", (row) => row.docId),
    text("source", (row) => within("source", row.source, row.source)),
    text("text", (row) => within("text", row.context + row.text, row.source)),
    text("doc_hash", (row) => within("doc_hash", row.docHash, row.source)),
    text("title", (row) => cut(row.title, TEXT_BYTES.title)),
    text("heading", (row) => cut(row.heading.join(HEADING_SEPARATOR), TEXT_BYTES.heading)),
    text("format", (row) => within("format", row.format, row.source)),
    text(TERMS_FIELD, (row) => cutTerms(wellFormed(termsOf(row)), TEXT_BYTES.terms)),
    text("language", (row) => within("language", row.language, row.source)),
    text("writer", (row) => within("writer", row.writer, row.source)),
    integer("ord", (row) => row.ordinal),
    integer("text_start", (row) => row.context.length),
    integer("doc_chunks", (row) => row.docChunks),
    integer("page", (row) => row.page ?? NONE),
    integer("start_line", (row) => row.startLine ?? NONE),
    integer("end_line", (row) => row.endLine ?? NONE),
    integer("updated_at", (row) => row.updatedAt),
    json("metadata", (row) => row.metadata),
    json("headings", (row) => ({ path: row.heading })),
  ];
  if (dimensions !== null) columns.push(encodeVectors(rows, dimensions));
  return columns;
}

/** Why Milvus takes no row of this chunk, for people; `null` where it does. Its vector is not looked at. */
export function refusalOf(chunk: StoredChunk): string | null {
  try {
    encodeChunks([chunk], null, () => "");
    return null;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Whoever asks knows of which document.
    const reason = error.message.replace(`${named(chunk.source)}: `, "");
    return error.hint === null ? reason : `${reason}; ${error.hint}`;
  }
}

/** Milvus would refuse the row, and all the others of its request. */
function tooLong(source: string, reason: string, options: { hint?: string } = {}): UserError {
  return new UserError("too-long", `${named(source)}: ${reason}`, options);
}

function named(source: string): string {
  return source.slice(0, 200);
}

function encodeVectors(rows: readonly StoredChunk[], dimensions: number): FieldData {
  const values = new Float32Array(rows.length * dimensions);
  for (const [index, row] of rows.entries()) {
    if (row.vector?.length !== dimensions) {
      throw new TypeError(`a vector of ${row.vector?.length ?? 0} dimensions for a collection of ${dimensions}`);
    }
    values.set(row.vector, index * dimensions);
  }
  // Milvus Lite would take them, and find nothing any more.
  if (!values.every(Number.isFinite)) {
    throw new UserError("vector-not-finite", "the embedding model gave a vector that is not made of numbers");
  }
  return {
    type: DataType.floatVector,
    field_name: VECTOR_FIELD,
    vectors: { dim: dimensions, float_vector: { data: vectorBytes(values) } },
  };
}

/** A vector as the protocol has it: 32-bit floats, little-endian, as on every machine that Node runs on. */
export function vectorBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** How many bytes a row takes on the wire, about. */
export function rowBytes(row: StoredChunk): number {
  // The terms take as much again.
  return 6 * (row.context.length + row.text.length) + 600 + 4 * (row.vector?.length ?? 0);
}

/** gRPC refuses strings with half a surrogate pair. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, "\uFFFD");
}

/** A replacer for `JSON.stringify`, which would write half a pair as an escape. */
function wellFormedStrings(_key: string, value: unknown): unknown {
  return typeof value === "string" ? wellFormed(value) : value;
}

/** Shortens a text that is there to be read; what identifies or is searched goes through `within`. */
function cut(text: string, bytes: number): string {
  const whole = wellFormed(text);
  if (whole.length * 3 <= bytes) return whole;
  const encoded = utf8.encode(whole);
  if (encoded.length <= bytes) return whole;
  // A cut character decodes to replacement characters, at the end and nowhere else.
  return new TextDecoder().decode(encoded.subarray(0, bytes)).replace(/(?<!\uFFFD)\uFFFD+$/u, "");
}

/** Terms that fit into so many bytes, none of them cut. */
function cutTerms(terms: string, bytes: number): string {
  if (terms.length * 3 <= bytes) return terms;
  const shortened = cut(terms, bytes);
  if (shortened === terms || terms[shortened.length] === " ") return shortened;
  return shortened.slice(0, Math.max(0, shortened.lastIndexOf(" ")));
}

function within(field: keyof typeof TEXT_BYTES, text: string, source: string): string {
  const whole = wellFormed(text);
  const limit = TEXT_BYTES[field];
  if (whole.length * 3 > limit && utf8.encode(whole).length > limit) {
    throw tooLong(
      source,
      `its ${field} is longer than the ${limit} bytes that Milvus takes`,
      field === "text" ? { hint: "lower `chunking.maxChars`" } : {},
    );
  }
  return whole;
}

function encodeJson(field: string, value: unknown, source: string): Uint8Array {
  const bytes = utf8.encode(JSON.stringify(value, wellFormedStrings));
  if (bytes.length <= JSON_BYTES) return bytes;
  throw tooLong(source, `its ${field} takes ${bytes.length} bytes; Milvus takes ${JSON_BYTES}`);
}

/** The rows of a result, each field by its name. Keys of a dynamic field stand beside the others. */
export function decodeRows(columns: readonly FieldData[], count: number | null = null): Row[] {
  const decoded = columns.map((column) => ({ column, values: decodeColumn(column) }));
  const length = count ?? Math.max(0, ...decoded.map(({ values }) => values.length));
  return Array.from({ length }, (_, index) => {
    const row: Row = {};
    for (const { column, values } of decoded) {
      if (column.is_dynamic) Object.assign(row, values[index]);
      else row[column.field_name] = values[index] ?? null;
    }
    return row;
  });
}

function decodeColumn(column: FieldData): unknown[] {
  const values = columnValues(column);
  const valid = column.valid_data ?? [];
  if (valid.length === 0) return values;
  // Some deployments send a value for every row, others only those that are not null.
  const isWhole = values.length === valid.length;
  let next = 0;
  return valid.map((isValid, index) => (isValid ? values[isWhole ? index : next++] : null));
}

function columnValues({ scalars, vectors }: Pick<FieldData, "scalars" | "vectors">): unknown[] {
  if (vectors?.float_vector) {
    const dimensions = Number(vectors.dim);
    const floats = floatsOf(vectors.float_vector.data);
    return Array.from({ length: Math.floor(floats.length / dimensions) }, (_, index) =>
      floats.slice(index * dimensions, (index + 1) * dimensions),
    );
  }
  if (scalars?.string_data) return Array.from(scalars.string_data.data);
  if (scalars?.long_data) return Array.from<Int64, number | bigint>(scalars.long_data.data, exactInteger);
  if (scalars?.json_data) {
    return Array.from(scalars.json_data.data, (bytes) => parseJson(new TextDecoder().decode(bytes)));
  }
  if (scalars?.array_data)
    return Array.from(scalars.array_data.data, (elements) => columnValues({ scalars: elements }));
  const plain = scalars?.bool_data ?? scalars?.int_data ?? scalars?.double_data;
  if (plain) return Array.from<unknown>(plain.data);
  if (scalars?.float_data) return Array.from(floatsOf(scalars.float_data.data));
  return [];
}

/** Keys that servers give to rows are larger than what a number holds exactly. */
export function exactInteger(value: Int64): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value.toString());
}

/** Copied: the bytes stand anywhere in the answer's buffer, and floats need a place of four. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What filters look at in a row of a collection that this tool made; its text is needed by some of them. */
export function decodeSubject(row: Row): FilterSubject {
  const headings = row["headings"] as { path?: string[] } | null;
  return {
    source: row["source"] as string,
    title: row["title"] as string,
    format: row["format"] as string,
    page: orNull(row["page"]),
    heading: headings?.path ?? [],
    metadata: (row["metadata"] ?? {}) as Metadata,
    ...(typeof row["text"] === "string" ? { text: row["text"] } : {}),
  };
}

/** A row of a collection that this tool made. */
export function decodeChunk(row: Row): StoredChunk {
  const { heading, page, metadata } = decodeSubject(row);
  return chunkOf(row, {
    heading,
    page,
    startLine: orNull(row["start_line"]),
    endLine: orNull(row["end_line"]),
    metadata,
    vector: (row[VECTOR_FIELD] as Float32Array | undefined) ?? null,
  });
}

function orNull(value: unknown): number | null {
  return typeof value === "number" && value !== NONE ? value : null;
}
