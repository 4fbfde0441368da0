import { matchesAll } from "../../../filters/match.ts";
import type { Row } from "../../shared/chunk-row.ts";
import { slices } from "../../shared/slices.ts";
import type { ScoredChunk } from "../../types.ts";
import type { Expression } from "../filter.ts";
import { allRows, everyRow } from "../reader.ts";
import { type Question, type RankedRow, type SearchedCollection, hitOf, searchRows, similarity } from "./calls.ts";

/** Keys in one condition: as many as rows come whole in one answer. */
const KEYS_AT_ONCE = 1_000;
/** Keys in one condition for BM25, which ranks each lot separately. */
const RANKED_AT_ONCE = 10_000;
/** Bytes of vectors in one answer. */
const VECTOR_BYTES = 32_000_000;
/** Rows that are fetched whole before they are compared, which saves a request for the text of the best. */
const FETCHED_WHOLE = 400;

/** A condition on rows, and how many rows meet it; infinite if unknown. */
interface Part {
  expression: Expression;
  total: number;
}

/**
 * The best of all rows that meet the filters, however many there are: every one of them is compared with the question.
 * Vectors are compared here, where an index leaves none out; BM25 is computed by the database, among the keys that are
 * found. `total`: how many rows meet the expression, where that is known.
 */
export async function searchAmongMatches(
  question: Question,
  expression: Expression,
  { limit, total }: { limit: number; total: number },
): Promise<ScoredChunk[]> {
  const { collection, mode } = question;
  if (mode === "dense" && total <= FETCHED_WHOLE) {
    const fields = [...collection.output, collection.vectorField];
    const rows = await matchingRows(question, { expression, total }, fields);
    const best = bestRows(rows.flatMap(comparedWith(question)), collection).slice(0, limit);
    return best.map((ranked) => hitOf(question, ranked));
  }
  const found = mode === "dense" ? compared(question, { expression, total }) : searched(question, expression, limit);
  let best: RankedRow[] = [];
  for await (const rows of found) best = bestRows([...best, ...rows], collection).slice(0, limit);
  return wholeHits(question, best);
}

/** Rows as hits, in their order; the fields of a hit are fetched by key. A row that was deleted meanwhile is left out. */
export async function wholeHits(question: Question, ranked: readonly RankedRow[]): Promise<ScoredChunk[]> {
  const { collection } = question;
  const { key, output } = collection;
  const keys = ranked.map(({ row }) => row[key.name]);
  const rows = new Map<unknown, Row>();
  for (const { expression, total } of partsOf(collection, keys, KEYS_AT_ONCE)) {
    for await (const page of allRows(collection, expression, output, { total })) {
      for (const row of page) rows.set(row[key.name], row);
    }
  }
  return ranked.flatMap(({ row, score }) => {
    const whole = rows.get(row[key.name]);
    return whole === undefined ? [] : [hitOf(question, { row: whole, score })];
  });
}

/** The rows that meet the filters, of those that meet the expression; with these fields, and those of the filters. */
async function matchingRows(
  { collection, request: { filters } }: Question,
  { expression, total }: Part,
  fields: readonly string[],
): Promise<Row[]> {
  const matching: Row[] = [];
  const withFiltered = [...new Set([...fields, ...collection.filtered(filters)])];
  for await (const rows of allRows(collection, expression, withFiltered, { total })) {
    for (const row of rows) if (matchesAll(filters, collection.decodeSubject(row))) matching.push(row);
  }
  return matching;
}

async function matchingKeys(question: Question, part: Part): Promise<unknown[]> {
  const { key } = question.collection;
  return (await matchingRows(question, part, [key.name])).map((row) => row[key.name]);
}

function partsOf(collection: SearchedCollection, keys: readonly unknown[], size: number): Part[] {
  return Array.from(slices(keys, size), (part) => ({
    expression: { ...everyRow, text: collection.isOneOf(part) },
    total: part.length,
  }));
}

/** All rows that meet the filters, page by page, compared with the question's vector. */
async function* compared(question: Question, part: Part): AsyncGenerator<RankedRow[]> {
  const { collection, request } = question;
  const { key, vectorField } = collection;
  const most = Math.max(1, Math.floor(VECTOR_BYTES / (request.vector as Float32Array).byteLength));
  const parts = part.expression.exact
    ? [part]
    : partsOf(collection, await matchingKeys(question, part), Math.min(most, RANKED_AT_ONCE));
  for (const { expression, total } of parts) {
    for await (const rows of allRows(collection, expression, [key.name, vectorField], { most, total })) {
      // The vectors are not kept: there may be many.
      yield rows
        .flatMap(comparedWith(question))
        .map(({ row, score }) => ({ row: { [key.name]: row[key.name] }, score }));
    }
  }
}

/** A row with its score; none for a row of another program without a vector. */
function comparedWith({ collection, request }: Question): (row: Row) => RankedRow[] {
  const { vectorField, denseMetric } = collection;
  const vector = request.vector as Float32Array;
  return (row) => {
    const stored = row[vectorField];
    if (!(stored instanceof Float32Array)) return [];
    return [{ row, score: similarity(rawScore(stored, vector, denseMetric), denseMetric) }];
  };
}

/** The best rows among the keys of those that meet the filters, lot by lot, as the database ranks them. */
async function* searched(question: Question, expression: Expression, limit: number): AsyncGenerator<RankedRow[]> {
  const { collection } = question;
  const keys = await matchingKeys(question, { expression, total: Infinity });
  for (const part of partsOf(collection, keys, RANKED_AT_ONCE)) {
    yield await searchRows(question, part.expression, { limit, fields: [collection.key.name] });
  }
}

/** What the database would compute, by the name of its metric. A vector of zeros is similar to none. */
function rawScore(left: Float32Array, right: Float32Array, denseMetric: string): number {
  const metric = denseMetric.toUpperCase();
  let product = 0;
  let leftSquare = 0;
  let rightSquare = 0;
  let distance = 0;
  for (let index = 0; index < left.length; index++) {
    const a = left[index] as number;
    const b = right[index] as number;
    product += a * b;
    leftSquare += a * a;
    rightSquare += b * b;
    distance += (a - b) ** 2;
  }
  if (metric === "L2") return distance;
  if (metric === "IP") return product;
  return leftSquare === 0 || rightSquare === 0 ? 0 : product / Math.sqrt(leftSquare * rightSquare);
}

/** Best first. Equal scores are ordered by key, so that the same question gives the same answer. */
function bestRows(rows: RankedRow[], { key: { name } }: SearchedCollection): RankedRow[] {
  return rows.sort((a, b) => b.score - a.score || ((a.row[name] as string) < (b.row[name] as string) ? -1 : 1));
}
