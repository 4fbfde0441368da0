import type { Command as Program } from "commander";
import { UserError } from "../../errors.ts";
import type { CollectionFlags, CommonFlags } from "./flags.ts";

/**
 * The flags of a command about one collection, which is its argument or, where that is left out, `--collection`. Throws
 * `UserError` `usage` where there is neither, or where they differ.
 */
export function namingCollection<Flags extends CommonFlags>(
  argument: string | undefined,
  command: Program,
): Flags & CollectionFlags {
  const flags = command.optsWithGlobals<Flags>();
  const name = argument ?? flags.collection;
  if (name === undefined) {
    throw new UserError("usage", "missing required argument 'name'", {
      hint: `name the collection, as in: rag collections ${command.name()} docs`,
    });
  }
  if (flags.collection !== undefined && flags.collection !== name) {
    throw new UserError("usage", `${name} and --collection ${flags.collection} contradict each other`, {
      hint: "name one collection: the argument is enough",
    });
  }
  return { ...flags, name };
}
