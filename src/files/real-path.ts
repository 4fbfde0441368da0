import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";

/** Whether a path is the folder or below it; both as the system names them, without links. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * Whether an absolute path leads into the folder once every link on its way is followed. What does not exist yet is
 * judged by the nearest folder that does. A link to nothing counts as outside: to write there makes what it names.
 */
export async function leadsInto(folder: string, path: string): Promise<boolean> {
  const [root, target] = [await realPathOf(folder), await realPathOf(path)];
  return root !== null && target !== null && isInside(target, root);
}

async function realPathOf(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    const found = await lstat(path).catch(() => null);
    if (found !== null || dirname(path) === path) return null;
    const parent = await realPathOf(dirname(path));
    return parent === null ? null : join(parent, basename(path));
  }
}
