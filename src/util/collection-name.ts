import { UserError } from "../errors.ts";

/** What to do about a name that is none. */
export const collectionNameRule =
  "use letters, digits, underscores and hyphens, at most 255 of them, and begin with a letter or an underscore";

/** Milvus's rule for names, and hyphens, kept on every store so that a collection can move to any other. */
export function isCollectionName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,254}$/.test(name);
}

/** Throws `UserError` (exit code 2) for what cannot be the name of a collection. */
export function checkCollectionName(name: string): void {
  if (isCollectionName(name)) return;
  throw new UserError("invalid-collection-name", `"${name}" cannot be the name of a collection`, {
    hint: collectionNameRule,
  });
}
