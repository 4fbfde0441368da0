import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Connection, Table } from "@lancedb/lancedb";
import type { Config } from "../../config/schema.ts";
import { UserError } from "../../errors.ts";
import { checkCollectionName } from "../../util/collection-name.ts";
import { takeLock } from "../../files/lock-file.ts";
import { openEmbeddedCollection } from "./collection.ts";
import { corruptCollection, droppedMeanwhile, translateStoreError } from "./errors.ts";
import {
  type StoreFolder,
  checkFolder,
  dropMs,
  holdsTable,
  isGone,
  refuseLinks,
  prepareFolder,
  tableNames,
  tablePath,
} from "./folder.ts";
import { collectionExists, collectionLocked, foreignIsNotDropped, newerCollection } from "../shared/refusals.ts";
import { collectionSchema, manifestOf } from "./rows.ts";
import { lancedb } from "./lancedb.ts";
import { createTextIndex } from "./indexes.ts";
import type { Collection, Manifest, Store } from "../types.ts";

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
      if (await isGone(folderOf(name), dropMs)) throw droppedMeanwhile(name, location);
      throw corruptCollection({ name, folder: folderOf(name), location }, error);
    }
  }

  /** An unreadable table does not count as foreign: it may be dropped. */
  async function isForeign(name: string): Promise<boolean> {
    try {
      const table = await (await connected()).openTable(name);
      return manifestOf(await table.schema()) === null;
    } catch {
      return false;
    }
  }

  function openCollection(table: Table, name: string, manifest: Manifest): Collection {
    return openEmbeddedCollection({ table, name, manifest, folder: folderOf(name), location, text });
  }

  return {
    kind: "embedded",
    location,

    list: () => tableNames(options),

    async open(name) {
      checkCollectionName(name);
      await checkFolder(options);
      await refuseLinks(options, name);
      if (!(await holdsTable(options, name))) return null;
      const table = await openTable(name);
      const manifest = readManifest(
        await table.schema().catch(async (error: unknown) => {
          if (await isGone(folderOf(name), dropMs)) throw droppedMeanwhile(name, location);
          throw translateStoreError(location)(error);
        }),
        name,
        location,
      );
      return openCollection(table, name, manifest);
    },

    async create(name, newManifest) {
      checkCollectionName(name);
      await prepareFolder(options);
      if (await holdsTable(options, name)) throw collectionExists(name, location);
      const manifest: Manifest = { ...newManifest, analyzer: text.tokenizer };
      try {
        // A process that was killed while it made the table leaves an empty one.
        await rm(folderOf(name), { recursive: true, force: true });
        const table = await (await connected()).createEmptyTable(name, collectionSchema(manifest));
        await createTextIndex(table, text);
        return openCollection(table, name, manifest);
      } catch (error) {
        throw translateStoreError(location)(error);
      }
    },

    async checkNewCollections() {},

    async drop(name, { evenIfForeign = false } = {}) {
      checkCollectionName(name);
      if (!evenIfForeign && (await isForeign(name))) throw foreignIsNotDropped(name, location);
      await connected()
        .then((opened) => opened.dropTable(name))
        .catch(translateStoreError(location));
    },

    async lockForWriting(name, purpose) {
      checkCollectionName(name);
      await prepareFolder(options);
      const result = await takeLock(join(path, `${name}.lock`), purpose).catch(translateStoreError(location));
      if ("release" in result) return result;
      throw collectionLocked(`collection "${name}"`, result.heldBy);
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
  if (manifest.schemaVersion !== 1) throw newerCollection(name, (manifest as Manifest).toolVersion);
  return manifest;
}
