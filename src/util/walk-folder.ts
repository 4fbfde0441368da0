import type { Dirent } from "node:fs";
import { lstat, stat } from "node:fs";
import { readdir, realpath, stat as statOf } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { callbackify } from "node:util";
import fastGlob from "fast-glob";
import { isIgnored, rulesAround, withRulesOf } from "./ignore-rules.ts";
import type { IgnoreRules } from "./ignore-rules.ts";

/** What was found below a folder. */
export interface Walk {
  /** Absolute paths, in no order. */
  files: string[];
  /** Folders that could not be read, absolute: what they hold is not known. */
  unreadable: string[];
  /** Links to a folder that they are in, absolute; they were not followed. */
  loops: string[];
}

/** Folders that hold no documents of the project: version control, packages, and the stores themselves. */
export function isNeverEntered(name: string): boolean {
  return name === ".git" || name === "node_modules" || name === ".rag" || name.endsWith(".db");
}

/**
 * The files below an absolute folder that match a glob and that no ignore file from `root` downwards leaves out.
 *
 * Links to files are followed, and links to folders that lie elsewhere; what a link to a folder inside of the walk
 * leads to is found at its own place, so that loops end and nothing is found twice. A folder that cannot be read is
 * reported and does not stop the walk.
 */
export async function walkFolder(options: { folder: string; glob: string; root: string }): Promise<Walk> {
  const { folder, glob, root } = options;
  const walk: Walk = { files: [], unreadable: [], loops: [] };
  const rulesIn = new Map<string, IgnoreRules>([[dirname(folder), await rulesAround(folder, root)]]);
  const realTop = await realpath(folder);
  /** Where the folders really are: links are followed by the caller's name, and told apart by this one. */
  const realPathOf = new Map<string, string>([[folder, realTop]]);

  walk.files = await fastGlob(glob, {
    cwd: folder,
    absolute: true,
    onlyFiles: true,
    unique: true,
    fs: {
      lstat,
      stat,
      readdir: callbackify((directory: string, _options: unknown) => read(withoutEndSlash(directory))) as never,
    },
  });
  return walk;

  async function read(directory: string): Promise<Dirent[]> {
    const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") walk.unreadable.push(directory);
      return [];
    });
    const names = entries.map((entry) => entry.name);
    const rules = await withRulesOf(directory, rulesIn.get(dirname(directory)) ?? [], names);
    rulesIn.set(directory, rules);
    const kept: Dirent[] = [];
    for (const entry of entries) {
      const path = join(directory, entry.name);
      const isLink = entry.isSymbolicLink();
      const isFolder = entry.isDirectory() || (isLink && (await isDirectory(path)));
      if (isFolder && isNeverEntered(entry.name)) continue;
      if (isIgnored(path, isFolder, rules)) continue;
      if (isFolder && !(await isEntered(path, isLink, directory))) continue;
      kept.push(entry);
    }
    return kept;
  }

  /** Decides on a folder in the walk, and notes where it really is. */
  async function isEntered(path: string, isLink: boolean, parent: string): Promise<boolean> {
    const realParent = realPathOf.get(parent) ?? parent;
    if (!isLink) {
      realPathOf.set(path, join(realParent, path.slice(parent.length)));
      return true;
    }
    const target = await realpath(path);
    if (isInside(realParent, target)) walk.loops.push(path);
    if (isInside(target, realTop) || isAround(target, parent)) return false;
    realPathOf.set(path, target);
    return true;
  }

  /** Whether a folder on the way to this one is the target, or stands in it. */
  function isAround(target: string, directory: string): boolean {
    for (let above = directory; above.length >= folder.length; above = dirname(above)) {
      if (isInside(realPathOf.get(above) ?? above, target)) return true;
      if (above === dirname(above)) break;
    }
    return false;
  }
}

/** Whether a path is the folder or below it. */
function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function withoutEndSlash(path: string): string {
  return path.length > 1 ? path.replace(/[\\/]+$/, "") : path;
}

async function isDirectory(path: string): Promise<boolean> {
  return statOf(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
