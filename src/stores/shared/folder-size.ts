import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of all files in a folder and those below; 0 where there is no such folder. */
export async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  let total = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // The file may have been deleted since the listing.
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => null);
    total += found?.size ?? 0;
  }
  return total;
}
