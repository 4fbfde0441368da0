import { UserError } from "../../errors.ts";
import type { Manifest, NewManifest } from "../types.ts";
import { manifestOfForm2 } from "../shared/bm25-terms.ts";
import { collectionExists } from "../shared/refusals.ts";
import type { MilvusDialect } from "./dialect.ts";
import { type CollectionHandle, load } from "./loading.ts";
import type { Describe } from "./replacement/names.ts";
import { manifestProperties, newSchema } from "./schema.ts";
import { backend } from "./wire/errors.ts";
import {
  BM25_FUNCTION,
  CONSISTENCY_LEVEL,
  type CollectionSchema,
  type DescribedCollection,
  type KeyValue,
} from "./wire/protocol.ts";

interface NewCollectionHandle extends CollectionHandle {
  describe: Describe;
  location: string;
}

/**
 * Makes a collection, and returns its manifest and the schema that the deployment made of it. `properties`: what it says of
 * itself besides. Throws `UserError` `collection-exists` where another writer was faster.
 */
export async function createCollection(
  { connection, dialect, describe, location, name }: NewCollectionHandle,
  newManifest: NewManifest,
  properties: readonly KeyValue[],
): Promise<{ manifest: Manifest; schema: CollectionSchema }> {
  const { encodeSchema } = await connection.protocol;
  const manifest = manifestOfForm2(newManifest, dialect);
  try {
    await connection.call("CreateCollection", {
      collection_name: name,
      schema: encodeSchema(newSchema(name, manifest, dialect)),
      shards_num: 1,
      consistency_level: CONSISTENCY_LEVEL.strong,
      properties: [...manifestProperties(manifest), ...properties],
    });
  } catch (error) {
    // Servers say in several ways that the name is taken.
    if ((await describe(name).catch(() => null)) !== null) throw collectionExists(name, location);
    throw error;
  }
  const { schema } = (await describe(name)) as DescribedCollection;
  return { manifest, schema };
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
