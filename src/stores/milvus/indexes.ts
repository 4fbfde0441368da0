import type { Config } from "../../config/schema.ts";
import { UserError } from "../../errors.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import type { MilvusDialect } from "./dialect.ts";
import { MilvusErrorCode } from "./wire/errors.ts";
import type { CollectionSchema, IndexDescription } from "./wire/protocol.ts";
import { VECTOR_FIELD, newIndexes } from "./schema.ts";
import type { CollectionStats, Manifest } from "../types.ts";

/** The indexes of a collection; having none is a failure to Milvus, and an empty list here. */
export async function describeIndexes(connection: MilvusConnection, name: string): Promise<IndexDescription[]> {
  try {
    return (await connection.call("DescribeIndex", { collection_name: name })).index_descriptions;
  } catch (error) {
    if (error instanceof UserError && error.code === MilvusErrorCode.indexNotFound) return [];
    throw error;
  }
}

/** The indexes as `rag collections show` lists them. */
export function indexStats(indexes: readonly IndexDescription[]): CollectionStats["index"] {
  return indexes.map((index) => ({
    name: index.index_name || index.field_name,
    type: index.params.find(({ key }) => key === "index_type")?.value ?? "unknown",
    rows: Number(index.indexed_rows),
  }));
}

/** Makes the indexes that a collection of ours should have and has not, as after a process that was killed in between. */
export async function ensureIndexes(collection: {
  connection: MilvusConnection;
  name: string;
  schema: CollectionSchema;
  manifest: Manifest;
  dialect: MilvusDialect;
  dense: Config["milvus"]["index"];
}): Promise<void> {
  const { connection, name, schema, manifest, dialect, dense } = collection;
  const made = new Set((await describeIndexes(connection, name)).map((index) => index.field_name));
  for (const { field, parameters } of newIndexes(schema, manifest, dialect, dense)) {
    if (made.has(field)) continue;
    if (field === VECTOR_FIELD) dialect.checkIndex(dense);
    await connection.call("CreateIndex", {
      collection_name: name,
      field_name: field,
      index_name: field,
      extra_params: parameters,
    });
  }
}
