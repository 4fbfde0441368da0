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
import { buildingFolder, findTable, recoverTables, removeTable, replacedFolder, swapTables } from "./replacement.ts";
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
  const beside = buildingFolder(options);
  /** Open collections by name, kept until somebody writes: a collection remembers what it has read about itself. */
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

  /**
   * Makes an empty table beside the collections, where nobody looks for it. `swapIn` puts it in the place of its name: a
   * process that is killed before leaves no table without the index that searches need.
   */
  async function make(name: string, newManifest: NewManifest): Promise<{ table: Table; manifest: Manifest }> {
    const manifest = manifestOfForm2(newManifest, { bm25: true });
    const path = tablePath(beside, name);
    try {
      // Left by a process that was killed while it made a table.
      await rm(path, { recursive: true, force: true });
      await makeFolder(beside.path);
      const table = await (await tables.connected(beside)).createEmptyTable(name, collectionSchema(manifest));
      await createTextIndex(table);
      await rightsOf(path).share();
      return { table, manifest };
    } catch (error) {
      throw translateStoreError(location)(error);
    }
  }

  async function swapIn(name: string): Promise<void> {
    await swapTables(options, name).catch(translateStoreError(location));
    [options, beside].forEach((folder) => tables.forget(folder));
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
      const [state] = await Promise.all([tableState(options, name), checkFolder(options)]);
      const known = unchanged.get(name);
      if (known !== undefined && known.state === state) return known.collection;
      unchanged.delete(name);
      await refusePlantedParts(options, name);
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
      const { manifest } = await make(name, newManifest);
      await swapIn(name);
      return openCollection(await tables.reopen(name), name, manifest);
    },

    refusalOf: () => null,

    async createBeside(name, newManifest) {
      checkCollectionName(name);
      await prepareFolder(options);
      await refusePlantedParts(options, name);
      await refuseForeign(name);
      const { table, manifest } = await make(name, newManifest);
      const reopen = async (): Promise<Table> => (await tables.connected(beside)).openTable(name);
      const folder = tablePath(beside, name);
      return {
        collection: openEmbeddedCollection({ table, reopen, name, manifest, folder, location, sizes }),
        swap: () => swapIn(name),
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
      await removeTable(options, name).catch(translateStoreError(location));
      tables.forget();
    },

    async lockForWriting(name, purpose) {
      checkCollectionName(name);
      await Promise.all([prepareFolder(options), refusePlantedParts(options, name)]);
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
