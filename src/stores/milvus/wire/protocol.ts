import { createRequire } from "node:module";
import type { INamespace, Method, Type } from "protobufjs/light.js";

/**
 * Milvus's protocol, from the definitions that the Node SDK ships. The SDK's client is left aside: it takes 350 ms to
 * start, and what it does with an answer (drops keys, hides failures, prints) cannot be undone afterwards. See
 * docs/decisions/2026-11-20-milvus-protocol.md.
 */

/** Numbers of `milvus.proto.schema.DataType` that are used here. */
export const DataType = {
  bool: 1,
  int8: 2,
  int16: 3,
  int32: 4,
  int64: 5,
  float: 10,
  double: 11,
  varChar: 21,
  array: 22,
  json: 23,
  floatVector: 101,
  sparseFloatVector: 104,
} as const;

/** Numbers of `milvus.proto.common.PlaceholderType`. */
export const PlaceholderType = { varChar: 21, floatVector: 101 } as const;

/** `milvus.proto.common.LoadState`. */
export const LoadState = { notExist: 0, notLoaded: 1, loading: 2, loaded: 3 } as const;

/** `milvus.proto.schema.FunctionType`. */
export const BM25_FUNCTION = 1;

/** `milvus.proto.common.DslType`: a boolean expression. */
export const BOOLEAN_EXPRESSION = 1;

/**
 * `milvus.proto.common.ConsistencyLevel`. `strong`: a read waits until it sees all that was written; `bounded`: all but
 * that of the last seconds; `eventually`: it waits for nothing.
 */
export const CONSISTENCY_LEVEL = { strong: 0, bounded: 2, eventually: 3 } as const;

export type Consistency = keyof typeof CONSISTENCY_LEVEL;

export interface KeyValue {
  key: string;
  value: string;
}

export interface Status {
  /** Of the enumeration that servers before 2.4 used. */
  error_code: number;
  /** 0 where all is well. */
  code: number;
  reason: string;
  retriable: boolean;
}

/** 64-bit integers arrive as objects that `Number()` reads. */
export type Int64 = number | { toString(): string };

interface ScalarData<Value> {
  data: ArrayLike<Value>;
}

export interface FieldData {
  type: number;
  field_name: string;
  is_dynamic?: boolean;
  /** Empty, or one flag a row where the field may be null. */
  valid_data?: boolean[];
  scalars?: {
    bool_data?: ScalarData<boolean> | null;
    int_data?: ScalarData<number> | null;
    long_data?: ScalarData<Int64> | null;
    float_data?: { data: Uint8Array } | null;
    double_data?: ScalarData<number> | null;
    string_data?: ScalarData<string> | null;
    json_data?: ScalarData<Uint8Array> | null;
    /** One field of scalars a row. */
    array_data?: ScalarData<NonNullable<FieldData["scalars"]>> | null;
  } | null;
  vectors?: { dim: Int64; float_vector?: { data: Uint8Array } | null } | null;
}

export interface FieldSchema {
  name: string;
  description?: string;
  data_type: number;
  is_primary_key?: boolean;
  autoID?: boolean;
  is_function_output?: boolean;
  nullable?: boolean;
  /** Of an array. */
  element_type?: number;
  type_params: KeyValue[];
}

interface FunctionSchema {
  name: string;
  type: number;
  input_field_names: string[];
  output_field_names: string[];
}

export interface CollectionSchema {
  name: string;
  description: string;
  fields: FieldSchema[];
  functions: FunctionSchema[];
  enable_dynamic_field?: boolean;
}

export interface DescribedCollection {
  schema: CollectionSchema;
  collectionID: Int64;
  collection_name: string;
  properties: KeyValue[];
  aliases: string[];
}

export interface IndexDescription {
  index_name: string;
  field_name: string;
  params: KeyValue[];
  indexed_rows: Int64;
  state: number;
}

export interface SearchResultData {
  scores: number[];
  ids?: { str_id?: { data: string[] } | null; int_id?: { data: Int64[] } | null } | null;
  fields_data: FieldData[];
}

export type TemplateValue = { string_val: string } | { int64_val: number } | { float_val: number };

interface Named {
  collection_name: string;
}

export interface SearchParameters extends Named {
  dsl: string;
  dsl_type: number;
  placeholder_group: Uint8Array;
  output_fields: string[];
  search_params: KeyValue[];
  nq: number;
  consistency_level: number;
  expr_template_values: Record<string, TemplateValue>;
}

