import type { Config } from "../../config/schema.ts";
import { UserError } from "../../errors.ts";
import { checkCollectionName } from "../../util/collection-name.ts";
import { isReadable } from "../shared/bm25-terms.ts";
import { collectionExists, foreignIsNotDropped, newerCollection } from "../shared/refusals.ts";
import type { Manifest, Store } from "../types.ts";
import { type MilvusCollectionOptions, openMilvusCollection } from "./collection.ts";
import type { MilvusDialect } from "./dialect.ts";
import { openForeignCollection } from "./foreign/collection.ts";
import { ensureIndexes } from "./indexes.ts";
import { createCollection, prepareOrDrop, refuseWithoutIndex } from "./new-collection.ts";
import { readManifest } from "./schema.ts";
import type { MilvusConnection } from "./wire/connection.ts";
import { MilvusErrorCode } from "./wire/errors.ts";
import type { CollectionSchema, DescribedCollection } from "./wire/protocol.ts";

/** What a store is made of: the same for a server and for the engine on this machine. */
export interface MilvusStoreParts extends Pick<Store, "location" | "lockForWriting"> {
  connection: MilvusConnection;
  /** Asked before every call that depends on it. */
  dialect(): Promise<MilvusDialect>;
  kind: "milvus" | "milvus-lite";
  settings: Pick<Config["milvus"], "index" | "fields">;
  size: MilvusCollectionOptions["size"];
  /** A line for the user about what the deployment cannot do. */
  onNotice?(text: string): void;
}

/** The store port over a connection. */
export function assembleMilvusStore(parts: MilvusStoreParts): Store {
  const { connection, kind, location, lockForWriting, settings } = parts;
  const { searchParams } = settings.index;

  async function describe(name: string): Promise<DescribedCollection | null> {
    try {
      return await connection.call("DescribeCollection", { collection_name: name });
    } catch (error) {
      if (error instanceof UserError && error.code === MilvusErrorCode.collectionNotFound) return null;
      throw error;
    }
  }

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

  return {
    kind,
    location,
    lockForWriting,

    async list() {
      const { collection_names: names } = await connection.call("ShowCollections", {});
      return names.toSorted();
    },

    async open(name) {
      checkCollectionName(name);
      const described = await describe(name);
      if (described === null) return null;
      const { schema } = described;
      const manifest = readManifest(described);
      if (manifest === null) {
        const dialect = await parts.dialect();
        return openForeignCollection({
          connection,
          dialect,
          name,
          schema,
          searchParams,
          fields: settings.fields ?? {},
        });
      }
      if (!isReadable(manifest)) throw newerCollection(name, manifest.toolVersion);
      return openMilvusCollection(await ownOptions(name, manifest, schema));
    },

    async create(name, newManifest) {
      checkCollectionName(name);
      const dialect = await parts.dialect();
      dialect.checkIndex(settings.index);
      refuseWithoutIndex(newManifest, dialect);
      if ((await describe(name)) !== null) throw collectionExists(name, location);
      if (!dialect.bm25) {
        parts.onNotice?.(
          `${dialect.product} has no BM25, which Milvus 2.5 brought: ${name} is searched by vectors alone`,
        );
      }
      const manifest = await createCollection({ connection, dialect, name }, newManifest);
      const { schema } = (await describe(name)) as DescribedCollection;
      const options = await ownOptions(name, manifest, schema);
      await prepareOrDrop(options, schema);
      return openMilvusCollection(options);
    },

    async checkNewCollections() {
      (await parts.dialect()).checkIndex(settings.index);
    },

    async drop(name, { evenIfForeign = false } = {}) {
      checkCollectionName(name);
      const described = await describe(name);
      if (described === null) return;
      if (described.collection_name !== "" && described.collection_name !== name) {
        throw new UserError("alias", `"${name}" is an alias of the collection "${described.collection_name}"`, {
          hint: "drop the collection by its own name",
        });
      }
      if (readManifest(described) === null && !evenIfForeign) throw foreignIsNotDropped(name, location);
      await connection.call("DropCollection", { collection_name: name });
    },

    async close() {
      connection.close();
    },
  };
}
