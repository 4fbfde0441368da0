import type { SearchMode, StoredChunk } from "../../types.ts";
import { matchesAll } from "../../filters/match.ts";
import { RRF_K, fuseByReciprocalRank } from "../shared/reciprocal-rank-fusion.ts";
import { slices } from "../shared/slices.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import type { MilvusDialect } from "./dialect.ts";
import { type Expression, type FilterScope, compileFilters } from "./filter.ts";
import {
  BOOLEAN_EXPRESSION,
  type Calls,
  type Int64,
  PlaceholderType,
  STRONG,
  type SearchParameters,
  type SearchResultData,
} from "./wire/protocol.ts";
import { type MilvusKey, type MilvusReader, everyRow } from "./reader.ts";
import type { Row } from "../shared/chunk-row.ts";
import { decodeRows, exactInteger, vectorBytes, wellFormed } from "./rows.ts";
import { keyValues } from "./schema.ts";
import type { Metric, ScoredChunk, SearchRequest } from "../types.ts";

/** Hits that each side brings into a fusion, at least: what is low on one list may be high on the other. */
const FUSION_DEPTH = 100;
/** How much more is asked for at first, and by how much that grows, where hits have to be sorted out here. */
const OVERFETCH = 4;
/** Hits that are sorted out before a slow filter is worth its time. */
const QUICK_HITS = 400;
const KEYS_AT_ONCE = 10_000;

/** How the rows of a collection are called, filtered and read. */
export interface SearchedRows {
  key: MilvusKey;
  /** Fields that are searched; nobody asks for a mode whose field is missing. */
  vector: string;
  sparse: string;
  /** What a hit brings. */
  output: readonly string[];
  /** What of it filters can look at. */
  filtered: readonly string[];
  scope: FilterScope;
  /** Milvus's name for the metric of the vectors. */
  denseMetric: string;
  decode(row: Row): StoredChunk;
  /** A condition on keys as rows hold them. */
  isOneOf(keys: readonly unknown[]): string;
}

export interface MilvusSearchOptions {
  connection: MilvusConnection;
  reader: MilvusReader;
  dialect: MilvusDialect;
  collection: string;
  rows: SearchedRows;
  metric: Metric;
  /** Search parameters of the dense index. */
  searchParams: Readonly<Record<string, string | number | boolean>>;
  /** How a question is prepared for BM25; `null` where the server does that. */
  terms: ((text: string) => string) | null;
}

type SingleMode = Exclude<SearchMode, "hybrid">;

