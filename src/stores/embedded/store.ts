import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Connection, Table } from "@lancedb/lancedb";
import type { Config } from "../../config/schema.ts";
import { ExitCode, UserError } from "../../errors.ts";
import { checkCollectionName } from "../../util/collection-name.ts";
import { takeLock } from "../../files/lock-file.ts";
import { openEmbeddedCollection } from "./collection.ts";
import { corruptCollection, translateStoreError } from "./errors.ts";
import { type StoreFolder, checkFolder, holdsTable, prepareFolder, tableNames, tablePath } from "./folder.ts";
import { collectionSchema, manifestOf } from "./rows.ts";
import { lancedb } from "./lancedb.ts";
import { createTextIndex } from "./indexes.ts";
import type { Collection, Manifest, NewManifest, Store, WriterLease } from "../types.ts";

/** The folder is made when the first collection is. */
export interface EmbeddedStoreOptions extends StoreFolder {
  /** Settings of the full-text index of new collections. */
  text: Config["text"];
}

/** A store in a folder, served in-process by LanceDB: one table a collection, `<name>.lance`. */
export function openEmbeddedStore(options: EmbeddedStoreOptions): Store {
  const { path, location, text } = options;
  const folderOf = (name: string): string => tablePath(options, name);
  let connection: Promise<Connection> | null = null;

  const connected = (): Promise<Connection> => (connection ??= lancedb().then(({ connect }) => connect(path)));

  async function openTable(name: string): Promise<Table> {
    try {
      return await (await connected()).openTable(name);
    } catch (error) {
      throw corruptCollection({ name, folder: folderOf(name), location }, error);
    }
  }

  /** Of a table that cannot be read nobody can tell. */
  async function isForeign(name: string): Promise<boolean> {
    try {
      const table = await (await connected()).openTable(name);
      return manifestOf(await table.schema()) === null;
    } catch {
      return false;
    }
  }

  return {
    kind: "embedded",
    location,

    list: () => tableNames(options),

    async open(name): Promise<Collection | null> {
      checkCollectionName(name);
      await checkFolder(options);
      if (!(await holdsTable(options, name))) return null;
      const table = await openTable(name);
      const manifest = readManifest(await table.schema().catch(translateStoreError(location)), name, location);
      return openEmbeddedCollection({ table, name, manifest, folder: folderOf(name), location, text });
    },

    async create(name, newManifest: NewManifest) {
      checkCollectionName(name);
      await prepareFolder(options);
      if (await holdsTable(options, name)) {
        throw new UserError("collection-exists", `there is a collection "${name}" in ${location} already`, {
          hint: "choose another name, or drop it first: rag collections drop",
        });
      }
      const manifest: Manifest = { ...newManifest, analyzer: text.tokenizer };
      try {
        // What a killed maker left.
        await rm(folderOf(name), { recursive: true, force: true });
        const table = await (await connected()).createEmptyTable(name, collectionSchema(manifest));
        await createTextIndex(table, text);
        return openEmbeddedCollection({ table, name, manifest, folder: folderOf(name), location, text });
      } catch (error) {
        throw translateStoreError(location)(error);
      }
    },

    async checkNewCollections() {},

    async drop(name, { evenIfForeign = false } = {}) {
      checkCollectionName(name);
      if (!evenIfForeign && (await isForeign(name))) {
        throw new UserError("foreign-collection", `another program made the table "${name}" in ${location}`, {
          hint: `where nobody needs it any more: rag collections drop ${name} --yes`,
        });
      }
      await connected()
        .then((opened) => opened.dropTable(name))
        .catch(translateStoreError(location));
    },

    async lockForWriting(name, purpose): Promise<WriterLease> {
      checkCollectionName(name);
      await prepareFolder(options);
      const result = await takeLock(join(path, `${name}.lock`), purpose).catch(translateStoreError(location));
      if ("release" in result) return result;
      const { pid, host, purpose: theirs, since } = result.heldBy;
      throw new UserError(
        "collection-locked",
        `collection "${name}" is being written by another process: ${theirs} (process ${pid} on ${host}, since ${since})`,
        {
          hint: "wait until it has ended, or stop it; searching goes on meanwhile",
          exitCode: ExitCode.backend,
        },
      );
    },

    async close() {
      if (connection !== null) (await connection.catch(() => null))?.close();
    },
  };
}

function readManifest(schema: { metadata: Map<string, string> }, name: string, location: string): Manifest {
  const manifest = manifestOf(schema);
  if (manifest === null) {
    throw new UserError("foreign-collection", `"${name}" in ${location} is a LanceDB table that another program made`, {
      hint: "point store.path at another folder, or use another collection name",
    });
  }
  if (manifest.schemaVersion !== 1) {
    throw new UserError(
      "newer-collection",
      `collection "${name}" was made by milvus-rag ${manifest.toolVersion}, which keeps it in a form that this version cannot read`,
      {
        hint: "update milvus-rag, or ingest again with --recreate",
      },
    );
  }
  return manifest;
}
