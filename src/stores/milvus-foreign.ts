import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import type { Metadata, MetadataScalar, StoredChunk } from "../types.ts";
import { matchesAll } from "../util/filter-match.ts";
import { documentId } from "../util/ids.ts";
import { modesOf } from "./milvus-collection.ts";
import type { MilvusConnection } from "./milvus-connection.ts";
import type { MilvusDialect } from "./milvus-dialect.ts";
import { describeIndexes } from "./milvus-indexes.ts";
import {
  BM25_FUNCTION,
  BOOLEAN_EXPRESSION,
  type CollectionSchema,
  DataType,
  type FieldSchema,
  type IndexDescription,
  PlaceholderType,
  STRONG,
  type SearchResultData,
} from "./milvus-protocol.ts";
import { WHOLE_ROWS, everyRow, keyPage, readMilvus } from "./milvus-reader.ts";
import type { Row } from "./chunk-row.ts";
import { decodeRows, vectorBytes, wellFormed } from "./milvus-rows.ts";
import { keyValues } from "./milvus-schema.ts";
import { similarity } from "./milvus-search.ts";
import type { Collection, DocumentRecord, Manifest, Metric, ScoredChunk, SearchRequest } from "./types.ts";

/** The field that holds what a schema with dynamic fields does not name. */
const DYNAMIC_FIELD = "$meta";
/** Of a collection that is only read, one page says enough about what it holds. */
const OVERFETCH = 10;

export interface ForeignCollectionOptions {
  connection: MilvusConnection;
  dialect: MilvusDialect;
  name: string;
  schema: CollectionSchema;
  searchParams: Readonly<Record<string, string | number | boolean>>;
  /** What its fields are called, as far as the user said. */
  fields: NonNullable<Config["milvus"]["fields"]>;
  location: string;
}

/**
 * A collection that another program made: it is searched and read, never written. What the schema does not tell is
 * taken from `milvus.fields`; `foreign.missing` says what is still needed.
 */
