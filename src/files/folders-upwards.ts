import { existsSync, lstatSync } from "node:fs";
import path from "node:path";

/**
 * From the folder to the first one that is home or holds a repository; to the top where there is none. All paths are
 * absolute.
 */
export function foldersUpwards(start: string, home: string): string[] {
  const folders = [start];
  let folder = start;
  while (folder !== home && !existsSync(path.join(folder, ".git"))) {
    const parent = path.dirname(folder);
    if (parent === folder) break;
    folders.push(parent);
    folder = parent;
  }
  return folders;
}

/** Where a folder of some name was found, and where it was passed over. */
export interface FolderSearch {
  /** The nearest folder that holds it; `null` where none does. */
  holder: string | null;
  /** Folders of that name on the way that another user owns; absolute. */
  ofOthers: string[];
}

/**
 * The nearest folder, from `start` upwards within the bounds of `foldersUpwards`, that holds a folder of this name, or a
 * link of this name. Above `start`, one that another user owns is passed over: in a folder that everyone can write, as
 * `/tmp`, a stranger could put it there to receive what is written into it (git refuses repositories for the same
 * reason, see `safe.directory`).
 */
export function nearestHolder(name: string, start: string, home: string): FolderSearch {
  const ofOthers: string[] = [];
  for (const holder of foldersUpwards(start, home)) {
    const folder = path.join(holder, name);
    const owner = ownerOfFolder(folder);
    if (owner === null) continue;
    if (holder === start || isOwn(owner)) return { holder, ofOthers };
    ofOthers.push(folder);
  }
  return { holder: null, ofOthers };
}

/** `null` where there is neither a folder nor a link, or where nobody may look. */
function ownerOfFolder(folder: string): number | null {
  try {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    return found !== undefined && (found.isDirectory() || found.isSymbolicLink()) ? found.uid : null;
  } catch {
    return null;
  }
}

/** Windows has no user ids: there, whoever may make a folder at the top is an administrator. */
function isOwn(owner: number): boolean {
  return process.getuid === undefined || process.getuid() === owner;
}
