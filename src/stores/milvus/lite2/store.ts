import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { UserError } from "../../../errors.ts";
import type { Store } from "../../types.ts";
import { type MilvusDialect, lite2Dialect } from "../dialect.ts";
import { lite2Environment, pendingSetup, provideLitePython } from "../lite/environment.ts";
import type { MilvusLiteOptions } from "../lite/store.ts";
import { assembleMilvusStore } from "../store.ts";
import { connectMilvus } from "../wire/connection.ts";
import { type Lite2Engine, startLite2Engine } from "./engine.ts";

/** The engine as this tool runs it, for one command. */
const dialect: MilvusDialect = { ...lite2Dialect(""), isOwnEngine: true, severalWriters: false };

/** The single file of a Milvus Lite 2.x database: it is searched and read, and never written. */
export function openLite2Store(options: Omit<MilvusLiteOptions, "transport">): Store {
  const { path, location, milvus, variables, onNotice = () => {} } = options;
  let engine: Promise<Lite2Engine> | null = null;
  const start = (): Promise<Lite2Engine> =>
    startLite2Engine({
      database: path,
      variables,
      python: async () =>
        milvus.python === undefined
          ? provideLitePython({ variables, onNotice }, lite2Environment)
          : { command: milvus.python, arguments: [] },
    });
  const connection = connectMilvus({
    endpoint: async () => {
      // Asked again where the engine is gone.
      await (await engine?.catch(() => null))?.end();
      engine = start();
      return { target: (await engine).address, authorization: null };
    },
    revives: true,
    tls: null,
    database: null,
    timeoutMs: milvus.timeoutMs,
    location,
  });
  const store = assembleMilvusStore({
    connection,
    dialect: async () => dialect,
    kind: "milvus-lite",
    location,
    settings: milvus,
    pendingSetup: async () => (milvus.python === undefined ? pendingSetup(variables, lite2Environment) : null),
    size: async () => (await stat(path)).size,
    lockForWriting: async (name) => {
      throw await notWritten(store, name);
    },
  });
  const refuse = async (name: string): Promise<never> => {
    throw await notWritten(store, name);
  };
  return {
    ...store,
    isReadOnly: true,
    create: refuse,
    drop: refuse,
    async close() {
      await store.close();
      await (await engine?.catch(() => null))?.end();
    },
  };
}

/** Says how to move on: what this tool made is copied, what another program made has to be ingested. */
async function notWritten(store: Store, name: string): Promise<UserError> {
  const { location } = store;
  const successor = `${location.slice(0, -basename(location).length)}${basename(location, ".db")}-3.db`;
  const collection = await store.open(name);
  return new UserError("read-only-database", `${location} is a database of Milvus Lite 2.x: it is read, not written`, {
    hint:
      collection === null || collection.foreign !== undefined
        ? `ingest the documents into a database of Milvus Lite 3.x: rag ingest <paths...> --uri ${successor}`
        : `copy the collection to a database of Milvus Lite 3.x, and go on there: rag collections copy ${name} --to ${successor}`,
  });
}
