import type { Config } from "../../../config/schema.ts";
import type { Metadata, MetadataScalar, StoredChunk } from "../../../types.ts";
import { documentId } from "../../../util/ids.ts";
import {
  BM25_FUNCTION,
  type CollectionSchema,
  DataType,
  type FieldSchema,
  type IndexDescription,
} from "../wire/protocol.ts";
import type { MilvusKey } from "../reader.ts";
import type { Row } from "../../shared/chunk-row.ts";
import type { ForeignManifest, Metric } from "../../types.ts";

/** The field that holds the values of dynamic fields, which the schema does not name. */
export const DYNAMIC_FIELD = "$meta";

/** Maps the fields of a foreign collection to ours (text, vector, source). */
export interface ForeignLayout {
  key: MilvusKey;
  vector: string | null;
  /** Whether it has vectors at all; they may be of a kind that is not searched, or in a field that is not known. */
  hasVectors: boolean;
  /** `null` where it is not known which vectors are searched. */
  dimensions: number | null;
  /** Milvus's name for the metric of the vectors; `null` where they have no index that tells it. */
  denseMetric: string | null;
  /** The output of a BM25 function, where it has an index. */
  sparse: string | null;
  text: string | null;
  /** The schema does not name the field of the text: it is what the tutorials call it, if the rows have it. */
  isTextGuessed: boolean;
  source: string | null;
  title: string | null;
  /** Everything but vectors. */
  scalars: readonly string[];
  /** What has to be done before it can be searched, one line each. */
  missing: readonly string[];
}

/** Reads the schema; `fields` (`milvus.fields`) says what the schema does not tell. */
export function readLayout(
  schema: CollectionSchema,
  indexes: readonly IndexDescription[],
  fields: NonNullable<Config["milvus"]["fields"]>,
): ForeignLayout {
  const named = (name: string | undefined): FieldSchema | null =>
    schema.fields.find((field) => field.name === name) ?? null;
  const indexOf = (name: string | undefined): IndexDescription | undefined =>
    indexes.find(({ field_name: field }) => field === name);
  const missing: string[] = [];

  const key = schema.fields.find((field) => field.is_primary_key);
  if (fields.id !== undefined && fields.id !== key?.name) {
    missing.push(`set \`milvus.fields.id\` to its primary key, ${key?.name ?? "which it has not"}, or leave it out`);
  }

  const vectors = schema.fields.filter(({ data_type: type }) => type === DataType.floatVector);
  const vector =
    fields.vector === undefined
      ? vectors.length === 1
        ? vectors[0]
        : undefined
      : vectors.find(({ name }) => name === fields.vector);
  const { input: bm25Input, output: bm25Output } = bm25FieldsOf(schema);
  const sparse = indexOf(bm25Output) === undefined ? undefined : bm25Output;
  if (vector === undefined && (sparse === undefined || (fields.vector !== undefined && vectors.length > 0))) {
    const choice = vectors.map(({ name }) => name).join(", ");
    missing.push(
      `set \`milvus.fields.vector\` to the field that holds the vectors (${choice || "it has none of floats"})`,
    );
    if (bm25Output !== undefined && sparse === undefined) {
      missing.push(`or make an index of the field ${bm25Output}, with the program that made the collection`);
    }
  }

  const told = fields.text ?? named("text")?.name ?? bm25Input;
  const isTextGuessed = told === undefined && schema.enable_dynamic_field === true;
  const text = told ?? (isTextGuessed ? "text" : null);
  if (text === null) missing.push("set `milvus.fields.text` to the field that holds the passages");
  else if (named(text) === null && schema.enable_dynamic_field !== true) {
    missing.push(`set \`milvus.fields.text\` to a field that it has: there is no ${JSON.stringify(text)}`);
  }

  const metric = indexOf(vector?.name)?.params.find(({ key: parameter }) => parameter === "metric_type")?.value;
  const dimensions = vector?.type_params.find(({ key: parameter }) => parameter === "dim")?.value;
  return {
    key: { name: key?.name ?? "id", isInteger: key?.data_type === DataType.int64 },
    vector: vector?.name ?? null,
    hasVectors: schema.fields.some((field) => isVector(field) && field.name !== bm25Output),
    dimensions: dimensions === undefined ? null : Number(dimensions),
    denseMetric: metric ?? null,
    sparse: sparse ?? null,
    text,
    isTextGuessed,
    source: fields.source ?? named("source")?.name ?? null,
    title: fields.title ?? named("title")?.name ?? null,
    scalars: [
      ...schema.fields.filter((field) => !isVector(field) && !field.is_function_output).map(({ name }) => name),
      ...(schema.enable_dynamic_field === true ? [DYNAMIC_FIELD] : []),
    ],
    missing,
  };
}

