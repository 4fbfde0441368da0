import { UserError } from "../../../errors.ts";
import { checkCollectionName } from "../../../util/collection-name.ts";
import type { Collection, Store } from "../../types.ts";
import { LONGEST_NAME } from "../replacement/names.ts";
import { collectionName, serverName } from "./hyphens.ts";

/** The store with names that may have hyphens, over one whose names cannot. */
export function withHyphenatedNames(store: Store): Store {
  return {
    ...store,
    list: async () => (await store.list()).map(collectionName).sort(),
    async open(name) {
      const collection = await store.open(nameOnServer(name));
      return collection && { ...collection, name };
    },
    create: async (name, manifest) => named(await store.create(nameOnServer(name), manifest), name),
    async createBeside(name, manifest) {
      const replacement = await store.createBeside(nameOnServer(name), manifest);
      return { ...replacement, collection: named(replacement.collection, name) };
    },
    recover: async (name) => store.recover(nameOnServer(name)),
    drop: async (name, options) => store.drop(nameOnServer(name), options),
    lockForWriting: async (name, purpose) => store.lockForWriting(nameOnServer(name), purpose),
  };
}

function named(collection: Collection, name: string): Collection {
  return { ...collection, name };
}

/** Throws `UserError` `invalid-collection-name` for no name, and for one that is too long once its hyphens are written. */
function nameOnServer(name: string): string {
  checkCollectionName(name);
  const onServer = serverName(name);
  if (onServer === name || onServer.length <= LONGEST_NAME) return onServer;
  throw new UserError("invalid-collection-name", `"${name}" is too long for a collection of Milvus`, {
    hint: `with its hyphens it takes ${onServer.length} characters there, of ${LONGEST_NAME}; use a shorter name`,
  });
}
