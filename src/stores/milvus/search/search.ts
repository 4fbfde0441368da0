import { matchesAll } from "../../../filters/match.ts";
import { type SearchMode, usualFusion } from "../../../types.ts";
import { fuse, fusionDepth } from "../../shared/fusion.ts";
import type { ScoredChunk, SearchRequest } from "../../types.ts";
import { type Expression, compileFilters } from "../filter.ts";
import { countRows, everyRow } from "../reader.ts";
import { searchAmongMatches, wholeHits } from "./among-matches.ts";
import { type Question, type RankedRow, type SearchedCollection, hitOf, searchRanked, searchRows } from "./calls.ts";
import { comparesEveryVector, vectorIndex } from "./vector-index.ts";

/** Factor by which more hits are asked for, at first and each next time, when hits are filtered here. */
const OVERFETCH = 4;
/** Least hits to ask for where hits are filtered here. */
const LEAST_OVERFETCHED = 100;
/**
 * Hits that are filtered here before a slow filter of the database is worth its time, and that come with their text: it
 * costs less than another request for the text of those that are left.
 */
const QUICK_HITS = 400;
/** Bytes of vectors that are compared here, where an index would lose some of the rows that meet a filter. */
const COMPARED_BYTES = 16_000_000;

/**
 * How vectors are searched under a filter. `exact`: the database compares every row that meets it, so that fewer hits
 * than asked for are all there are. `deep`: it goes through an index, which loses next to none where many rows meet the
 * filter. `here`: they are few, so that this process compares them.
 */
type Way = "exact" | "deep" | "here";

interface Plan {
  way: Way;
  /** How many rows meet the expression; infinite where they were not counted. */
  total: number;
}

const exactPlan: Plan = { way: "exact", total: Infinity };

/** The modes of a collection that has vectors, or a BM25 index, or both; the best first. */
export function modesOf(vectors: boolean, bm25: boolean): SearchMode[] {
  if (vectors && bm25) return ["hybrid", "dense", "text"];
  return vectors ? ["dense"] : ["text"];
}

/**
 * Searches a collection in a mode that it serves. Every hit meets the filters, also where the expression language
 * cannot say all of them: then the hits are filtered here. A filter costs no hit: see `Way`.
 */
export async function searchMilvus(collection: SearchedCollection, request: SearchRequest): Promise<ScoredChunk[]> {
  const { dialect, scope } = collection;
  const expression = compileFilters(request.filters, dialect, { scope });
  const limit = Math.min(request.limit, dialect.maxHits);
  const { mode } = request;
  if (mode === "text") return searchFiltered({ collection, request, mode }, expression, { limit, plan: exactPlan });
  const plan = await planOf(collection, request, expression);
  const dense: Question = { collection, request, mode: "dense" };
  if (mode === "dense") return searchFiltered(dense, expression, { limit, plan });
  const depth = Math.min(fusionDepth(limit), dialect.maxHits);
  // Fused here, in parallel: servers know other methods, tell no scores of the lists, and cannot meet every filter.
  const [near, text] = await Promise.all([
    searchFiltered(dense, expression, { limit: depth, plan }),
    searchFiltered({ collection, request, mode: "text" }, expression, { limit: depth, plan: exactPlan }),
  ]);
  return fuse({ dense: near, text }, request.fusion ?? usualFusion, { limit, depth });
}

/** How many rows hold any of the terms of each list, `most` at most; terms are as the field of BM25 has them. */
export function countHolders(
  collection: SearchedCollection,
  terms: readonly string[],
  most: number,
): Promise<number[]> {
  const limit = Math.min(most, collection.dialect.maxHits);
  const counted = terms.map(async (text) => {
    const request: SearchRequest = { mode: "text", text, vector: null, limit, filters: [] };
    const rows = await searchRows({ collection, request, mode: "text" }, everyRow, {
      limit,
      fields: [collection.key.name],
    });
    return rows.length;
  });
  return Promise.all(counted);
}

async function planOf(collection: SearchedCollection, request: SearchRequest, expression: Expression): Promise<Plan> {
  if (request.filters.length === 0) return exactPlan;
  const { exactIndexes } = collection.dialect;
  if (exactIndexes.length > 0 && comparesEveryVector(collection, await vectorIndex(collection))) return exactPlan;
  const total = await countRows(collection, expression);
  const bytes = total * (request.vector as Float32Array).byteLength;
  return { way: bytes <= COMPARED_BYTES ? "here" : "deep", total };
}

/** One ranked list of hits that meet the filters. */
async function searchFiltered(
  question: Question,
  expression: Expression,
  { limit, plan: { way, total } }: { limit: number; plan: Plan },
): Promise<ScoredChunk[]> {
  if (way === "here") return total === 0 ? [] : searchAmongMatches(question, expression, { limit, total });
  if (expression.exact) {
    const hits = await searchRanked(question, expression, limit);
    return way === "deep" && hits.length < limit ? searchAmongMatches(question, expression, { limit, total }) : hits;
  }
  const { dialect, scope } = question.collection;
  if (dialect.slowMetadataFilters) {
    const quick = compileFilters(question.request.filters, dialect, { scope, json: false });
    const isQuicker = quick.text !== expression.text;
    const found = isQuicker ? await searchAndFilter(question, quick, { limit, most: QUICK_HITS, way }) : null;
    if (found !== null) return found;
  }
  return (
    (await searchAndFilter(question, expression, { limit, most: dialect.maxHits, way })) ??
    (await searchAmongMatches(question, expression, { limit, total }))
  );
}

/**
 * Asks for more and more hits, up to `most`, until `limit` of them meet the filters. `null` where fewer do and the
 * database may hold more.
 */
async function searchAndFilter(
  question: Question,
  expression: Expression,
  { limit, most, way }: { limit: number; most: number; way: Way },
): Promise<ScoredChunk[] | null> {
  const { collection, request } = question;
  const { key, output } = collection;
  const filtered = [key.name, ...collection.filtered(request.filters)];
  for (let asked = limit; asked < most;) {
    asked = Math.min(Math.max(asked * OVERFETCH, LEAST_OVERFETCHED), most);
    const isWhole = asked <= QUICK_HITS;
    const rows = await searchRows(question, expression, { limit: asked, fields: isWhole ? output : filtered });
    const met = rows.filter(({ row }) => matchesAll(request.filters, collection.decodeSubject(row)));
    if (met.length < limit && (way !== "exact" || rows.length === asked)) continue;
    return chosen(question, met.slice(0, limit), isWhole);
  }
  return null;
}

async function chosen(question: Question, ranked: readonly RankedRow[], isWhole: boolean): Promise<ScoredChunk[]> {
  return isWhole ? ranked.map((one) => hitOf(question, one)) : wholeHits(question, ranked);
}
