import { UserError } from "../errors.ts";

/** Why nothing is ingested into a collection that another program made. */
export function foreignIsNotWritten(name: string): UserError {
  return new UserError("foreign-collection", `another program made the collection "${name}": it is read, not written`, {
    hint: "ingest into a collection of another name: --collection <name>",
  });
}