export async function openForeignCollection(options: ForeignCollectionOptions): Promise<Collection> {
  const { connection, dialect, name, schema } = options;
  const reader = readMilvus(connection, name, dialect);
  const indexes = await describeIndexes(connection, name);
  const layout = readLayout(schema, indexes, options.fields);
  const { vector, sparse } = layout;
  const manifest = synthesiseManifest(layout);
  const scalarFields = [
    ...schema.fields.filter((field) => !isVector(field) && !field.is_function_output).map((field) => field.name),
    ...(schema.enable_dynamic_field ? [DYNAMIC_FIELD] : []),
  ];
  const readOnly = async (): Promise<never> => {
    throw new UserError(
      "foreign-collection",
      `another program made the collection "${name}": it is read, not written`,
      {
        hint: "ingest into a collection of another name",
      },
    );
  };

  async function* everyChunk(): AsyncGenerator<StoredChunk> {
    if (dialect.queryWindow === null || layout.key === null) {
      for (const row of await reader.query(everyRow, scalarFields)) yield toChunk(row, layout);
      return;
    }
    const { name: key, data_type: type } = layout.key;
    for (let last: string | number | bigint | null = null; ;) {
      const literal: string = typeof last === "string" ? JSON.stringify(last) : String(last);
      const text: string =
        last === null
          ? type === DataType.int64
            ? `${key} >= -9223372036854775807`
            : `${key} >= ""`
          : `${key} > ${literal}`;
      const rows: Row[] = await reader.query({ ...everyRow, text }, scalarFields, keyPage(WHOLE_ROWS));
      if (rows.length === 0) return;
      for (const row of rows) yield toChunk(row, layout);
      last = rows
        .map((row) => row[key] as string | number | bigint)
        .reduce((left, right) => (left > right ? left : right));
    }
  }

  async function documents(): Promise<DocumentRecord[]> {
    const records = new Map<string, DocumentRecord>();
    for await (const chunk of everyChunk()) {
      const { docId, source, title } = chunk;
      const known = records.get(docId);
      if (known === undefined) records.set(docId, { docId, source, title, docHash: "", docChunks: 1, updatedAt: 0 });
      else known.docChunks++;
    }
    return [...records.values()];
  }

  async function search(request: SearchRequest): Promise<ScoredChunk[]> {
    const isDense = request.mode === "dense";
    const field = isDense ? vector : sparse;
    if (layout.missing.length > 0 || field === null) throw unreadable(name, layout.missing);
    if (isDense && request.vector?.length !== manifest.embedding?.dimensions) {
      throw new UserError(
        "dimension-mismatch",
        `collection "${name}" holds vectors of ${manifest.embedding?.dimensions ?? 0} dimensions, the question's has ${request.vector?.length ?? 0}`,
        { hint: "configure the embedding model that the collection was made with" },
      );
    }
    const { encodePlaceholder } = await connection.protocol;
    const asked = Math.min(request.limit * (request.filters.length > 0 ? OVERFETCH : 1), dialect.maxHits);
    const { results } = await reader.whenLoaded(() =>
      connection.call("Search", {
        collection_name: name,
        dsl: "",
        dsl_type: BOOLEAN_EXPRESSION,
        expr_template_values: {},
        placeholder_group: isDense
          ? encodePlaceholder(PlaceholderType.floatVector, vectorBytes(request.vector as Float32Array))
          : encodePlaceholder(PlaceholderType.varChar, new TextEncoder().encode(wellFormed(request.text))),
        output_fields: scalarFields,
        search_params: keyValues({
          anns_field: field,
          topk: asked,
          metric_type: isDense ? layout.milvusMetric : "BM25",
          params: JSON.stringify(isDense ? options.searchParams : {}),
          round_decimal: -1,
        }),
        nq: 1,
        consistency_level: STRONG,
      }),
    );
    return hits(results, layout)
      .map(({ chunk, score: raw }) => {
        const score = isDense ? similarity(raw, manifest.metric) : dialect.negatedBm25 ? -raw : raw;
        return { chunk, score, scores: { dense: null, text: null, [request.mode]: score } };
      })
      .filter(({ chunk }) => matchesAll(request.filters, chunk))
      .slice(0, request.limit);
  }

  return {
    name,
    manifest,
    // Both lists of a fusion would need the fields of a collection of our own.
    modes: modesOf(vector !== null, sparse !== null).filter((mode) => mode !== "hybrid"),
    foreign: { missing: layout.missing },
    documents,
    async chunksOf(docIds) {
      const wanted = new Set(docIds);
      const chunks: StoredChunk[] = [];
      for await (const chunk of everyChunk()) if (wanted.has(chunk.docId)) chunks.push(chunk);
      return chunks;
    },
    upsert: readOnly,
    deleteDocuments: readOnly,
    deleteStale: readOnly,
    countChunks: () => reader.count(),
    orphans: async () => [],
    optimize: readOnly,
    search,
    async stats() {
      // Counting rows exactly would load the collection, which is not ours, into the server's memory.
      const { stats } = await connection.call("GetCollectionStatistics", { collection_name: name });
      const chunks = Number(stats.find(({ key }) => key === "row_count")?.value ?? 0);
      return {
        chunks,
        documents: layout.source === null ? chunks : (await documents()).length,
        sizeBytes: null,
        index: indexes.map((index) => ({
          name: index.index_name || index.field_name,
          type: index.params.find(({ key }) => key === "index_type")?.value ?? "unknown",
          rows: Number(index.indexed_rows),
        })),
        updatedAt: null,
      };
    },
  };
}

/** Which field of the collection is what. */
interface Layout {
  key: FieldSchema | null;
  vector: string | null;
  dimensions: number;
  milvusMetric: string;
  sparse: string | null;
  text: string | null;
  source: string | null;
  title: string | null;
  /** What is needed before it can be searched, one line each. */
  missing: string[];
}

