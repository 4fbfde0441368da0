import type { SearchMode, StoredChunk } from "../../types.ts";
import type { Row } from "../shared/chunk-row.ts";
import { RRF_K } from "../shared/reciprocal-rank-fusion.ts";
import type { ScoredChunk, SearchRequest } from "../types.ts";
import type { Expression, FilterScope } from "./filter.ts";
import { whenLoaded } from "./loading.ts";
import type { ReadableRows } from "./reader.ts";
import { decodeRows, exactInteger, vectorBytes, wellFormed } from "./rows.ts";
import { keyValues } from "./schema.ts";
import {
  BOOLEAN_EXPRESSION,
  type Int64,
  PlaceholderType,
  STRONG,
  type SearchParameters,
  type SearchResultData,
} from "./wire/protocol.ts";

/** A collection that is searched: how its rows are named, filtered and read. */
export interface SearchedCollection extends ReadableRows {
  /** The field of the vectors, and that of BM25; a mode is only asked for where its field is there. */
  vectorField: string;
  sparseField: string;
  /** Milvus's name for the metric of the vectors. */
  denseMetric: string;
  /** Search parameters of the index of vectors. */
  searchParams: Readonly<Record<string, string | number | boolean>>;
  /** Fields of a hit. */
  output: readonly string[];
  /** Those of them that filters look at. */
  filtered: readonly string[];
  scope: FilterScope;
  decode(row: Row): StoredChunk;
  /** A condition on keys as rows hold them. */
  isOneOf(keys: readonly unknown[]): string;
}

/** What one ranked list answers. */
export interface Question {
  collection: SearchedCollection;
  /** Its text is what BM25 looks for. */
  request: SearchRequest;
  mode: Exclude<SearchMode, "hybrid">;
}

/** The best hits in the database's order, with scores of which higher is better. */
export async function searchRanked(question: Question, expression: Expression, limit: number): Promise<ScoredChunk[]> {
  const { collection, mode } = question;
  const parameters = await searchParameters(question, expression, limit);
  const { results } = await whenLoaded(collection, () => collection.connection.call("Search", parameters));
  return decodeHits(results, collection).map(({ chunk, score: raw }) => {
    const score = mode === "dense" ? similarity(raw, collection.denseMetric) : collection.dialect.bm25Sign * raw;
    return { chunk, score, scores: { dense: null, text: null, [mode]: score } };
  });
}

/** Reciprocal rank fusion by the database, of two lists of `depth` hits each. */
export async function searchFused(
  { collection, request }: Omit<Question, "mode">,
  expression: Expression,
  { limit, depth }: { limit: number; depth: number },
): Promise<ScoredChunk[]> {
  const { connection, name, output } = collection;
  const requests = await Promise.all([
    searchParameters({ collection, request, mode: "dense" }, expression, depth),
    searchParameters({ collection, request, mode: "text" }, expression, depth),
  ]);
  const { results } = await whenLoaded(collection, () =>
    connection.call("HybridSearch", {
      collection_name: name,
      requests,
      rank_params: keyValues({
        strategy: "rrf",
        params: JSON.stringify({ k: RRF_K }),
        limit,
        offset: 0,
        round_decimal: -1,
      }),
      output_fields: [...output],
      consistency_level: STRONG,
    }),
  );
  return decodeHits(results, collection).map((hit) => ({ ...hit, scores: { dense: null, text: null } }));
}

async function searchParameters(
  { collection, request, mode }: Question,
  expression: Expression,
  limit: number,
): Promise<SearchParameters> {
  const { encodePlaceholder } = await collection.connection.protocol;
  const isDense = mode === "dense";
  return {
    collection_name: collection.name,
    dsl: expression.text,
    dsl_type: BOOLEAN_EXPRESSION,
    expr_template_values: expression.values,
    placeholder_group: isDense
      ? encodePlaceholder(PlaceholderType.floatVector, vectorBytes(request.vector as Float32Array))
      : encodePlaceholder(PlaceholderType.varChar, new TextEncoder().encode(wellFormed(request.text))),
    output_fields: [...collection.output],
    search_params: keyValues({
      anns_field: isDense ? collection.vectorField : collection.sparseField,
      topk: limit,
      metric_type: isDense ? collection.denseMetric : "BM25",
      params: JSON.stringify(isDense ? collection.searchParams : {}),
      round_decimal: -1,
    }),
    nq: 1,
    consistency_level: STRONG,
  };
}

function decodeHits(
  results: SearchResultData | null,
  { key, decode }: SearchedCollection,
): { chunk: ScoredChunk["chunk"]; score: number }[] {
  if (results === null) return [];
  const { str_id: strings, int_id: integers } = results.ids ?? {};
  const keys = strings?.data ?? Array.from<Int64, number | bigint>(integers?.data ?? [], exactInteger);
  return decodeRows(results.fields_data, results.scores.length).map((row, index) => {
    // Some deployments leave the key out of the fields.
    const { vector: _, ...chunk } = decode({ ...row, [key.name]: keys[index] });
    return { chunk, score: results.scores[index] as number };
  });
}

/** Higher is better: L2 scores are squared distances. */
function similarity(score: number, denseMetric: string): number {
  return denseMetric.toUpperCase() === "L2" ? 1 / (1 + score) : score;
}
