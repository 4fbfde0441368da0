import type { Config } from "../../config/schema.ts";
import { checkServerName } from "./names/hyphens.ts";
import { searchModes } from "../../types.ts";
import { isReadable } from "../shared/bm25-terms.ts";
import { collectionExists, newerCollection } from "../shared/refusals.ts";
import type { Collection, Manifest, NewManifest, ReadableCollection, Store } from "../types.ts";
import { type MilvusCollectionOptions, openMilvusCollection } from "./own/collection.ts";
import type { MilvusDialect } from "./dialect.ts";
import { openForeignCollection } from "./foreign/collection.ts";
import { ensureIndexes } from "./indexes.ts";
import { createCollection, prepareOrDrop, refuseWithoutIndex } from "./new-collection.ts";
import { dropCollection, refuseToReplace } from "./replacement/drop.ts";
import { behindOwnAlias, describerOf, findCollection, publicNames } from "./replacement/names.ts";
import { pinWrites } from "./replacement/pinned-writes.ts";
import { type Opened, identityOf, withSteadyReads } from "./replacement/steady-reads.ts";
import { type ReplacementParts, planReplacement, recoverCollections, swapCollections } from "./replacement/swap.ts";
import { refusalOf } from "./rows.ts";
import { readManifest } from "./schema.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import type { CollectionSchema, KeyValue } from "./wire/protocol.ts";

/** What a store is made of: the same for a server and for the engine on this machine. */
export interface MilvusStoreParts extends Pick<Store, "location" | "lockForWriting"> {
  connection: MilvusConnection;
  /** Asked before every call that depends on it. */
  dialect(): Promise<MilvusDialect>;
  kind: "milvus" | "milvus-lite";
  settings: Pick<Config["milvus"], "index" | "fields">;
  size: MilvusCollectionOptions["size"];
  /** As in `Store`; there is nothing to set up where it is not set. */
  pendingSetup?: Store["pendingSetup"];
  /** A line for the user about what the deployment cannot do. */
  onNotice?(text: string): void;
}

/** The store port over a connection. */
export function assembleMilvusStore(parts: MilvusStoreParts): Store {
  const { connection, kind, location, lockForWriting, settings } = parts;
  const { searchParams } = settings.index;
  const describe = describerOf(connection);

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

  const replacement = async (): Promise<ReplacementParts> => ({ connection, dialect: await parts.dialect(), describe });

  /** Makes a collection of a name that is free. */
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

  /** What the name stands for now. */
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

  return {
    kind,
    location,
    lockForWriting,

    pendingSetup: parts.pendingSetup ?? (async () => null),

    async engine() {
      const { product, bm25 } = await parts.dialect();
      return { product, modes: searchModes.filter((mode) => bm25 || mode === "dense") };
    },

    async list() {
      const { collection_names: names } = await connection.call("ShowCollections", {});
      return publicNames(names, describe);
    },

    async open(name) {
      checkServerName(name);
      const opened = await openNow(name);
      return opened && withSteadyReads(opened, { reopen: () => openNow(name), location });
    },

    async create(name, newManifest) {
      checkServerName(name);
      // Asked first: it tells a server that is no Milvus.
      await parts.dialect();
      if ((await findCollection(name, describe)) !== null) throw collectionExists(name, location);
      return make(name, newManifest, []);
    },

    refusalOf,

    async createBeside(name, newManifest) {
      checkServerName(name);
      const { name: built, properties } = planReplacement(name, await parts.dialect());
      const described = await describe(name);
      if (described !== null) refuseToReplace(name, described, location);
      const collection = await make(built, newManifest, properties);
      return {
        collection: { ...collection, name },
        swap: async () => swapCollections(await replacement(), name, built),
        async discard() {
          await connection.call("DropCollection", { collection_name: built });
        },
      };
    },

    async recover(name) {
      checkServerName(name);
      await recoverCollections(await replacement(), name);
    },

    async drop(name, { evenIfForeign = false } = {}) {
      checkServerName(name);
      await dropCollection({ connection, describe, location, dialect: parts.dialect }, name, evenIfForeign);
    },

    async close() {
      connection.close();
    },
  };
}
