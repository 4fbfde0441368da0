import type { Connection, Table } from "@lancedb/lancedb";
import { corruptCollection } from "./errors.ts";
import { droppedMeanwhile } from "../shared/refusals.ts";
import { type StoreFolder, dropMs, isGone, tablePath } from "./folder.ts";
import { lancedb } from "./lancedb.ts";
import { findTable } from "./replacement.ts";

/** The tables of a store. One connection per folder is kept open. */
export interface StoreTables {
  /** The connection to a folder; to the store's own where none is named. */
  connected(folder?: StoreFolder): Promise<Connection>;
  /** Drops the connection: LanceDB caches parts of a table, which would be wrong for the table that replaced it. */
  forget(folder?: StoreFolder): void;
  /** `null` where there is no such table. Throws `UserError` where it cannot be opened. */
  open(name: string): Promise<Table | null>;
  /** The table as it is now. Throws `UserError` where it is gone. */
  reopen(name: string): Promise<Table>;
  close(): Promise<void>;
}

/** How often opening is tried while the table is being replaced. */
const attempts = 3;

/** Connects on first use. */
export function storeTables(own: StoreFolder): StoreTables {
  const { location } = own;
  /** By folder. */
  const connections = new Map<string, Promise<Connection>>();
  const abandoned: Promise<Connection>[] = [];

  function connected(folder = own): Promise<Connection> {
    const known = connections.get(folder.path);
    if (known !== undefined) return known;
    const opened = lancedb().then(({ connect }) => connect(folder.path));
    connections.set(folder.path, opened);
    return opened;
  }

  function forget(folder = own): void {
    const known = connections.get(folder.path);
    if (known !== undefined) abandoned.push(known);
    connections.delete(folder.path);
  }

  async function open(name: string): Promise<Table | null> {
    for (let attempt = 1; ; attempt++) {
      const found = await findTable(own, name);
      if (found === null) return null;
      try {
        return await (await connected(found)).openTable(name);
      } catch (error) {
        if (attempt === attempts) {
          const folder = tablePath(found, name);
          if (await isGone(folder, dropMs)) return null;
          throw corruptCollection({ name, folder, location }, error);
        }
        forget(found);
      }
    }
  }

  return {
    connected,
    forget,
    open,
    async reopen(name) {
      forget();
      const table = await open(name);
      if (table === null) throw droppedMeanwhile(name, location);
      return table;
    },
    async close() {
      for (const opening of [...connections.values(), ...abandoned]) (await opening.catch(() => null))?.close();
    },
  };
}
