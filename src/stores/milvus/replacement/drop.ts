import { UserError } from "../../../errors.ts";
import { foreignIsNotDropped } from "../../shared/refusals.ts";
import { readManifest } from "../schema.ts";
import type { DescribedCollection } from "../wire/protocol.ts";
import { behindAlias, behindOwnAlias, findCollection } from "./names.ts";
import { type ReplacementParts, recoverCollections } from "./swap.ts";

/** As in `ReplacementParts`; the dialect is asked for once there is something to drop. */
interface DropParts extends Omit<ReplacementParts, "dialect"> {
  location: string;
  dialect(): Promise<ReplacementParts["dialect"]>;
}

/**
 * Drops the collection of this name, the alias that stands for it, and what an unfinished replacement left of it. Throws
 * as `refuseToReplace` does; nothing happens where there is none.
 */
export async function dropCollection(
  { connection, describe, location, dialect }: DropParts,
  name: string,
  evenIfForeign: boolean,
): Promise<void> {
  const found = await findCollection(name, describe);
  if (found === null) return;
  const behind = behindOwnAlias(name, found.described);
  if (behind === null) {
    refuseToReplace(found.name, found.described, location, evenIfForeign);
  } else {
    await connection.call("DropAlias", { alias: name });
  }
  await connection.call("DropCollection", { collection_name: behind ?? found.name });
  await recoverCollections({ connection, describe, dialect: await dialect() }, name);
}

/** Throws `UserError` for an alias that a user made, and for a collection that another program made. */
export function refuseToReplace(
  name: string,
  described: DescribedCollection,
  location: string,
  evenIfForeign = false,
): void {
  const behind = behindAlias(name, described);
  if (behind !== null && behindOwnAlias(name, described) === null) {
    throw new UserError("alias", `"${name}" is an alias of the collection "${behind}"`, {
      hint: "drop the collection by its own name",
    });
  }
  if (readManifest(described) === null && !evenIfForeign) throw foreignIsNotDropped(name, location);
}
