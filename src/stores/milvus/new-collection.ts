import { UserError } from "../../errors.ts";
import type { Manifest, NewManifest } from "../types.ts";
import { manifestOfForm2 } from "../shared/bm25-terms.ts";
import type { MilvusDialect } from "./dialect.ts";
import { type CollectionHandle, load } from "./loading.ts";
import { manifestProperties, newSchema } from "./schema.ts";
import { backend } from "./wire/errors.ts";
import { BM25_FUNCTION, CONSISTENCY_LEVEL, type CollectionSchema, type KeyValue } from "./wire/protocol.ts";

/** Makes a collection and returns its manifest. `properties`: what it says of itself besides. */
export async function createCollection(
  { connection, dialect, name }: CollectionHandle,
  newManifest: NewManifest,
  properties: readonly KeyValue[] = [],
): Promise<Manifest> {
  const { encodeSchema } = await connection.protocol;
  const manifest = manifestOfForm2(newManifest, dialect);
  await connection.call("CreateCollection", {
    collection_name: name,
    schema: encodeSchema(newSchema(name, manifest, dialect)),
    shards_num: 1,
    consistency_level: CONSISTENCY_LEVEL.strong,
    properties: [...manifestProperties(manifest), ...properties],
  });
  return manifest;
}

/** Makes a new collection ready to be searched; drops it where that fails, or it would block the next attempt. */
export async function prepareOrDrop(handle: Required<CollectionHandle>, schema: CollectionSchema): Promise<void> {
  const { connection, dialect, name } = handle;
  try {
    if (dialect.bm25 && !hasBm25(schema, dialect)) {
      throw backend("no-text-index", `${dialect.product} made the collection without its BM25 function`);
    }
    await handle.ensureIndexes();
    await load(handle);
  } catch (error) {
    await connection.call("DropCollection", { collection_name: name }).catch(() => {});
    throw error;
  }
}

function hasBm25({ functions, fields }: CollectionSchema, { describesFunctions }: MilvusDialect): boolean {
  if (!describesFunctions) return fields.some((field) => field.is_function_output);
  return functions.some(({ type }) => type === BM25_FUNCTION);
}

/** Throws `UserError` where a collection would have neither vectors nor BM25. */
export function refuseWithoutIndex({ embedding }: NewManifest, dialect: MilvusDialect): void {
  if (embedding !== null || dialect.bm25) return;
  throw new UserError("no-text-index", `${dialect.product} has no BM25, and the collection would have no vectors`, {
    hint: "BM25 needs Milvus 2.5 or later; for an older one configure `embedding`, and ingest the documents with it",
  });
}
