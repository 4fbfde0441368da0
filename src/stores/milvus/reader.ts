import { UserError } from "../../errors.ts";
import { backend, MilvusErrorCode } from "./wire/errors.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import type { MilvusDialect } from "./dialect.ts";
import type { Expression } from "./filter.ts";
import { LoadState, STRONG } from "./wire/protocol.ts";
import type { Row } from "../shared/chunk-row.ts";
import { decodeRows } from "./rows.ts";
import { VECTOR_FIELD, keyValues } from "./schema.ts";

/** Loading builds indexes where the last owner of the database ended without closing it. */
const LOAD_MS = 300_000;
const FLUSH_MS = 300_000;
/** Rows that come with a vector and their text stay below the 100 MB that a server sends at once, and Lite's 256 MB. */
const WHOLE_ROWS = 1_000;
const LITE_WHOLE_ROWS = 5_000;

export const everyRow: Expression = { text: "", values: {}, exact: true };

/** Which of the rows; all of them where there is no `limit`. */
interface Part {
  limit?: number;
  offset?: number;
  /** A page of rows in the order of their keys: see `keyPage`. */
  iterator?: "true";
}

/**
 * The next rows by key. Without `iterator`, a server merges what its segments bring up to the limit, and may go on
 * past the end of one that has more: the page would have a gap. With it, the page ends there, and can be shorter than
 * the limit while more rows follow (`parseQueryParams` in Milvus's internal/proxy/task_query.go, `ShouldStopWhenDrained`
 * in internal/util/reduce). Servers that do not know it pass over it.
 */
function keyPage(limit: number): Part {
  return { limit, iterator: "true" };
}

/** What is common to all reads of one collection: loading it when it must be, and reading more rows than a query gives. */
export interface MilvusReader {
  /** Makes a call again after loading the collection, where the server says that it is not. */
  whenLoaded<Value>(call: () => Promise<Value>): Promise<Value>;
  load(): Promise<void>;
  /** Where the dialect wants it: makes what was written fast to search, and what was deleted gone. */
  flush(): Promise<void>;
  query(expression: Expression, fields: readonly string[], part?: Part): Promise<Row[]>;
  /** Rows that are there now; the statistics that servers keep count deleted ones too. */
  count(): Promise<number>;
  /** All rows that meet the expression, in no particular order. */
  all(expression: Expression, fields: readonly string[]): AsyncIterable<Row[]>;
}

/** The primary key, in whose order a server gives its rows. */
export interface MilvusKey {
  name: string;
  isInteger: boolean;
}

export interface MilvusReaderOptions {
  connection: MilvusConnection;
  dialect: MilvusDialect;
  name: string;
  key: MilvusKey;
  /** The field that makes rows large. */
  text: string | null;
  /** Called where the collection cannot be loaded for want of an index. */
  ensureIndexes?(): Promise<void>;
}

/** As numpy and faiss, which read the files, say it. */
const halfWritten = /could only read|no data left|fully written|EOF|read error|magic/i;

