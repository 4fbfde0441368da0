import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Table } from "@lancedb/lancedb";
import { UserError } from "../../errors.ts";
import { checkCollectionName } from "../../util/collection-name.ts";
import { takeLock } from "../../files/lock-file.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { openEmbeddedCollection } from "./collection.ts";
import { translateStoreError } from "./errors.ts";
import {
  type StoreFolder,
  checkFolder,
  dropMs,
  isGone,
  prepareFolder,
  tableNames,
  tablePath,
  tableState,
} from "./folder.ts";
import { refusePlantedParts } from "./planted-parts.ts";
import { buildingFolder, findTable, recoverTables, replacedFolder, swapTables } from "./replacement.ts";
import { rightsOf } from "./rights.ts";
import {
  collectionExists,
  collectionLocked,
  foreignIsNotDropped,
  newerCollection,
  unreadableIsNotDropped,
  droppedMeanwhile,
} from "../shared/refusals.ts";
import { isReadable, manifestOfForm2 } from "../shared/bm25-terms.ts";
import { collectionSchema, manifestOf } from "./rows.ts";
import { searchModes } from "../../types.ts";
import { storeTables } from "./tables.ts";
import { type VectorIndexSizes, createTextIndex, usualSizes } from "./indexes.ts";
import type { Collection, Manifest, NewManifest, Store } from "../types.ts";

/** The folder is made when the first collection is. */
export interface EmbeddedStoreOptions extends StoreFolder {
  sizes?: VectorIndexSizes;
}

/** A store in a folder, served in-process by LanceDB: one table a collection, `<name>.lance`. */
export function openEmbeddedStore(options: EmbeddedStoreOptions): Store {
  const { path, location, sizes = usualSizes } = options;
  const tables = storeTables(options);
  /** By name, as long as nobody has written since: what a collection has learnt of itself is kept over many searches. */
  const unchanged = new Map<string, { state: string; collection: Collection }>();

  /** Throws `UserError` unless this tool made the table: one that cannot be read may be another program's. */
  async function refuseForeign(name: string): Promise<void> {
    const table = await tables.open(name).catch((error: unknown) => {
      throw unreadableIsNotDropped(name, location, error);
    });
    if (table === null) return;
    const manifest = await table
      .schema()
      .then(manifestOf)
      .catch((error: unknown) => {
        throw unreadableIsNotDropped(name, location, error);
      });
    if (manifest === null) throw foreignIsNotDropped(name, location);
  }

  function openCollection(table: Table, name: string, manifest: Manifest): Collection {
    const folder = tablePath(options, name);
    return openEmbeddedCollection({
      table,
      reopen: () => tables.reopen(name),
      name,
      manifest,
      folder,
      location,
      sizes,
    });
  }

  /** Makes a table in the store's folder, or in another one beside it. */
  async function make(folder: StoreFolder, name: string, newManifest: NewManifest): Promise<Collection> {
    const manifest = manifestOfForm2(newManifest, { bm25: true });
    const path = tablePath(folder, name);
    try {
      // A process that was killed while it made the table leaves an empty one.
      await rm(path, { recursive: true, force: true });
      await makeFolder(folder.path);
      const table = await (await tables.connected(folder)).createEmptyTable(name, collectionSchema(manifest));
      await createTextIndex(table);
      await rightsOf(path).share();
      const reopenBuilt = async (): Promise<Table> => (await tables.connected(folder)).openTable(name);
      if (folder === options) return openCollection(table, name, manifest);
      return openEmbeddedCollection({
        table,
        reopen: reopenBuilt,
        name,
        manifest,
        folder: path,
        location,
        sizes,
      });
    } catch (error) {
      throw translateStoreError(location)(error);
    }
  }

  return {
    kind: "embedded",
    location,

    pendingSetup: async () => null,

    async engine() {
      await checkFolder(options);
      return { product: "LanceDB, in this process", modes: searchModes };
    },

    async list() {
      const names = await tableNames(options);
      const moved = await tableNames(replacedFolder(options));
      return [...new Set([...names, ...moved])].sort();
    },

    async open(name) {
      checkCollectionName(name);
      const [state] = await Promise.all([
        tableState(options, name),
        checkFolder(options),
        refusePlantedParts(options, name),
      ]);
      const known = unchanged.get(name);
      if (known !== undefined && known.state === state) return known.collection;
      unchanged.delete(name);
      const table = await tables.open(name);
      if (table === null) return null;
      const manifest = readManifest(
        await table.schema().catch(async (error: unknown) => {
          if (await isGone(tablePath(options, name), dropMs)) throw droppedMeanwhile(name, location);
          throw translateStoreError(location)(error);
        }),
        name,
        location,
      );
      const collection = openCollection(table, name, manifest);
      if (state !== null) unchanged.set(name, { state, collection });
      return collection;
    },

    async create(name, newManifest) {
      checkCollectionName(name);
      await prepareFolder(options);
      await refusePlantedParts(options, name);
      if ((await findTable(options, name)) !== null) throw collectionExists(name, location);
      return make(options, name, newManifest);
    },

    refusalOf: () => null,

    async createBeside(name, newManifest) {
      checkCollectionName(name);
      await prepareFolder(options);
      await refusePlantedParts(options, name);
      await refuseForeign(name);
      const beside = buildingFolder(options);
      const collection = await make(beside, name, newManifest);
      return {
        collection,
        async swap() {
          await swapTables(options, name).catch(translateStoreError(location));
          [options, beside].forEach((folder) => tables.forget(folder));
        },
        async discard() {
          tables.forget(beside);
          await recoverTables(options, name).catch(translateStoreError(location));
        },
      };
    },

    async recover(name) {
      checkCollectionName(name);
      await refusePlantedParts(options, name);
      await recoverTables(options, name).catch(translateStoreError(location));
    },

    async drop(name, { evenIfForeign = false } = {}) {
      checkCollectionName(name);
      await refusePlantedParts(options, name);
      if (!evenIfForeign) await refuseForeign(name);
      try {
        await recoverTables(options, name);
        await (await tables.connected()).dropTable(name);
      } catch (error) {
        throw translateStoreError(location)(error);
      }
    },

    async lockForWriting(name, purpose) {
      checkCollectionName(name);
      await prepareFolder(options);
      const result = await takeLock(join(path, `${name}.lock`), purpose).catch(translateStoreError(location));
      if ("release" in result) return result;
      throw collectionLocked(`collection "${name}"`, result.heldBy);
    },

    close: () => tables.close(),
  };
}

function readManifest(schema: { metadata: Map<string, string> }, name: string, location: string): Manifest {
  const manifest = manifestOf(schema);
  if (manifest === null) {
    throw new UserError("foreign-collection", `"${name}" in ${location} is a LanceDB table that another program made`, {
      hint: "point store.path at another folder, or use another collection name",
    });
  }
  if (!isReadable(manifest)) throw newerCollection(name, manifest.toolVersion);
  return manifest;
}
