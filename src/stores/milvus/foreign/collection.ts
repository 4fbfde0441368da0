import type { Config } from "../../../config/schema.ts";
import { UserError } from "../../../errors.ts";
import { questionWords } from "../../shared/bm25-terms.ts";
import { checkVector } from "../../shared/check-vector.ts";
import type { Filter } from "../../../types.ts";
import type { CollectionStats, DocumentSummary, ForeignCollection, ScoredChunk } from "../../types.ts";
import { quote } from "../literals.ts";
import { describeIndexes, indexStats } from "../indexes.ts";
import type { CollectionHandle } from "../loading.ts";
import { milvusOverview } from "../overview/overview.ts";
import { type MilvusKey, allRows, countRows, everyRow } from "../reader.ts";
import { modesOf, searchMilvus } from "../search/search.ts";
import type { SearchedCollection } from "../search/calls.ts";
import type { CollectionSchema } from "../wire/protocol.ts";
import { foreignScope } from "./filter.ts";
import { partitionGap } from "../overview/partitions.ts";
import { foreignChunk, readLayout, synthesiseManifest, withoutOwnFields } from "./layout.ts";

export interface ForeignCollectionOptions extends Omit<CollectionHandle, "ensureIndexes"> {
  schema: CollectionSchema;
  searchParams: Readonly<Record<string, string | number | boolean>>;
  /** What its fields are called, as far as the user said. */
  fields: NonNullable<Config["milvus"]["fields"]>;
  /** Told what a search leaves out. */
  onNotice: ((text: string) => void) | undefined;
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
    filtered: (filters) =>
      scalars.filter((field) => field !== layout.text || filters.some((filter) => names(filter, field))),
    scope: foreignScope(name, schema, layout),
    decode: (row) => foreignChunk(row, layout),
    decodeSubject: (row) => foreignChunk(row, layout),
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

  const loadedPart = async (): Promise<string | null> => (dialect.isOwnEngine ? null : partitionGap(rows));

  /** A collection that is not ours is not loaded into a server's memory only to be counted. */
  async function countChunks(): Promise<number> {
    if (dialect.isOwnEngine) return countRows(rows);
    const { chunks } = await milvusOverview(rows, { documents: null });
    return chunks ?? 0;
  }

  async function stats(): Promise<CollectionStats> {
    const chunks = await countChunks();
    return {
      chunks,
      documents: layout.source === null ? chunks : (await documents()).length,
      sizeBytes: null,
      index: indexStats(indexes),
      updatedAt: null,
    };
  }

  return {
    name,
    manifest,
    modes,
    foreign: { missing: layout.missing },
    documents,

    async search(request) {
      if (layout.missing.length > 0) throw unreadable(name, layout.missing);
      if (request.mode !== "text") checkVector(request.vector, manifest, name);
      if (!modes.includes(request.mode)) {
        throw new UserError("no-text-index", `collection "${name}" has no BM25 function with an index`, {
          hint: "search with --mode dense",
        });
      }
      const [hits, gap] = await Promise.all([
        searchMilvus(rows, { ...request, text: questionWords(request.text) }),
        loadedPart(),
      ]);
      if (gap !== null) options.onNotice?.(`collection ${name}: ${gap}`);
      if (layout.isTextGuessed && hits.length > 0 && hits.every(({ chunk }) => chunk.text === "")) {
        throw unreadable(name, [`set \`milvus.fields.text\` to the field that holds the passages${fieldsOf(hits)}`]);
      }
      return hits.map((hit) => ({ ...hit, chunk: withoutOwnFields(hit.chunk, layout) }));
    },

    // What stands for a word in the index is known to whoever made it.
    wordFrequencies: async () => null,

    stats,

    async overview() {
      if (dialect.isOwnEngine) return { ...(await stats()), gap: null };
      const [overview, gap] = await Promise.all([milvusOverview(rows, { documents: null }), loadedPart()]);
      return { ...overview, gap: overview.gap ?? gap, documents: layout.source === null ? overview.chunks : null };
    },
  };
}

/** Whether a filter compares this field under the name that the collection gives it. */
function names({ field: named }: Filter, field: string): boolean {
  return named.kind === "metadata" && named.key === field;
}

/** A condition on keys. Leaves out strings that have no safe literal: the last resort of a search does not find their rows. */
function isOneOf(key: MilvusKey, keys: readonly unknown[]): string {
  const literals = key.isInteger ? keys.map(String) : keys.flatMap((value) => quote(String(value)) ?? []);
  return `${key.name} in [${literals.join(",")}]`;
}

/** What the rows that were found have as text, for a hint. */
function fieldsOf(hits: readonly ScoredChunk[]): string {
  const texts = hits.flatMap(({ chunk }) =>
    Object.entries(chunk.metadata).filter(([, value]) => typeof value === "string"),
  );
  const names = [...new Set(texts.map(([field]) => field))];
  return names.length === 0 ? "" : `; they have ${names.join(", ")}`;
}

function unreadable(name: string, missing: readonly string[]): UserError {
  return new UserError(
    "foreign-fields",
    `another program made the collection "${name}", and not enough is known of it`,
    { hint: missing.join("; ") },
  );
}
