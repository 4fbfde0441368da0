import type { Row } from "../shared/chunk-row.ts";
import type { Expression } from "./filter.ts";
import { type CollectionHandle, whenLoaded } from "./loading.ts";
import { decodeRows } from "./rows.ts";
import { keyValues } from "./schema.ts";

export const everyRow: Expression = { text: "", values: {}, exact: true };

/** The primary key, in whose order a server gives its rows. */
export interface MilvusKey {
  name: string;
  isInteger: boolean;
}

/** A collection whose rows are read. */
export interface ReadableRows extends CollectionHandle {
  key: MilvusKey;
  /** The field that makes rows large; `null` where it is not known. */
  text: string | null;
}

/** Which of the rows; all of them where there is no `limit`. */
interface Part {
  limit?: number;
  offset?: number;
  /** A page of rows in the order of their keys: see `keyPage`. */
  iterator?: "true";
}

/**
 * How many rows meet an expression now; the statistics that servers keep count deleted rows too, and no new ones.
 * `loads`: whether a collection that is not loaded is loaded for it, or the call fails.
 */
export async function countRows(
  collection: CollectionHandle,
  expression: Expression = everyRow,
  { loads = true }: { loads?: boolean } = {},
): Promise<number> {
  const [row] = await query(collection, expression, ["count(*)"], {}, loads);
  return Number(row?.["count(*)"] ?? 0);
}

/** One of the rows that meet the expression; `null` where none does. */
export async function anyRow(
  collection: CollectionHandle,
  expression: Expression,
  fields: readonly string[],
): Promise<Row | null> {
  const [row] = await query(collection, expression, fields, { limit: 1, offset: 0 });
  return row ?? null;
}

/**
 * All rows that meet the expression, page by page, in no particular order. `most`: rows of a page at most, where the
 * fields make rows larger than the dialect reckons with. `total`: how many rows there are, where that is known, so that
 * none is asked for after the last.
 */
export async function* allRows(
  collection: ReadableRows,
  expression: Expression,
  fields: readonly string[],
  { most = Infinity, total = Infinity }: { most?: number; total?: number } = {},
): AsyncGenerator<Row[]> {
  const { order, rows, wholeRows } = collection.dialect.pages;
  const isWhole = collection.text !== null && fields.includes(collection.text);
  const size = Math.min(isWhole ? wholeRows : rows, most);
  const pages = order === "key" ? pagesByKey : pagesByPosition;
  let read = 0;
  for await (const page of pages(collection, expression, fields, size)) {
    yield page;
    read += page.length;
    if (read >= total) return;
  }
}

/** Each page begins behind the last key of the one before. */
async function* pagesByKey(
  collection: ReadableRows,
  expression: Expression,
  fields: readonly string[],
  size: number,
): AsyncGenerator<Row[]> {
  const { key } = collection;
  const withKey = [...new Set([key.name, ...fields])];
  for (let last: KeyValue = key.isInteger ? LEAST_INTEGER : ""; ;) {
    const beyond = `${key.name} > ${typeof last === "string" ? JSON.stringify(last) : last}`;
    const text = expression.text === "" ? beyond : `${beyond} and (${expression.text})`;
    const rows = await query(collection, { ...expression, text }, withKey, keyPage(size));
    if (rows.length === 0) return;
    yield rows;
    last = rows.map((row) => row[key.name] as KeyValue).reduce(larger);
  }
}

/** For deployments that keep rows in the order in which they were stored; all in one page where `size` is infinite. */
async function* pagesByPosition(
  collection: CollectionHandle,
  expression: Expression,
  fields: readonly string[],
  size: number,
): AsyncGenerator<Row[]> {
  for (let offset = 0; ; offset += size) {
    const rows = await query(collection, expression, fields, Number.isFinite(size) ? { limit: size, offset } : {});
    yield rows;
    if (rows.length < size) return;
  }
}

/**
 * The next rows by key. Without `iterator`, a server merges what its segments bring up to the limit, and may go on
 * past the end of one that has more: the page would have a gap. With it, the page ends there, and can be shorter than
 * the limit while more rows follow (`parseQueryParams` in Milvus's internal/proxy/task_query.go, `ShouldStopWhenDrained`
 * in internal/util/reduce). Servers that do not know `iterator` ignore it.
 */
function keyPage(limit: number): Part {
  return { limit, iterator: "true" };
}

async function query(
  collection: CollectionHandle,
  expression: Expression,
  fields: readonly string[],
  part: Part = {},
  loads = true,
): Promise<Row[]> {
  const call = () =>
    collection.connection.call("Query", {
      collection_name: collection.name,
      expr: expression.text,
      expr_template_values: expression.values,
      output_fields: [...fields],
      query_params: keyValues({ ...part }),
      consistency_level: collection.connection.consistency,
    });
  const { fields_data } = await (loads ? whenLoaded(collection, call) : call());
  return decodeRows(fields_data);
}

type KeyValue = string | number | bigint;

/** The least integer that the expression language of every version reads; programs give out no keys below it. */
const LEAST_INTEGER = -9_223_372_036_854_775_807n;

/** The larger key in the database's order, which compares strings by their bytes. */
function larger(left: KeyValue, right: KeyValue): KeyValue {
  if (typeof left !== "string" || typeof right !== "string") return left > right ? left : right;
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) > 0 ? left : right;
}
