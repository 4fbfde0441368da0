import type { Config } from "../../../config/schema.ts";
import { UserError } from "../../../errors.ts";
import type { StoredChunk } from "../../../types.ts";
import { checkVector } from "../../shared/check-vector.ts";
import { foreignIsNotWritten } from "../../../util/foreign-collection.ts";
import { modesOf } from "../collection.ts";
import type { MilvusConnection } from "../wire/connection.ts";
import type { MilvusDialect } from "../dialect.ts";
import { quote } from "../literals.ts";
import { foreignScope } from "./filter.ts";
import { type ForeignLayout, foreignChunk, readLayout, synthesiseManifest, withoutOwnFields } from "./layout.ts";
import { describeIndexes } from "../indexes.ts";
import type { CollectionSchema } from "../wire/protocol.ts";
import { type MilvusKey, everyRow, readMilvus } from "../reader.ts";
import { searchMilvus } from "../search.ts";
import type { Collection, DocumentRecord, ScoredChunk, SearchRequest } from "../../types.ts";

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
  const { connection, dialect, name, schema, searchParams } = options;
  const indexes = await describeIndexes(connection, name);
  const layout = readLayout(schema, indexes, options.fields);
  const { key, scalars } = layout;
  const manifest = synthesiseManifest(layout);
  const modes = modesOf(layout.vector !== null, layout.sparse !== null);
  const reader = readMilvus({ connection, dialect, name, key, text: layout.text });
  const ranked = searchMilvus({
    connection,
    reader,
    dialect,
    collection: name,
    rows: {
      key,
      vector: layout.vector ?? "",
      sparse: layout.sparse ?? "",
      output: scalars,
      filtered: scalars,
      scope: foreignScope(name, schema, layout),
      denseMetric: layout.denseMetric ?? "COSINE",
      decode: (row) => foreignChunk(row, layout),
      isOneOf: (keys) => isOneOf(key, keys),
    },
    metric: manifest.metric ?? "cosine",
    searchParams,
    terms: null,
  });

  const readOnly = async (): Promise<never> => {
    throw foreignIsNotWritten(name);
  };

  async function* everyChunk(): AsyncGenerator<StoredChunk> {
    for await (const rows of reader.all(everyRow, scalars)) {
      for (const row of rows) yield withoutOwnFields(foreignChunk(row, layout), layout);
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
    if (layout.missing.length > 0) throw unreadable(name, layout);
    if (request.mode !== "text") checkVector(request.vector, manifest, name);
    if (!modes.includes(request.mode)) {
      throw new UserError("no-text-index", `collection "${name}" has no BM25 function with an index`, {
        hint: "search with --mode dense",
      });
    }
    const hits = await ranked(request);
    return hits.map((hit) => ({ ...hit, chunk: withoutOwnFields(hit.chunk, layout) }));
  }

  return {
    name,
    manifest,
    modes,
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
      const chunks = Number(stats.find(({ key: statistic }) => statistic === "row_count")?.value ?? 0);
      return {
        chunks,
        documents: layout.source === null ? chunks : (await documents()).length,
        sizeBytes: null,
        index: indexes.map((index) => ({
          name: index.index_name || index.field_name,
          type: index.params.find(({ key: parameter }) => parameter === "index_type")?.value ?? "unknown",
          rows: Number(index.indexed_rows),
        })),
        updatedAt: null,
      };
    },
  };
}

/** Strings that no literal is safe for are left out: such a key is found by a filter that needs no last resort. */
function isOneOf(key: MilvusKey, keys: readonly unknown[]): string {
  const literals = key.isInteger ? keys.map(String) : keys.flatMap((value) => quote(String(value)) ?? []);
  return `${key.name} in [${literals.join(",")}]`;
}

function unreadable(name: string, { missing }: ForeignLayout): UserError {
  return new UserError(
    "foreign-fields",
    `another program made the collection "${name}", and not enough is known of it`,
    { hint: missing.join("; ") },
  );
}
