import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../errors.ts";
import { isAlive, processIdentity } from "../../../files/process-identity.ts";
import type { MilvusDialect } from "../dialect.ts";
import { readManifest } from "../schema.ts";
import type { MilvusConnection } from "../wire/connection.ts";
import type { DescribedCollection, KeyValue } from "../wire/protocol.ts";
import { type Describe, LONGEST_NAME, behindOwnAlias, publicName, replacedName } from "./names.ts";

/**
 * How a collection is replaced. The new one is built under an internal name. On servers the user's name becomes an alias
 * of it: the second and every later replacement only lets the alias point elsewhere, which nobody notices. The first one
 * moves the old collection to an internal name, as no alias may have the name of a collection; between that call and the
 * next, readers look for it there. Where there is no need of aliases, both collections are renamed in the same way.
 */

/** Property of a collection that was built beside another: who builds it, and since when. */
const BUILDER_PROPERTY = "rag.builder";
/** A builder on another machine counts as dead after this time. */
const ABANDONED_MS = 24 * 3_600_000;
/** A replacement that is not over after this time was cut short. */
const SWAP_MS = 2_000;

/** What is needed of a deployment. */
export interface ReplacementParts {
  connection: MilvusConnection;
  dialect: MilvusDialect;
  describe: Describe;
}

/**
 * A name to build the new collection under, and what it says of its builder. Throws `UserError` `no-replacement` where
 * the deployment knows neither aliases nor renaming, and `invalid-collection-name` where the name is too long for it.
 */
export function planReplacement(name: string, dialect: MilvusDialect): { name: string; properties: KeyValue[] } {
  if (dialect.replaces === null) {
    throw new UserError(
      "no-replacement",
      `${dialect.product} can neither rename a collection nor give it an alias: nothing can be built beside "${name}" and put in its place`,
      { hint: `drop it yourself, then ingest: rag collections drop ${name}` },
    );
  }
  if (name.length > LONGEST_NAME) {
    throw new UserError(
      "invalid-collection-name",
      `the name of the collection is too long for it to be replaced: ${name.length} characters, ${LONGEST_NAME} at most`,
      { hint: "ingest into a collection of a shorter name" },
    );
  }
  const builder = JSON.stringify({ process: processIdentity(), since: Date.now() });
  return {
    name: `${name}__rag_${randomBytes(4).toString("hex")}`,
    properties: [{ key: BUILDER_PROPERTY, value: builder }],
  };
}

/** Puts the collection `built` in the place of the one called `name`, which is dropped. */
export async function swapCollections(parts: ReplacementParts, name: string, built: string): Promise<void> {
  const { connection, dialect, describe } = parts;
  const rename = (oldName: string, newName: string) => connection.call("RenameCollection", { oldName, newName });
  const drop = (collection: string) => connection.call("DropCollection", { collection_name: collection });
  const takePlace = () =>
    dialect.replaces === "alias"
      ? connection.call("CreateAlias", { collection_name: built, alias: name })
      : rename(built, name);

  const old = await describe(name);
  if (old === null) {
    await takePlace();
    return;
  }
  const behind = behindOwnAlias(name, old);
  if (behind !== null) {
    await connection.call("AlterAlias", { collection_name: built, alias: name });
    await drop(behind);
    return;
  }
  await rename(name, replacedName(name));
  try {
    await takePlace();
  } catch (error) {
    await rename(replacedName(name), name);
    throw error;
  }
  await drop(replacedName(name));
}

/**
 * Ends what a killed process began: a collection that was moved away and not replaced gets its name back, and what such
 * a process built is dropped. What a process builds that lives, or may live on another machine, stays.
 */
export async function recoverCollections(parts: ReplacementParts, name: string): Promise<void> {
  const { connection, describe } = parts;
  const { collection_names: names } = await connection.call("ShowCollections", {});
  for (const internal of names.filter((candidate) => publicName(candidate) === name)) {
    const described = await describe(internal);
    if (described === null || readManifest(described) === null || described.aliases.includes(name)) continue;
    if (internal !== replacedName(name)) {
      if (isAbandoned(described, parts.dialect)) {
        await connection.call("DropCollection", { collection_name: internal });
      }
      continue;
    }
    if ((await describe(name)) === null) await sleep(SWAP_MS);
    if ((await describe(internal)) === null) continue;
    if ((await describe(name)) === null) {
      await connection.call("RenameCollection", { oldName: internal, newName: name });
    } else {
      await connection.call("DropCollection", { collection_name: internal });
    }
  }
}

function isAbandoned({ properties }: DescribedCollection, { severalWriters }: MilvusDialect): boolean {
  // Whoever asks is the only writer.
  if (!severalWriters) return true;
  const { process, since } = builderOf(properties.find(({ key }) => key === BUILDER_PROPERTY)?.value);
  const state = isAlive(process);
  return state === "unknown" ? Date.now() - since > ABANDONED_MS : state === "dead";
}

function builderOf(json: string | undefined): { process: string; since: number } {
  try {
    const { process = "", since = 0 } = JSON.parse(json ?? "{}") as { process?: string; since?: number };
    return { process, since };
  } catch {
    return { process: "", since: 0 };
  }
}
