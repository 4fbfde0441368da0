import type { Config } from "../../config/schema.ts";
import { UserError, messageOf } from "../../errors.ts";
import type { Manifest, NewManifest } from "../types.ts";
import type { AnalyzerChoice, MilvusDialect } from "./dialect.ts";
import { type CollectionHandle, load } from "./loading.ts";
import { manifestProperties, newSchema } from "./schema.ts";
import { backend } from "./wire/errors.ts";
import { BM25_FUNCTION, CONSISTENCY_LEVEL, type CollectionSchema, type KeyValue } from "./wire/protocol.ts";

/**
 * The analyzers to try for a new collection; `null`: made without BM25. Throws `UserError` where the settings ask for
 * what the deployment lacks.
 */
export function analyzersToTry(
  dialect: MilvusDialect,
  settings: Pick<Config["milvus"], "analyzer" | "index">,
): (AnalyzerChoice | null)[] {
  dialect.checkIndex(settings.index);
  return dialect.bm25 ? dialect.analyzers(settings.analyzer) : [null];
}

/**
 * Makes a collection with the first of the analyzers that the server has, and returns its manifest. `properties`: what it
 * says of itself besides.
 */
export async function createCollection(
  { connection, dialect, name }: CollectionHandle,
  newManifest: NewManifest,
  analyzers: readonly (AnalyzerChoice | null)[],
  properties: readonly KeyValue[] = [],
): Promise<Manifest> {
  const { encodeSchema } = await connection.protocol;
  for (const [index, analyzer] of analyzers.entries()) {
    const manifest: Manifest = { ...newManifest, analyzer: analyzer?.name ?? "none" };
    try {
      await connection.call("CreateCollection", {
        collection_name: name,
        schema: encodeSchema(newSchema(name, manifest, dialect, analyzer)),
        shards_num: 1,
        consistency_level: CONSISTENCY_LEVEL.strong,
        properties: [...manifestProperties(manifest), ...properties],
      });
      return manifest;
    } catch (error) {
      const isLast = index === analyzers.length - 1;
      if (isLast || !/analyzer|tokenizer|filter/i.test(messageOf(error))) throw error;
    }
  }
  throw new TypeError("no analyzer to try");
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
