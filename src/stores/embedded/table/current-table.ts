import { setTimeout as sleep } from "node:timers/promises";
import type { Table } from "@lancedb/lancedb";
import { messageOf } from "../../../errors.ts";
import type { Row } from "../../shared/chunk-row.ts";
import { droppedMeanwhile } from "../../shared/refusals.ts";
import { translateStoreError } from "../errors.ts";
import { dropMs, isGone } from "../folder.ts";
import { missingRights, rightsOf } from "../rights.ts";
import { readRows } from "../rows.ts";

/** How often a read is tried while another process deletes or replaces what it reads. */
const readAttempts = 4;
/** Milliseconds before the third try; the fourth waits twice as long, the second not at all. */
const readPauseMs = 50;

export interface CurrentTableOptions {
  table: Table;
  /** Opens the table that has the collection's name now. */
  reopen(): Promise<Table>;
  name: string;
  /** The table's folder. */
  folder: string;
  /** The store's path as the user knows it. */
  location: string;
}

/** The table of an open collection. Another process may write it, replace it or drop it at any time. */
export interface CurrentTable {
  /** Changes whenever reads may see another version of the table: an open LanceDB table never refreshes by itself. */
  version(): number;
  /**
   * Runs a read. Reopens the table and tries again when another process has deleted the version that was read, has put
   * another table in its place, or has not yet shared the rights to its files. Throws `UserError`
   * `collection-not-found` when the table was dropped, `store-unusable` when files cannot be read, and LanceDB's
   * failures translated.
   */
  read<Result>(query: (table: Table) => Promise<Result>): Promise<Result>;
  /** The rows that meet an SQL condition, at most `limit` of them. */
  select(where: string, columns: readonly string[], limit?: number): Promise<Row[]>;
  /** Runs a change, then gives the files it wrote the rights of the others. Throws LanceDB's failures translated. */
  write(change: (table: Table) => Promise<unknown>): Promise<void>;
}

export function currentTable(options: CurrentTableOptions): CurrentTable {
  const { name, folder, location } = options;
  const failure = translateStoreError(location);
  const rights = rightsOf(folder);
  let { table } = options;
  let version = 0;

  async function read<Result>(query: (table: Table) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await query(table);
      } catch (error) {
        if (!/not found|no such file|permission denied/i.test(messageOf(error))) throw failure(error);
        if (attempt === readAttempts) {
          if (await isGone(folder, dropMs)) throw droppedMeanwhile(name, location);
          throw (await missingRights({ name, folder, location })) ?? failure(error);
        }
        await sleep((attempt - 1) * readPauseMs);
        table = await options.reopen();
        version += 1;
      }
    }
  }

  return {
    version: () => version,
    read,
    select: (where, columns, limit) =>
      read(async (readTable) => {
        const query = readTable
          .query()
          .where(where)
          .select([...columns]);
        return readRows(limit === undefined ? query : query.limit(limit));
      }),
    async write(change) {
      await change(table).catch(failure);
      version += 1;
      await rights.share();
    },
  };
}
