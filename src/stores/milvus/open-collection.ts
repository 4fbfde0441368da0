import type { Config } from "../../config/schema.ts";
import { isReadable } from "../shared/bm25-terms.ts";
import { newerCollection } from "../shared/refusals.ts";
import type { Collection, Manifest, NewManifest, ReadableCollection, Store } from "../types.ts";
import type { MilvusDialect } from "./dialect.ts";
import { openForeignCollection } from "./foreign/collection.ts";
import { ensureIndexes } from "./indexes.ts";
import { createCollection, prepareOrDrop, refuseWithoutIndex } from "./new-collection.ts";
import { type MilvusCollectionOptions, openMilvusCollection } from "./own/collection.ts";
import { type Describe, behindOwnAlias, findCollection } from "./replacement/names.ts";
import { pinWrites } from "./replacement/pinned-writes.ts";
import { type Opened, identityOf } from "./replacement/steady-reads.ts";
import { readManifest } from "./schema.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import type { CollectionSchema, KeyValue } from "./wire/protocol.ts";

/** The parts of a store, alike for a server and for the engine on this machine. */
export interface MilvusStoreParts extends Pick<Store, "location" | "lockForWriting"> {
  connection: MilvusConnection;
  /** Asked before every call that depends on it. */
  dialect(): Promise<MilvusDialect>;
  kind: "milvus" | "milvus-lite";
  settings: Pick<Config["milvus"], "index" | "fields">;
  size: MilvusCollectionOptions["size"];
  /** As in `Store`; not set: there is nothing to set up. */
  pendingSetup?: Store["pendingSetup"];
  /** A line for the user about what the deployment cannot do. */
  onNotice?(text: string): void;
}

/** Opens and makes the collections of a store. */
export interface CollectionOpener {
  /** Makes a collection of a name that is free. Throws `UserError` where the deployment cannot serve it. */
  make(name: string, newManifest: NewManifest, properties: readonly KeyValue[]): Promise<Collection>;
  /**
   * Opens the collection that the name, or its alias, stands for now; `null` where there is none. Throws `UserError`
   * `newer-collection` for one that a newer version of the tool made.
   */
  openNow(name: string): Promise<Opened<ReadableCollection> | null>;
}

export function collectionOpener(parts: MilvusStoreParts, describe: Describe): CollectionOpener {
  const { connection, settings, location } = parts;
  const { searchParams } = settings.index;

  async function ownOptions(
    name: string,
    manifest: Manifest,
    schema: CollectionSchema,
  ): Promise<MilvusCollectionOptions> {
    const dialect = await parts.dialect();
    return {
      connection,
      dialect,
      name,
      manifest,
      schema,
      searchParams,
      ensureIndexes: () => ensureIndexes({ connection, name, schema, manifest, dialect, dense: settings.index }),
      size: parts.size,
    };
  }

  async function make(name: string, newManifest: NewManifest, properties: readonly KeyValue[]): Promise<Collection> {
    const dialect = await parts.dialect();
    dialect.checkIndex(settings.index);
    refuseWithoutIndex(newManifest, dialect);
    if (!dialect.bm25) {
      parts.onNotice?.(
        `${dialect.product} has no BM25, which Milvus 2.5 brought: ${name} is searched by vectors alone`,
      );
    }
    const { manifest, schema } = await createCollection(
      { connection, dialect, describe, location, name },
      newManifest,
      properties,
    );
    const options = await ownOptions(name, manifest, schema);
    await prepareOrDrop(options, schema);
    return openMilvusCollection(options);
  }

  async function openNow(name: string): Promise<Opened<ReadableCollection> | null> {
    const found = await findCollection(name, describe);
    if (found === null) return null;
    const { described } = found;
    const { schema } = described;
    const identity = identityOf(described);
    const manifest = readManifest(described);
    if (manifest === null) {
      const dialect = await parts.dialect();
      const fields = settings.fields ?? {};
      const { onNotice } = parts;
      const options = { connection, dialect, name, schema, searchParams, fields, onNotice };
      return { collection: await openForeignCollection(options), identity };
    }
    if (!isReadable(manifest)) throw newerCollection(name, manifest.toolVersion);
    const options = await ownOptions(found.name, manifest, schema);
    const { severalWriters } = options.dialect;
    if (severalWriters) {
      const isStill = async (): Promise<boolean> => {
        const now = await describe(found.name);
        return now !== null && identityOf(now) === identity;
      };
      options.connection = pinWrites(connection, { name, behind: behindOwnAlias(name, described), isStill });
    }
    return { collection: { ...openMilvusCollection(options), name }, identity };
  }

  return { make, openNow };
}
