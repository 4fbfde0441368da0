import { readdir } from "node:fs/promises";
import { join, parse, sep } from "node:path";

/**
 * A file or folder whose name has bytes that are not UTF-8, so that no text names it; the path shows them as U+FFFD.
 */
export interface Misnamed {
  /** Absolute. */
  path: string;
  isFolder: boolean;
}

/**
 * The first file or folder on the way of an absolute path whose name has bytes that are not UTF-8; `null` where there
 * is none. `path` was itself read as text, so it shows those bytes as U+FFFD.
 */
export async function misnamedOnPath(path: string): Promise<Misnamed | null> {
  const { root } = parse(path);
  let folder = root;
  for (const name of path.slice(root.length).split(sep)) {
    if (name.includes("\uFFFD")) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      const entry = entries.find((candidate) => candidate.name === name);
      if (entry === undefined) return null;
      if ((await garbledNames(folder, [name])).size > 0) {
        return { path: join(folder, name), isFolder: entry.isDirectory() };
      }
    }
    folder = join(folder, name);
  }
  return null;
}

/** Those of the names in a folder whose bytes are not UTF-8. */
export async function garbledNames(directory: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (!names.some((name) => name.includes("\uFFFD"))) return new Set();
  const inBytes = await readdir(directory, { encoding: "buffer" });
  return new Set(inBytes.filter((name) => !Buffer.from(name.toString()).equals(name)).map((name) => name.toString()));
}