function readLayout(
  schema: CollectionSchema,
  indexes: readonly IndexDescription[],
  fields: ForeignCollectionOptions["fields"],
): Layout {
  const named = (name: string | undefined): FieldSchema | null =>
    schema.fields.find((field) => field.name === name) ?? null;
  const key = named(fields.id) ?? schema.fields.find((field) => field.is_primary_key) ?? null;
  const vectors = schema.fields.filter(({ data_type: type }) => type === DataType.floatVector);
  const vector = named(fields.vector) ?? (vectors.length === 1 ? (vectors[0] as FieldSchema) : null);
  const bm25 = schema.functions.find(({ type }) => type === BM25_FUNCTION);
  const exists = (name: string): boolean => named(name) !== null || (schema.enable_dynamic_field ?? false);
  const text = fields.text ?? (named("text") === null ? null : "text");
  const missing: string[] = [];
  if (vector === null && bm25 === undefined) {
    const choice = vectors.map(({ name }) => name).join(", ");
    missing.push(`\`milvus.fields.vector\`: the field that holds the vectors (${choice || "it has none of floats"})`);
  }
  if (text === null) missing.push("`milvus.fields.text`: the field that holds the passages");
  else if (!exists(text)) missing.push(`\`milvus.fields.text\`: there is no field ${JSON.stringify(text)}`);
  const index = indexes.find(({ field_name: field }) => field === vector?.name);
  return {
    key,
    vector: vector?.name ?? null,
    dimensions: Number(vector?.type_params.find(({ key: parameter }) => parameter === "dim")?.value ?? 0),
    milvusMetric: index?.params.find(({ key: parameter }) => parameter === "metric_type")?.value ?? "COSINE",
    sparse: bm25?.output_field_names[0] ?? null,
    text,
    source: fields.source ?? (named("source") === null ? null : "source"),
    title: fields.title ?? (named("title") === null ? null : "title"),
    missing,
  };
}

/** What can be known of a collection's making from its schema. */
function synthesiseManifest(layout: Layout): Manifest {
  const metric = layout.milvusMetric.toLowerCase();
  return {
    schemaVersion: 1,
    embedding:
      layout.vector === null
        ? null
        : { provider: "unknown", model: "unknown", dimensions: layout.dimensions, queryPrefix: "", documentPrefix: "" },
    metric: metric === "ip" || metric === "l2" ? (metric satisfies Metric) : "cosine",
    analyzer: layout.sparse === null ? "none" : "unknown",
    chunking: {},
    toolVersion: "unknown",
    createdAt: new Date(0).toISOString(),
  };
}

function toChunk(row: Row, layout: Layout): StoredChunk {
  const id = String(row[layout.key?.name ?? "id"] ?? "");
  const source = textOf(layout.source === null ? undefined : row[layout.source]) ?? id;
  const own = new Set([layout.key?.name, layout.text, layout.source, layout.title, layout.vector, layout.sparse]);
  return {
    id,
    docId: documentId(source),
    source,
    ordinal: 0,
    text: textOf(layout.text === null ? undefined : row[layout.text]) ?? "",
    docHash: "",
    docChunks: 1,
    title: textOf(layout.title === null ? undefined : row[layout.title]) ?? source,
    heading: [],
    page: null,
    startLine: null,
    endLine: null,
    format: "unknown",
    context: "",
    metadata: scalarsOf(Object.entries(row).filter(([field]) => !own.has(field))),
    updatedAt: 0,
    vector: null,
  };
}

function textOf(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}

function scalarsOf(entries: [string, unknown][]): Metadata {
  const metadata: Metadata = {};
  for (const [key, value] of entries) {
    if (typeof value === "bigint") metadata[key] = String(value);
    else if (isScalar(value)) metadata[key] = value;
    else if (Array.isArray(value) && value.every(isScalar)) metadata[key] = value;
  }
  return metadata;
}

function isScalar(value: unknown): value is MetadataScalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isVector({ data_type: type }: FieldSchema): boolean {
  return type >= 100;
}

function hits(results: SearchResultData | null, layout: Layout): { chunk: StoredChunk; score: number }[] {
  if (results === null) return [];
  const keys = results.ids?.str_id?.data ?? results.ids?.int_id?.data ?? [];
  return decodeRows(results.fields_data, results.scores.length).map((row, index) => ({
    chunk: toChunk({ ...row, [layout.key?.name ?? "id"]: String(keys[index]) }, layout),
    score: results.scores[index] as number,
  }));
}

function unreadable(name: string, missing: readonly string[]): UserError {
  return new UserError(
    "foreign-fields",
    `another program made the collection "${name}", and not enough is known of it`,
    {
      hint: missing.length > 0 ? `set ${missing.join("; ")}` : "search with another --mode",
    },
  );
}
