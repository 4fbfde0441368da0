import type { MilvusDialect } from "./dialect.ts";
import { manifestIn } from "../shared/manifest-shape.ts";
import {
  BM25_FUNCTION,
  type CollectionSchema,
  DataType,
  type DescribedCollection,
  type FieldSchema,
  type KeyValue,
} from "./wire/protocol.ts";
import type { Manifest, Metric } from "../types.ts";

/** Most bytes of UTF-8 that each text field takes; servers count bytes, and 65,535 is their limit. */
export const TEXT_BYTES = {
  id: 64,
  doc_id: 64,
  source: 8_192,
  text: 65_535,
  doc_hash: 128,
  title: 4_096,
  heading: 32_768,
  format: 64,
  /** Encoded terms can be longer than the text. */
  terms: 65_535,
  language: 16,
  writer: 128,
} as const;

/** Most bytes of a JSON value: `common.JSONMaxLength` of Milvus, as it ships. */
export const JSON_BYTES = 65_536;

export const VECTOR_FIELD = "vector";
export const SPARSE_FIELD = "sparse";
export const TERMS_FIELD = "terms";

const integerFields = ["ord", "text_start", "doc_chunks", "page", "start_line", "end_line", "updated_at"] as const;
/** `metadata` as the document has it; `headings` keeps apart what `heading` joins: `{"path": [...]}`. */
const jsonFields = ["metadata", "headings"] as const;

/** Key of the collection's property that holds the manifest. */
const MANIFEST_PROPERTY = "rag.manifest";

/** The schema of a new collection: with vectors where the manifest says so, with BM25 where the deployment has it. */
export function newSchema(name: string, manifest: Manifest, { bm25, termsAnalyzer }: MilvusDialect): CollectionSchema {
  const textFields = Object.entries(TEXT_BYTES).map(([field, bytes]) => text(field, bytes));
  const fields: FieldSchema[] = [
    ...textFields,
    ...integerFields.map((field) => ({ name: field, data_type: DataType.int64, type_params: [] })),
    ...jsonFields.map((field) => ({ name: field, data_type: DataType.json, type_params: [] })),
  ];
  if (manifest.embedding !== null) {
    fields.push({
      name: VECTOR_FIELD,
      data_type: DataType.floatVector,
      type_params: [{ key: "dim", value: String(manifest.embedding.dimensions) }],
    });
  }
  if (bm25) {
    fields
      .find((field) => field.name === TERMS_FIELD)
      ?.type_params.push(
        { key: "enable_analyzer", value: "true" },
        { key: "analyzer_params", value: JSON.stringify(termsAnalyzer) },
      );
    fields.push({
      name: SPARSE_FIELD,
      data_type: DataType.sparseFloatVector,
      is_function_output: true,
      type_params: [],
    });
  }
  return {
    name,
    description: JSON.stringify(manifest),
    fields,
    functions: bm25
      ? [
          {
            name: "bm25",
            type: BM25_FUNCTION,
            input_field_names: [TERMS_FIELD],
            output_field_names: [SPARSE_FIELD],
          },
        ]
      : [],
  };
}

function text(name: string, maxLength: number): FieldSchema {
  return {
    name,
    data_type: DataType.varChar,
    is_primary_key: name === "id",
    type_params: [{ key: "max_length", value: String(maxLength) }],
  };
}

/** Written twice: Milvus Lite drops descriptions, and some servers and tools drop properties. */
export function manifestProperties(manifest: Manifest): KeyValue[] {
  return [{ key: MANIFEST_PROPERTY, value: JSON.stringify(manifest) }];
}

/** The manifest of a collection; `null` where another program made it. */
export function readManifest(described: DescribedCollection): Manifest | null {
  const property = described.properties.find(({ key }) => key === MANIFEST_PROPERTY)?.value;
  return parseManifest(property) ?? parseManifest(described.schema.description);
}

function parseManifest(json: string | undefined): Manifest | null {
  return json === undefined ? null : manifestIn(json);
}

export const milvusMetrics: Record<Metric, string> = { cosine: "COSINE", ip: "IP", l2: "L2" };

/** Explicit parameters of BM25, because the defaults of deployments differ. */
const bm25Parameters = { bm25_k1: 1.2, bm25_b: 0.75 };

/** The indexes of a new collection. */
export function newIndexes(
  schema: CollectionSchema,
  manifest: Manifest,
  dialect: MilvusDialect,
  dense: { type: string; params: Readonly<Record<string, string | number | boolean>> },
): { field: string; parameters: KeyValue[] }[] {
  const has = (field: string): boolean => schema.fields.some(({ name }) => name === field);
  const indexes: { field: string; parameters: KeyValue[] }[] = [];
  if (has(VECTOR_FIELD)) {
    indexes.push({
      field: VECTOR_FIELD,
      parameters: keyValues({
        index_type: dense.type === "AUTOINDEX" ? dialect.autoIndex : dense.type,
        metric_type: milvusMetrics[manifest.metric],
        params: JSON.stringify(dense.params),
      }),
    });
  }
  if (has(SPARSE_FIELD)) {
    indexes.push({
      field: SPARSE_FIELD,
      parameters: keyValues({
        index_type: "SPARSE_INVERTED_INDEX",
        metric_type: "BM25",
        params: JSON.stringify(bm25Parameters),
      }),
    });
  }
  if (dialect.documentIndex !== null) {
    indexes.push({ field: "doc_id", parameters: keyValues({ index_type: dialect.documentIndex, params: "{}" }) });
  }
  return indexes;
}

export function keyValues(values: Readonly<Record<string, string | number>>): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));
}
