import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../../config/schema.ts";
import { ExitCode, UserError } from "../../../errors.ts";
import { checkCollectionName } from "../../../util/collection-name.ts";
import { takeLock } from "../../../files/lock-file.ts";
import { assembleMilvusStore } from "../store.ts";
import { connectMilvus } from "../wire/connection.ts";
import { liteDialect } from "../dialect.ts";
import { type LiteTransport, liteEngine, prepareLiteDatabase, unusableLiteDatabase } from "./engine.ts";
import { provideLitePython } from "./environment.ts";
import type { Store } from "../../types.ts";

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
  const { path, location, milvus, variables, transport = process.platform === "win32" ? "port" : "socket" } = options;
  const database = milvus.database === "default" ? null : (milvus.database ?? null);
  const onNotice = options.onNotice ?? (() => {});
  const connection = connectMilvus({
    endpoint: async () => {
      const engine = await liteEngine({
        database: path,
        idleMinutes: milvus.idleMinutes,
        variables,
        transport,
        python: async () =>
          milvus.python === undefined
            ? provideLitePython({ variables, onNotice })
            : { command: milvus.python, arguments: [] },
      });
      return { target: engine.address, authorization: engine.token };
    },
    revives: true,
    tls: null,
    database,
    timeoutMs: milvus.timeoutMs,
    workMs: LONGEST_CALL_MS,
    location,
  });
  const store = assembleMilvusStore({
    connection,
    dialect: async () => liteDialect,
    kind: "milvus-lite",
    location,
    settings: milvus,
    size: (name) => folderSize(join(path, ...(database === null ? [] : ["databases", database]), "collections", name)),
    async lockForWriting(name, purpose) {
      checkCollectionName(name);
      await prepareLiteDatabase(path);
      const result = await takeLock(join(path, WRITER_LOCK), purpose).catch((error: unknown) => {
        throw unusableLiteDatabase(path, error);
      });
      if ("release" in result) return result;
      const { pid, purpose: theirs, since } = result.heldBy;
      throw new UserError(
        "collection-locked",
        `the database ${location} is being written by another process: ${theirs} (process ${pid}, since ${since})`,
        { hint: "wait until it has ended, or stop it; searching goes on meanwhile", exitCode: ExitCode.backend },
      );
    },
    close: async () => {},
  });

  /** Looking does not make a database, and needs no engine where there is none. */
  const isThere = (): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );
  return {
    ...store,
    list: async () => ((await isThere()) ? store.list() : []),
    open: async (name) => {
      checkCollectionName(name);
      return (await isThere()) ? store.open(name) : null;
    },
  };
}

async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(file.parentPath, file.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((total, size) => total + size, 0);
}
