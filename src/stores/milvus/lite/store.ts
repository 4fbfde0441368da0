import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../../config/schema.ts";
import { takeLock } from "../../../files/lock-file.ts";
import { checkServerName } from "../names/hyphens.ts";
import { folderSize } from "../../shared/folder-size.ts";
import { collectionLocked } from "../../shared/refusals.ts";
import type { Store, WriterLease } from "../../types.ts";
import { assembleMilvusStore } from "../store.ts";
import { type MilvusConnection, connectMilvus } from "../wire/connection.ts";
import { prepareLiteDatabase, unusableLiteDatabase } from "./database.ts";
import { liteDialect } from "./dialect.ts";
import { type LiteTransport, liteEngine } from "./engine.ts";
import { type LitePython, lite3Environment, pendingSetup, provideLitePython } from "./environment.ts";

/** In the database's own folder, so that it is one lock whatever path and environment lead there. */
const WRITER_LOCK = ".rag-writer.lock";

/** The first search by text after a start builds an index of all words: half a minute at 100,000 passages. */
const LONGEST_CALL_MS = 300_000;

export interface MilvusLiteOptions {
  /** Absolute path of the database. */
  path: string;
  /** The path as the user knows it. */
  location: string;
  milvus: Config["milvus"];
  variables: Readonly<Record<string, string | undefined>>;
  /** What the engine listens on, where this starts it; a socket where the platform has them. */
  transport?: LiteTransport;
  /** Told what takes a while: the set-up of the engine on first use. */
  onNotice?(text: string): void;
}

/** Milvus Lite: the engine runs as a process of its own, which this starts, joins and leaves running while it is used. */
export function openMilvusLiteStore(options: MilvusLiteOptions): Store {
  const { path, location, milvus, variables } = options;
  const database = milvus.database === "default" ? null : (milvus.database ?? null);
  const collections = join(path, ...(database === null ? [] : ["databases", database]), "collections");
  const store = assembleMilvusStore({
    connection: connectToEngine(options, database),
    dialect: async () => liteDialect,
    kind: "milvus-lite",
    location,
    settings: milvus,
    pendingSetup: async () => (milvus.python === undefined ? pendingSetup(variables, lite3Environment) : null),
    size: (name) => folderSize(join(collections, name)),
    async lockForWriting(name, purpose) {
      checkServerName(name);
      return lockDatabase(options, purpose);
    },
  });
  // Reading makes no database, and needs no engine where there is none.
  const isThere = (): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  return {
    ...store,
    list: async () => ((await isThere()) ? store.list() : []),
    open: async (name) => {
      checkServerName(name);
      return (await isThere()) ? store.open(name) : null;
    },
    recover: async (name) => {
      if (await isThere()) await store.recover(name);
    },
  };
}

/** A connection that starts the engine, or joins it, when the first call is made and whenever the engine is gone. */
function connectToEngine(options: MilvusLiteOptions, database: string | null): MilvusConnection {
  const { path, location, milvus, variables, transport = process.platform === "win32" ? "port" : "socket" } = options;
  const python = async (): Promise<LitePython> =>
    milvus.python === undefined
      ? provideLitePython({ variables, onNotice: options.onNotice ?? (() => {}) })
      : { command: milvus.python, arguments: [] };
  return connectMilvus({
    endpoint: async () => {
      const { idleMinutes } = milvus;
      const engine = await liteEngine({ database: path, idleMinutes, variables, transport, python });
      return { target: engine.address, authorization: engine.token };
    },
    revives: true,
    tls: null,
    database,
    timeoutMs: milvus.timeoutMs,
    workMs: LONGEST_CALL_MS,
    location,
  });
}

/** Milvus Lite has one writer for the whole database. */
async function lockDatabase({ path, location }: MilvusLiteOptions, purpose: string): Promise<WriterLease> {
  await prepareLiteDatabase(path);
  const result = await takeLock(join(path, WRITER_LOCK), purpose).catch((error: unknown) => {
    throw unusableLiteDatabase(path, error);
  });
  if ("release" in result) return result;
  throw collectionLocked(`the database ${location}`, result.heldBy);
}
