import type { StoredChunk } from "../../types.ts";
import { loadTermsOf } from "../shared/bm25-terms.ts";
import { overlapping } from "../shared/overlapping.ts";
import { type CollectionHandle, flush } from "./loading.ts";
import { encodeChunks, rowBytes } from "./rows.ts";

/** Rows in one request; more bring nothing, and a request must stay far below the 64 MB that servers take. */
const ROWS_AT_ONCE = 500;
const BYTES_AT_ONCE = 8_000_000;
/** A first flush or a long write of a busy server takes longer than a search may. */
const WRITE_MS = 300_000;

/** Writes rows, replacing those of equal key. `dimensions`: of the vectors; `null` where there are none. */
export async function upsertRows(
  { connection, dialect, name }: CollectionHandle,
  rows: readonly StoredChunk[],
  dimensions: number | null,
): Promise<void> {
  const termsOf = await loadTermsOf(rows);
  // Some servers refuse a request that has a key twice: the last row of a key is written.
  const distinct = [...new Map(rows.map((row) => [row.id, row])).values()];
  // A request is made, and waits at the server, while the one before is written; no key is in both.
  await overlapping(batches(distinct), async (batch) => {
    const fields = encodeChunks(batch, dimensions, (row) => dialect.encodeTerms(termsOf(row)));
    const request = { collection_name: name, fields_data: fields, num_rows: batch.length };
    await connection.call("Upsert", request, { timeoutMs: WRITE_MS });
  });
}

/** Deletes the rows that meet the expression. */
export async function deleteRows(handle: CollectionHandle, expression: string): Promise<void> {
  const { delete_cnt: deleted } = await handle.connection.call(
    "Delete",
    { collection_name: handle.name, expr: expression, expr_template_values: {} },
    { timeoutMs: WRITE_MS },
  );
  if (Number(deleted) > 0) await flush(handle);
}

function* batches(rows: readonly StoredChunk[]): Generator<StoredChunk[]> {
  let batch: StoredChunk[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = rowBytes(row);
    if (batch.length === ROWS_AT_ONCE || (batch.length > 0 && bytes + size > BYTES_AT_ONCE)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
