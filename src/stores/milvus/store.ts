import { searchModes } from "../../types.ts";
import { collectionExists } from "../shared/refusals.ts";
import type { Store } from "../types.ts";
import { checkServerName } from "./names/hyphens.ts";
import { type MilvusStoreParts, collectionOpener } from "./open-collection.ts";
import { dropCollection, refuseToReplace } from "./replacement/drop.ts";
import { describerOf, findCollection, publicNames } from "./replacement/names.ts";
import { withSteadyReads } from "./replacement/steady-reads.ts";
import { type ReplacementParts, planReplacement, recoverCollections, swapCollections } from "./replacement/swap.ts";
import { refusalOf } from "./rows.ts";

/** The store port over a connection. */
export function assembleMilvusStore(parts: MilvusStoreParts): Store {
  const { connection, kind, location, lockForWriting } = parts;
  const describe = describerOf(connection);
  const { make, openNow } = collectionOpener(parts, describe);

  const replacement = async (): Promise<ReplacementParts> => ({ connection, dialect: await parts.dialect(), describe });

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
      // Asks for the dialect first: this detects a server that is not Milvus.
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
