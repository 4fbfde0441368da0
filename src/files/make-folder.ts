import { mkdirSync, statSync } from "node:fs";
import { lstat, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it that are missing; `false` where it is there already. Throws the system's error.
 *
 * Node's own recursive `mkdir` does not come to an end where a system refuses a new folder by saying that something is
 * not there, as Linux does in /proc. Here each folder is tried once more after the one above it, and no further.
 */
export async function makeFolder(path: string, options: { mode?: number } = {}): Promise<boolean> {
  return makeOne(path, options).catch(async (error: NodeJS.ErrnoException) => {
    const parent = dirname(path);
    if (error.code !== "ENOENT" || parent === path) throw error;
    await makeFolder(parent, options);
    return makeOne(path, options);
  });
}

/** Times that a folder is tried which others make and remove in the same moments. */
const attempts = 100;

/** Systems give different reasons for not making a folder that is there: it is looked for instead. */
async function makeOne(path: string, options: { mode?: number }): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(path, options);
      return true;
    } catch (error) {
      const found = await stat(path).catch(() => null);
      if (found?.isDirectory() === true) return false;
      const wasThere = found === null && (error as NodeJS.ErrnoException).code === "EEXIST";
      // A link to nothing is there, and stays.
      const isLink = wasThere && (await lstat(path).catch(() => null))?.isSymbolicLink() === true;
      if (!wasThere || isLink || attempt === attempts) throw error;
    }
  }
}

/** As `makeFolder`, for where nothing can be awaited. */
export function makeFolderSync(path: string, options: { mode?: number } = {}): boolean {
  try {
    return makeOneSync(path, options);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    makeFolderSync(parent, options);
    return makeOneSync(path, options);
  }
}

function makeOneSync(path: string, options: { mode?: number }): boolean {
  try {
    mkdirSync(path, options);
    return true;
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    throw error;
  }
}
