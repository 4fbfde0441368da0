import type { Config } from "../../../config/schema.ts";
import { UserError } from "../../../errors.ts";
import { questionWords } from "../../shared/bm25-terms.ts";
import { checkVector } from "../../shared/check-vector.ts";
import type { DocumentSummary, ForeignCollection } from "../../types.ts";
import { quote } from "../literals.ts";
import { describeIndexes, indexStats } from "../indexes.ts";
import type { CollectionHandle } from "../loading.ts";
import { type MilvusKey, allRows, everyRow } from "../reader.ts";
import { modesOf, searchMilvus } from "../search.ts";
import type { SearchedCollection } from "../search-calls.ts";
import type { CollectionSchema } from "../wire/protocol.ts";
import { foreignScope } from "./filter.ts";
import { type ForeignLayout, foreignChunk, readLayout, synthesiseManifest, withoutOwnFields } from "./layout.ts";

export interface ForeignCollectionOptions extends Omit<CollectionHandle, "ensureIndexes"> {
  schema: CollectionSchema;
  searchParams: Readonly<Record<string, string | number | boolean>>;
  /** What its fields are called, as far as the user said. */
  fields: NonNullable<Config["milvus"]["fields"]>;
}

/**
 * A collection that another program made. What the schema does not tell is taken from `milvus.fields`;
 * `foreign.missing` says what is still needed.
 */
export async function openForeignCollection(options: ForeignCollectionOptions): Promise<ForeignCollection> {
  const { connection, dialect, name, schema, searchParams } = options;
  const indexes = await describeIndexes(connection, name);
  const layout = readLayout(schema, indexes, options.fields);
  const { key, scalars } = layout;
  const manifest = synthesiseManifest(layout);
  const modes = modesOf(layout.vector !== null, layout.sparse !== null);
  const rows: SearchedCollection = {
    connection,
    dialect,
    name,
    key,
    text: layout.text,
    vectorField: layout.vector ?? "",
    sparseField: layout.sparse ?? "",
    denseMetric: layout.denseMetric ?? "COSINE",
    searchParams,
    output: scalars,
    filtered: scalars,
    scope: foreignScope(name, schema, layout),
    decode: (row) => foreignChunk(row, layout),
    isOneOf: (keys) => isOneOf(key, keys),
  };

  async function documents(): Promise<DocumentSummary[]> {
    const found = new Map<string, DocumentSummary>();
    for await (const page of allRows(rows, everyRow, scalars)) {
      for (const row of page) {
        const { source, title } = foreignChunk(row, layout);
        const known = found.get(source);
        if (known === undefined) found.set(source, { source, title, docChunks: 1, updatedAt: null });
        else known.docChunks++;
      }
    }
    return [...found.values()];
  }

  return {
    name,
    manifest,
    modes,
    foreign: { missing: layout.missing },
    documents,

    async search(request) {
      if (layout.missing.length > 0) throw unreadable(name, layout);
      if (request.mode !== "text") checkVector(request.vector, manifest, name);
      if (!modes.includes(request.mode)) {
        throw new UserError("no-text-index", `collection "${name}" has no BM25 function with an index`, {
          hint: "search with --mode dense",
        });
      }
      const hits = await searchMilvus(rows, { ...request, text: questionWords(request.text) });
      return hits.map((hit) => ({ ...hit, chunk: withoutOwnFields(hit.chunk, layout) }));
    },

    async stats() {
      // Counting rows exactly would load the collection, which is not ours, into the server's memory.
      const { stats } = await connection.call("GetCollectionStatistics", { collection_name: name });
      const chunks = Number(stats.find(({ key: statistic }) => statistic === "row_count")?.value ?? 0);
      return {
        chunks,
        documents: layout.source === null ? chunks : (await documents()).length,
        sizeBytes: null,
        index: indexStats(indexes),
        updatedAt: null,
      };
    },
  };
}

/** A condition on keys. Leaves out strings that have no safe literal: the last resort of a search does not find their rows. */
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