/** The field that a BM25 function reads, and the one that it writes, as far as they are told. */
function bm25FieldsOf({ functions, fields }: CollectionSchema): { input?: string; output?: string } {
  const bm25 = functions.find(({ type }) => type === BM25_FUNCTION);
  if (bm25 !== undefined) return namesOf(bm25.input_field_names[0], bm25.output_field_names[0]);
  // Milvus Lite 2.x describes no functions, and marks what they write; it has no other function than BM25.
  const output = fields.find((field) => field.is_function_output && field.data_type === DataType.sparseFloatVector);
  if (output === undefined) return {};
  const isAnalyzed = ({ type_params: parameters }: FieldSchema): boolean =>
    parameters.some(({ key, value }) => key === "enable_analyzer" && value.toLowerCase() === "true");
  const analyzed = fields.filter(isAnalyzed);
  // Of several, the schema does not tell which one is read.
  return namesOf(analyzed.length === 1 ? analyzed[0]?.name : undefined, output.name);
}

function namesOf(input: string | undefined, output: string | undefined): { input?: string; output?: string } {
  return { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) };
}

export function isVector({ data_type: type }: FieldSchema): boolean {
  return type >= 100;
}

/** What can be known of a collection's making from its schema. */
export function synthesiseManifest({ hasVectors, dimensions, denseMetric }: ForeignLayout): ForeignManifest {
  const metric = denseMetric?.toLowerCase();
  return {
    schemaVersion: null,
    embedding: hasVectors ? { provider: null, model: null, dimensions, queryPrefix: null, documentPrefix: null } : null,
    metric: metric === "cosine" || metric === "ip" || metric === "l2" ? (metric satisfies Metric) : null,
    analyzer: null,
    chunking: null,
    toolVersion: null,
    createdAt: null,
  };
}

/** A row as a chunk; every field that has a value a filter can compare is in its metadata. */
export function foreignChunk(row: Row, layout: ForeignLayout): StoredChunk {
  const valueOf = (field: string | null): string | null => textOf(field === null ? null : row[field]);
  const id = valueOf(layout.key.name) ?? "";
  const source = valueOf(layout.source) ?? id;
  return {
    id,
    docId: documentId(source),
    source,
    ordinal: 0,
    text: valueOf(layout.text) ?? "",
    docHash: "",
    docChunks: 1,
    title: valueOf(layout.title) ?? source,
    heading: [],
    page: null,
    startLine: null,
    endLine: null,
    format: "unknown",
    context: "",
    language: "",
    metadata: metadataOf(row),
    updatedAt: 0,
    writer: "",
    vector: null,
  };
}

/** The chunk as people see it: its metadata do not repeat what is its text, source, title or key. */
export function withoutOwnFields<Chunk extends Pick<StoredChunk, "metadata">>(
  chunk: Chunk,
  layout: ForeignLayout,
): Chunk {
  const own = new Set([layout.key.name, layout.text, layout.source, layout.title]);
  const rest = Object.entries(chunk.metadata).filter(([field]) => !own.has(field));
  return { ...chunk, metadata: Object.fromEntries(rest) };
}

function textOf(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}

function metadataOf(row: Row): Metadata {
  const metadata: Metadata = {};
  for (const [key, value] of Object.entries(row)) {
    if (typeof value === "bigint") metadata[key] = String(value);
    else if (isScalar(value)) metadata[key] = value;
    else if (Array.isArray(value) && value.every(isScalar)) metadata[key] = value;
  }
  return metadata;
}

function isScalar(value: unknown): value is MetadataScalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