/** The calls this tool makes, each with its request and its answer. */
export interface Calls {
  Connect: [
    { client_info: { sdk_type: string; sdk_version: string; local_time: string; user: string; host: string } },
    { server_info: { build_tags: string; deploy_mode: string } | null },
  ];
  GetVersion: [Record<string, never>, { version: string }];
  ShowCollections: [Record<string, never>, { collection_names: string[] }];
  ShowPartitions: [Named & { type?: number }, { partition_names: string[] }];
  DescribeCollection: [Named, DescribedCollection];
  CreateCollection: [
    Named & { schema: Uint8Array; shards_num: number; consistency_level: number; properties: KeyValue[] },
    Status,
  ];
  DropCollection: [Named, Status];
  RenameCollection: [{ oldName: string; newName: string }, Status];
  CreateAlias: [Named & { alias: string }, Status];
  AlterAlias: [Named & { alias: string }, Status];
  DropAlias: [{ alias: string }, Status];
  CreateIndex: [Named & { field_name: string; index_name: string; extra_params: KeyValue[] }, Status];
  DropIndex: [Named & { field_name: string; index_name: string }, Status];
  DescribeIndex: [Named, { index_descriptions: IndexDescription[] }];
  GetCollectionStatistics: [Named, { stats: KeyValue[] }];
  GetLoadState: [Named, { state: number }];
  /** Without a number of replicas: that is the collection's or the database's own business. */
  LoadCollection: [Named, Status];
  Flush: [{ collection_names: string[] }, Record<string, never>];
  Upsert: [Named & { fields_data: FieldData[]; num_rows: number }, Record<string, never>];
  Delete: [Named & { expr: string; expr_template_values: Record<string, TemplateValue> }, { delete_cnt: Int64 }];
  Query: [
    Named & {
      expr: string;
      output_fields: string[];
      query_params: KeyValue[];
      consistency_level: number;
      expr_template_values: Record<string, TemplateValue>;
    },
    { fields_data: FieldData[] },
  ];
  Search: [SearchParameters, { results: SearchResultData | null }];
}

export type CallName = keyof Calls;

/** Encodes the request of one call and decodes its answer. */
interface Codec {
  path: string;
  encode(request: object): Buffer;
  decode(bytes: Uint8Array): unknown;
  /** Where the status is: the answer is one, or has one. */
  statusOf(response: unknown): Status | null;
}

export interface Protocol {
  codec(name: CallName): Codec;
  encodeSchema(schema: CollectionSchema): Uint8Array;
  /** What a search looks for: one vector, or one text. */
  encodePlaceholder(type: number, value: Uint8Array): Uint8Array;
}

let loaded: Promise<Protocol> | null = null;

/** Reads the definitions once (60 ms). */
export function milvusProtocol(): Promise<Protocol> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Protocol> {
  const { default: protobuf } = await import("protobufjs/light.js");
  // A CommonJS module with an export named `default`, which `import` and bundlers disagree about.
  const definitions = createRequire(import.meta.url)("@zilliz/milvus2-sdk-node/dist/milvus/proto-json/milvus.js") as {
    default: INamespace;
  };
  const root = protobuf.Root.fromJSON(definitions.default);
  // On the wire, packed floats are the bytes of a little-endian Float32Array: read and written as such, a vector costs
  // nothing.
  const floats = root.lookupType("milvus.proto.schema.FloatArray");
  floats.remove(floats.fields["data"] as NonNullable<(typeof floats.fields)[string]>);
  floats.add(new protobuf.Field("data", 1, "bytes"));

  const service = root.lookupService("milvus.proto.milvus.MilvusService");
  const statusType = root.lookupType("milvus.proto.common.Status");
  const schemaType = root.lookupType("milvus.proto.schema.CollectionSchema");
  const placeholderType = root.lookupType("milvus.proto.common.PlaceholderGroup");
  const codecs = new Map<CallName, Codec>();
  return {
    codec(name) {
      const known = codecs.get(name);
      if (known !== undefined) return known;
      const method = service.methods[name]?.resolve() as Method;
      const request = method.resolvedRequestType as Type;
      const response = method.resolvedResponseType as Type;
      const codec: Codec = {
        path: `/milvus.proto.milvus.MilvusService/${name}`,
        encode: (message) => Buffer.from(request.encode(message).finish()),
        decode: (bytes) => response.decode(bytes),
        statusOf: (answer) =>
          (response === statusType ? answer : ((answer as { status?: unknown }).status ?? null)) as Status | null,
      };
      codecs.set(name, codec);
      return codec;
    },
    encodeSchema: (schema) => schemaType.encode(schema).finish(),
    encodePlaceholder: (type, value) =>
      placeholderType.encode({ placeholders: [{ tag: "$0", type, values: [value] }] }).finish(),
  };
}