export function readMilvus(options: MilvusReaderOptions): MilvusReader {
  const { connection, dialect, name, key } = options;

  async function startLoading(): Promise<void> {
    await connection.call("LoadCollection", { collection_name: name }, { timeoutMs: LOAD_MS });
  }

  async function load(): Promise<void> {
    try {
      await startLoading();
    } catch (error) {
      if (isHalfWritten(error)) {
        await connection.call("DropIndex", {
          collection_name: name,
          field_name: VECTOR_FIELD,
          index_name: VECTOR_FIELD,
        });
      } else if (!(error instanceof UserError) || error.code !== MilvusErrorCode.indexNotFound) throw cannotLoad(error);
      await options.ensureIndexes?.();
      await startLoading().catch((again: unknown) => {
        throw cannotLoad(again);
      });
    }
    const deadline = Date.now() + LOAD_MS;
    for (let wait = 10; ; wait = Math.min(wait * 2, 1_000)) {
      const { state } = await connection.call("GetLoadState", { collection_name: name });
      // The last owner may have ended before it flushed.
      if (state === LoadState.loaded) return flush();
      if (Date.now() > deadline) {
        throw backend("milvus-timeout", `the collection ${name} was not loaded within ${LOAD_MS / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** An engine of Milvus Lite that was killed while it wrote the index, which is made of what is there besides. */
  function isHalfWritten(error: unknown): boolean {
    if (dialect.kind !== "milvus-lite" || options.ensureIndexes === undefined) return false;
    return error instanceof UserError && error.code === MilvusErrorCode.refused && halfWritten.test(error.message);
  }

  /** Of this collection alone: the others of the database are there. */
  function cannotLoad(error: unknown): unknown {
    if (!(error instanceof UserError) || error.code !== MilvusErrorCode.refused) return error;
    return backend("store-failed", `collection "${name}" cannot be loaded: ${error.message}`, {
      cause: error,
      ...(dialect.kind === "milvus-lite"
        ? { hint: `make it anew: rag ingest … --recreate, or drop it: rag collections drop ${name}` }
        : {}),
    });
  }

  async function flush(): Promise<void> {
    if (dialect.flushesWrites) await connection.call("Flush", { collection_names: [name] }, { timeoutMs: FLUSH_MS });
  }

  async function whenLoaded<Value>(call: () => Promise<Value>): Promise<Value> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== MilvusErrorCode.notLoaded) throw error;
    }
    await load();
    return call();
  }

  function query(expression: Expression, fields: readonly string[], part: Part = {}): Promise<Row[]> {
    return whenLoaded(async () => {
      const { fields_data } = await connection.call("Query", {
        collection_name: name,
        expr: expression.text,
        expr_template_values: expression.values,
        output_fields: [...fields],
        query_params: keyValues({ ...part }),
        consistency_level: STRONG,
      });
      return decodeRows(fields_data);
    });
  }

  /** From key to key: what a server gives at once is bounded, and ordered by key. */
  async function* byKey(expression: Expression, fields: readonly string[], pageSize: number): AsyncGenerator<Row[]> {
    for (let last: KeyValue = key.isInteger ? LEAST_INTEGER : ""; ;) {
      const beyond = `${key.name} > ${typeof last === "string" ? JSON.stringify(last) : last}`;
      const text = expression.text === "" ? beyond : `${beyond} and (${expression.text})`;
      const rows = await query({ ...expression, text }, [...new Set([key.name, ...fields])], keyPage(pageSize));
      if (rows.length === 0) return;
      yield rows;
      last = rows.map((row) => row[key.name] as KeyValue).reduce(larger);
    }
  }

  /** By position, where rows have no order but that in which they are stored. */
  async function* byPosition(
    expression: Expression,
    fields: readonly string[],
    pageSize: number,
  ): AsyncGenerator<Row[]> {
    for (let offset = 0; ; offset += pageSize) {
      const rows = await query(expression, fields, { limit: pageSize, offset });
      yield rows;
      if (rows.length < pageSize) return;
    }
  }

  return {
    whenLoaded,
    load,
    flush,
    query,
    async count() {
      const rows = await query(everyRow, ["count(*)"]);
      return Number(rows[0]?.["count(*)"] ?? 0);
    },
    async *all(expression, fields) {
      const isWhole = options.text !== null && fields.includes(options.text);
      if (dialect.queryWindow !== null) yield* byKey(expression, fields, isWhole ? WHOLE_ROWS : dialect.queryWindow);
      else if (isWhole) yield* byPosition(expression, fields, LITE_WHOLE_ROWS);
      else yield await query(expression, fields);
    },
  };
}

type KeyValue = string | number | bigint;

/** The least that every grammar reads; no program gives out keys below. */
const LEAST_INTEGER = -9_223_372_036_854_775_807n;

/** By the database's order, which is that of bytes for strings. */
function larger(left: KeyValue, right: KeyValue): KeyValue {
  if (typeof left !== "string" || typeof right !== "string") return left > right ? left : right;
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) > 0 ? left : right;
}
