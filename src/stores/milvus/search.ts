import { matchesAll } from "../../filters/match.ts";
import { type SearchMode, usualFusion } from "../../types.ts";
import { bestFirst, fuse, fusionDepth } from "../shared/fusion.ts";
import { slices } from "../shared/slices.ts";
import type { ScoredChunk, SearchRequest } from "../types.ts";
import { type Expression, compileFilters } from "./filter.ts";
import { allRows, everyRow } from "./reader.ts";
import { type Question, type SearchedCollection, searchRanked } from "./search-calls.ts";

/** How much more is asked for at first, and by how much that grows, where hits are filtered here. */
const OVERFETCH = 4;
/** Least hits to ask for where hits are filtered here. */
const LEAST_OVERFETCHED = 100;
/** Hits that are filtered here before a slow filter of the database is worth its time. */
const QUICK_HITS = 400;
/** Keys in one condition. */
const KEYS_AT_ONCE = 10_000;

/** The modes of a collection that has vectors, or a BM25 index, or both; the best first. */
export function modesOf(vectors: boolean, bm25: boolean): SearchMode[] {
  if (vectors && bm25) return ["hybrid", "dense", "text"];
  return vectors ? ["dense"] : ["text"];
}

/**
 * Searches a collection in a mode that it serves. Every hit meets the filters, also where the expression language
 * cannot say all of them: then the hits are filtered here.
 */
export async function searchMilvus(collection: SearchedCollection, request: SearchRequest): Promise<ScoredChunk[]> {
  const { dialect, scope } = collection;
  const expression = compileFilters(request.filters, dialect, { scope });
  const limit = Math.min(request.limit, dialect.maxHits);
  const { mode } = request;
  if (mode !== "hybrid") return searchFiltered({ collection, request, mode }, expression, limit);
  const depth = Math.min(fusionDepth(limit), dialect.maxHits);
  // Fused here, in parallel: servers know other methods, tell no scores of the lists, and cannot meet every filter.
  const [dense, text] = await Promise.all([
    searchFiltered({ collection, request, mode: "dense" }, expression, depth),
    searchFiltered({ collection, request, mode: "text" }, expression, depth),
  ]);
  return fuse({ dense, text }, request.fusion ?? usualFusion, limit);
}

/** One ranked list of hits that meet the filters. */
async function searchFiltered(question: Question, expression: Expression, limit: number): Promise<ScoredChunk[]> {
  if (expression.exact) return searchRanked(question, expression, limit);
  const { dialect, scope } = question.collection;
  if (dialect.slowMetadataFilters) {
    const quick = compileFilters(question.request.filters, dialect, { scope, json: false });
    const isQuicker = quick.text !== expression.text;
    const found = isQuicker ? await searchAndFilter(question, quick, { limit, most: QUICK_HITS }) : null;
    if (found !== null) return found;
  }
  return (
    (await searchAndFilter(question, expression, { limit, most: dialect.maxHits })) ??
    (await searchAmongMatches(question, expression, limit))
  );
}

/**
 * Asks for more and more hits, up to `most`, until `limit` of them meet the filters. `null` where fewer do and the
 * database may hold more.
 */
async function searchAndFilter(
  question: Question,
  expression: Expression,
  { limit, most }: { limit: number; most: number },
): Promise<ScoredChunk[] | null> {
  for (let asked = limit; asked < most;) {
    asked = Math.min(Math.max(asked * OVERFETCH, LEAST_OVERFETCHED), most);
    const hits = await searchRanked(question, expression, asked);
    const met = hits.filter(({ chunk }) => matchesAll(question.request.filters, chunk));
    if (met.length >= limit || hits.length < asked) return met.slice(0, limit);
  }
  return null;
}

/** The last resort: finds the keys of all rows that meet the filters, and searches among those. */
async function searchAmongMatches(question: Question, expression: Expression, limit: number): Promise<ScoredChunk[]> {
  const { collection, request } = question;
  const { key } = collection;
  const keys: unknown[] = [];
  for await (const rows of allRows(collection, expression, [key.name, ...collection.filtered])) {
    for (const row of rows) if (matchesAll(request.filters, collection.decode(row))) keys.push(row[key.name]);
  }
  const hits: ScoredChunk[] = [];
  for (const part of slices(keys, KEYS_AT_ONCE)) {
    hits.push(...(await searchRanked(question, { ...everyRow, text: collection.isOneOf(part) }, limit)));
  }
  return bestFirst(hits).slice(0, limit);
}
