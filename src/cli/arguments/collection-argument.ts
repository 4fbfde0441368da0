import type { Command as Program } from "commander";
import { UserError } from "../../errors.ts";
import type { CollectionFlags, CommonFlags, OptionalCollectionFlags } from "./flags.ts";

/**
 * The flags of a command about one collection, which is its argument or, where that is left out, `--collection`. Throws
 * `UserError` `usage` where there is neither, or where they differ.
 */
export function namingCollection<Flags extends CommonFlags>(
  argument: string | undefined,
  command: Program,
): Flags & CollectionFlags {
  const flags = maybeNamingCollection<Flags>(argument, command);
  const { name } = flags;
  if (name === undefined) {
    throw new UserError("usage", "missing required argument 'name'", {
      hint: `name the collection, as in: rag collections ${command.name()} docs`,
    });
  }
  return { ...flags, name };
}

/** The same for a command that takes the configured collection where none is named. */
export function maybeNamingCollection<Flags extends CommonFlags>(
  argument: string | undefined,
  command: Program,
): Flags & OptionalCollectionFlags {
  const flags = command.optsWithGlobals<Flags>();
  const name = argument ?? flags.collection;
  if (name === undefined) return flags;
  if (flags.collection !== undefined && flags.collection !== name) {
    throw new UserError("usage", `${name} and --collection ${flags.collection} contradict each other`, {
      hint: "name one collection: the argument is enough",
    });
  }
  return { ...flags, name };
}
