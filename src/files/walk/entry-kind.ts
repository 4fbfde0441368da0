import type { Dirent } from "node:fs";
import { stat } from "node:fs/promises";

export type EntryKind = "file" | "folder" | "special";

/** What an entry of a folder is, links not followed. A link counts as a file, pipes, sockets and devices as special. */
export function kindOf(found: Pick<Dirent, "isFile" | "isDirectory" | "isSymbolicLink">): EntryKind {
  if (found.isDirectory()) return "folder";
  return found.isFile() || found.isSymbolicLink() ? "file" : "special";
}

/** What an entry is or links to: `gone` for a broken link, an `Error` for a link that could not be followed. */
export async function kindBehind(entry: Dirent, path: string): Promise<EntryKind | "gone" | NodeJS.ErrnoException> {
  if (!entry.isSymbolicLink()) return kindOf(entry);
  return stat(path).then(kindOf, (error: NodeJS.ErrnoException) =>
    ["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code ?? "") ? "gone" : error,
  );
}
