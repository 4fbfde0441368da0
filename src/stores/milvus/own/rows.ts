import { isHeadingGlob } from "../../../filters/match.ts";
import { type Row, chunkColumns } from "../../shared/chunk-row.ts";
import type { Manifest } from "../../types.ts";
import { ownScope } from "../filter.ts";
import { isOneOf } from "../literals.ts";
import type { CollectionHandle } from "../loading.ts";
import { type MilvusKey, allRows, everyRow } from "../reader.ts";
import { decodeChunk, decodeSubject } from "../rows.ts";
import { SPARSE_FIELD, VECTOR_FIELD, milvusMetrics } from "../schema.ts";
import type { SearchedCollection } from "../search/calls.ts";

/** The fields that filters look at. */
const subjectFields = ["source", "title", "format", "page", "headings", "metadata"];

const OWN_KEY: MilvusKey = { name: "id", isInteger: false };

/** Maps the fields of a collection that this tool made to what a search asks of it. */
export function ownRows(
  collection: Required<CollectionHandle> & Pick<SearchedCollection, "searchParams"> & { manifest: Manifest },
): SearchedCollection {
  return {
    ...collection,
    key: OWN_KEY,
    text: "text",
    vectorField: VECTOR_FIELD,
    sparseField: SPARSE_FIELD,
    denseMetric: milvusMetrics[collection.manifest.metric],
    output: chunkColumns(collection.manifest),
    filtered: (filters) => (filters.some(isHeadingGlob) ? [...subjectFields, "text"] : subjectFields),
    scope: ownScope,
    decode: decodeChunk,
    decodeSubject,
    isOneOf: (keys) => isOneOf("id", keys as string[]),
  };
}

/** The rows that meet a condition in Milvus's expression language. */
export async function selectRows<Found>(
  rows: SearchedCollection,
  text: string,
  fields: readonly string[],
  decode: (row: Row) => Found,
): Promise<Found[]> {
  const found: Found[] = [];
  for await (const page of allRows(rows, { ...everyRow, text }, fields)) {
    // One by one: a page may hold more rows than a call takes arguments.
    for (const row of page) found.push(decode(row));
  }
  return found;
}
