import { UserError } from "../../../errors.ts";
import { describeIndexes } from "../indexes.ts";
import type { CollectionHandle } from "../loading.ts";
import { countRows } from "../reader.ts";
import { MilvusErrorCode } from "../wire/errors.ts";
import type { IndexDescription } from "../wire/protocol.ts";

interface VectorSearch extends CollectionHandle {
  vectorField: string;
}

/**
 * Rows outside the index of vectors from which on a server may make an interim one: by default it parts them into 128
 * lists, for which it wants 39 rows each.
 */
const LEAST_INTERIM_ROWS = 128 * 39;

/** The index of vectors; `null` if there is none, or the user may not describe it. */
export async function vectorIndex({ connection, name, vectorField }: VectorSearch): Promise<IndexDescription | null> {
  const indexes = await describeIndexes(connection, name).catch(unlessForbidden<IndexDescription[]>([]));
  return indexes.find(({ field_name: field }) => field === vectorField) ?? null;
}

/** Whether every vector is compared, also that of a row written a moment ago. */
export function comparesEveryVector({ dialect }: VectorSearch, index: IndexDescription | null): boolean {
  const type = index?.params.find(({ key }) => key === "index_type")?.value;
  return type !== undefined && dialect.exactIndexes.includes(type);
}

/** Whether so many rows are outside the index of vectors that the server may search them through an interim one. */
export async function hasInterimIndex(collection: VectorSearch): Promise<boolean> {
  if (!collection.dialect.interimIndexes) return false;
  const index = await vectorIndex(collection);
  if (index === null || comparesEveryVector(collection, index)) return false;
  const total = await countRows(collection).catch(unlessForbidden(0));
  return total - Number(index.indexed_rows) >= LEAST_INTERIM_ROWS;
}

/** Users who may search but may not describe the collection get the best search possible without that. */
function unlessForbidden<Value>(otherwise: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof UserError && error.code === MilvusErrorCode.notPermitted) return otherwise;
    throw error;
  };
}
