import { readManifest } from "../schema.ts";
import { UserError } from "../../../errors.ts";
import type { MilvusConnection } from "../wire/connection.ts";
import { MilvusErrorCode } from "../wire/errors.ts";
import type { DescribedCollection } from "../wire/protocol.ts";

/** What a name stands for; `null` where there is no collection or alias of this name. */
export type Describe = (name: string) => Promise<DescribedCollection | null>;

/** Asks a deployment what a name stands for. */
export function describerOf(connection: MilvusConnection): Describe {
  return async (name) => {
    try {
      return await connection.call("DescribeCollection", { collection_name: name });
    } catch (error) {
      if (error instanceof UserError && error.code === MilvusErrorCode.collectionNotFound) return null;
      throw error;
    }
  };
}

/** Internal names are `docs__rag_0f3a5b7c` for a collection that replaces `docs`, `docs__rag_replaced` for the old one. */
const internalPattern = /^(.+)__rag_(?:[0-9a-f]{8}|replaced)$/;
/** Characters of a name that leave room for what makes it internal. */
export const LONGEST_NAME = 255 - "__rag_00000000".length;

/** The name that people know a collection by, where its own is internal; `null` where it is not. */
export function publicName(internal: string): string | null {
  return internalPattern.exec(internal)?.[1] ?? null;
}

/** The name of the old collection while it is replaced. */
export function replacedName(name: string): string {
  return `${name}__rag_replaced`;
}

/** What a name stands for at this moment: a collection, an alias, or a collection that is being replaced. */
export async function findCollection(
  name: string,
  describe: Describe,
): Promise<{ described: DescribedCollection; name: string } | null> {
  // A replacement may end between a look at one name and a look at the other.
  for (const candidate of [name, replacedName(name), name]) {
    const described = await describe(candidate);
    if (described !== null) return { described, name: candidate };
  }
  return null;
}

/**
 * The collection that an alias names; `null` where the name is that of a collection. Milvus 2.3 repeats the alias as the
 * collection's name and has the real one in the schema.
 */
export function behindAlias(name: string, described: DescribedCollection): string | null {
  const { aliases, collection_name: said, schema } = described;
  if (said !== "" && said !== name) return said;
  return aliases.includes(name) && schema.name !== "" && schema.name !== name ? schema.name : null;
}

/** The same for an alias that this tool made alone; `null` for one that a user made. */
export function behindOwnAlias(name: string, described: DescribedCollection): string | null {
  const behind = behindAlias(name, described);
  return behind !== null && publicName(behind) === name ? behind : null;
}

/** The collections of a deployment by the names that people know, in alphabetical order; what is being built is left out. */
export async function publicNames(names: readonly string[], describe: Describe): Promise<string[]> {
  const shown = await Promise.all(
    names.map(async (name) => {
      const known = publicName(name);
      if (known === null) return [name];
      const described = await describe(name);
      if (described === null) return [];
      if (readManifest(described) === null) return [name];
      return described.aliases.includes(known) || name === replacedName(known) ? [known] : [];
    }),
  );
  return [...new Set(shown.flat())].sort();
}
