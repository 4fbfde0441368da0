import { UserError } from "../errors.ts";

/** Milvus's rule for names, kept on every store so that a collection can move to any other. Throws `UserError` (exit code 2). */
export function checkCollectionName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name)) return;
  throw new UserError("invalid-collection-name", `"${name}" cannot be the name of a collection`, {
    hint: "use letters, digits and underscores, at most 255 of them, and begin with a letter or an underscore",
  });
}