/** Searches a collection; filters hold exactly, whatever the expression language can say. */
export function searchMilvus(options: MilvusSearchOptions): (request: SearchRequest) => Promise<ScoredChunk[]> {
  const { connection, reader, dialect, collection, rows } = options;
  const { scope } = rows;

  return async (request) => {
    const expression = compileFilters(request.filters, dialect, { scope });
    const limit = Math.min(request.limit, dialect.maxHits);
    if (request.mode !== "hybrid") return filtered(request, request.mode, expression, limit);
    return expression.exact ? fused(request, expression, limit) : fusedHere(request, expression, limit);
  };

  /** One ranked list. Where the expression lets too much through, more is asked for until enough is left. */
  async function filtered(
    request: SearchRequest,
    mode: SingleMode,
    expression: Expression,
    limit: number,
  ): Promise<ScoredChunk[]> {
    if (expression.exact) return ranked(request, mode, expression, limit);
    if (dialect.slowMetadataFilters) {
      const quick = compileFilters(request.filters, dialect, { scope, json: false });
      const found = quick.text === expression.text ? null : await sorted(request, mode, quick, limit, QUICK_HITS);
      if (found !== null) return found;
    }
    return (
      (await sorted(request, mode, expression, limit, dialect.maxHits)) ??
      (await amongMatches(request, mode, expression, limit))
    );
  }

  /** Asks for up to `most` hits; `null` where those do not hold `limit` that meet the filters, and there may be more. */
  async function sorted(
    request: SearchRequest,
    mode: SingleMode,
    expression: Expression,
    limit: number,
    most: number,
  ): Promise<ScoredChunk[] | null> {
    for (let asked = limit; asked < most;) {
      asked = Math.min(Math.max(asked * OVERFETCH, FUSION_DEPTH), most);
      const hits = await ranked(request, mode, expression, asked);
      const met = hits.filter(({ chunk }) => matchesAll(request.filters, chunk));
      if (met.length >= limit || hits.length < asked) return met.slice(0, limit);
    }
    return null;
  }

  /** The last resort: which rows meet the filters is found out first. */
  async function amongMatches(
    request: SearchRequest,
    mode: SingleMode,
    expression: Expression,
    limit: number,
  ): Promise<ScoredChunk[]> {
    const keys: unknown[] = [];
    for await (const found of reader.all(expression, [rows.key.name, ...rows.filtered])) {
      for (const row of found) if (matchesAll(request.filters, rows.decode(row))) keys.push(row[rows.key.name]);
    }
    const hits: ScoredChunk[] = [];
    for (const part of slices(keys, KEYS_AT_ONCE)) {
      hits.push(...(await ranked(request, mode, { ...everyRow, text: rows.isOneOf(part) }, limit)));
    }
    return hits.sort((left, right) => right.score - left.score).slice(0, limit);
  }

  async function ranked(
    request: SearchRequest,
    mode: SingleMode,
    expression: Expression,
    limit: number,
  ): Promise<ScoredChunk[]> {
    const call: Calls["Search"][0] = await parameters(request, mode, expression, limit);
    const { results } = await reader.whenLoaded(() => connection.call("Search", call));
    return decodeHits(results, rows).map(({ chunk, score: raw }) => {
      const score = mode === "dense" ? similarity(raw, options.metric) : dialect.negatedBm25 ? -raw : raw;
      return { chunk, score, scores: { dense: null, text: null, [mode]: score } };
    });
  }

  /** Reciprocal rank fusion by the database. */
  async function fused(request: SearchRequest, expression: Expression, limit: number): Promise<ScoredChunk[]> {
    const depth = fusionDepth(limit);
    const requests = await Promise.all(
      (["dense", "text"] as const).map((mode) => parameters(request, mode, expression, depth)),
    );
    const { results } = await reader.whenLoaded(() =>
      connection.call("HybridSearch", {
        collection_name: collection,
        requests,
        rank_params: keyValues({
          strategy: "rrf",
          params: JSON.stringify({ k: RRF_K }),
          limit,
          offset: 0,
          round_decimal: -1,
        }),
        output_fields: [...rows.output],
        consistency_level: STRONG,
      }),
    );
    return decodeHits(results, rows).map(({ chunk, score }) => ({ chunk, score, scores: { dense: null, text: null } }));
  }

  /** The same, here: the lists have to be sorted out before their ranks mean anything. */
  async function fusedHere(request: SearchRequest, expression: Expression, limit: number): Promise<ScoredChunk[]> {
    const depth = fusionDepth(limit);
    const [dense, text] = await Promise.all([
      filtered(request, "dense", expression, depth),
      filtered(request, "text", expression, depth),
    ]);
    const byId = (hits: ScoredChunk[]): Map<string, ScoredChunk> => new Map(hits.map((hit) => [hit.chunk.id, hit]));
    const [denseById, textById] = [byId(dense), byId(text)];
    return fuseByReciprocalRank([[...denseById.keys()], [...textById.keys()]])
      .slice(0, limit)
      .map(({ id, score }) => {
        const [denseHit, textHit] = [denseById.get(id), textById.get(id)];
        return {
          chunk: (denseHit ?? (textHit as ScoredChunk)).chunk,
          score,
          scores: { dense: denseHit?.score ?? null, text: textHit?.score ?? null },
        };
      });
  }

  function fusionDepth(limit: number): number {
    return Math.min(Math.max(2 * limit, FUSION_DEPTH), dialect.maxHits);
  }

  async function parameters(
    request: SearchRequest,
    mode: SingleMode,
    expression: Expression,
    limit: number,
  ): Promise<SearchParameters> {
    const { encodePlaceholder } = await connection.protocol;
    const isDense = mode === "dense";
    const question = wellFormed((options.terms ?? String)(request.text));
    return {
      collection_name: collection,
      dsl: expression.text,
      dsl_type: BOOLEAN_EXPRESSION,
      expr_template_values: expression.values,
      placeholder_group: isDense
        ? encodePlaceholder(PlaceholderType.floatVector, vectorBytes(request.vector as Float32Array))
        : encodePlaceholder(PlaceholderType.varChar, new TextEncoder().encode(question)),
      output_fields: [...rows.output],
      search_params: keyValues({
        anns_field: isDense ? rows.vector : rows.sparse,
        topk: limit,
        metric_type: isDense ? rows.denseMetric : "BM25",
        params: JSON.stringify(isDense ? options.searchParams : {}),
        round_decimal: -1,
      }),
      nq: 1,
      consistency_level: STRONG,
    };
  }
}

function decodeHits(
  results: SearchResultData | null,
  { key, decode }: SearchedRows,
): { chunk: ScoredChunk["chunk"]; score: number }[] {
  if (results === null) return [];
  const { str_id: strings, int_id: integers } = results.ids ?? {};
  const keys = strings?.data ?? Array.from<Int64, number | bigint>(integers?.data ?? [], exactInteger);
  return decodeRows(results.fields_data, results.scores.length).map((row, index) => {
    // Milvus Lite leaves the key out of the fields.
    const { vector: _, ...chunk } = decode({ ...row, [key.name]: keys[index] });
    return { chunk, score: results.scores[index] as number };
  });
}

/** Higher is better: what L2 gives is a squared distance. */
function similarity(score: number, metric: Metric): number {
  return metric === "l2" ? 1 / (1 + score) : score;
}
