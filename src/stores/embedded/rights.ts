import { chmod, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, UserError } from "../../errors.ts";

/** LanceDB writes these files with the rights that the user's umask gives; all others are 0600. */
const referenceFolder = "_versions";
const referenceEnding = ".manifest";

/**
 * Returns a function that gives all files of a table the rights of its manifests, so that whoever may list the collection
 * may search it. It looks at each file once, however often it is called, and never fails: a file that belongs to another
 * user keeps its rights.
 */
export function rightsOf(folder: string): { share(): Promise<void> } {
  const shared = new Set<string>();
  return {
    async share() {
      if (process.platform === "win32") return;
      const paths = await filesIn(folder);
      const reference = paths.find((path) => path.includes(referenceFolder) && path.endsWith(referenceEnding));
      const rights = reference === undefined ? null : await stat(reference).catch(() => null);
      if (rights === null) return;
      for (const path of paths) {
        if (shared.has(path)) continue;
        shared.add(path);
        await chmod(path, rights.mode & 0o777).catch(() => {});
      }
    },
  };
}

/**
 * Why a collection cannot be read: `UserError` `store-unusable` that names the first of its files which this user has no
 * right to read; `null` where there is none. LanceDB reports such files of an index as not found.
 */
export async function missingRights(collection: {
  name: string;
  folder: string;
  location: string;
}): Promise<UserError | null> {
  const { name, folder, location } = collection;
  const refused: string[] = [];
  for (const path of await filesIn(folder, (unreadable) => refused.push(unreadable))) {
    if (await isRefused(path)) refused.push(path);
    if (refused.length > 0) break;
  }
  if (refused[0] === undefined) return null;
  return new UserError(
    "store-unusable",
    `collection "${name}" in the store folder ${location} cannot be read: permission denied for ${refused[0]}`,
    {
      hint: `another user made these files: have them give everyone the rights to read ${folder} and all in it`,
      exitCode: ExitCode.backend,
    },
  );
}

/** Tests by opening the file: access(2) checks the real user of the process, not the effective one. */
async function isRefused(path: string): Promise<boolean> {
  try {
    await (await open(path)).close();
    return false;
  } catch (error) {
    return isDenial(error);
  }
}

function isDenial(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EACCES" || code === "EPERM";
}

/** Every file below a folder. A folder that cannot be listed is reported, and otherwise counts as empty. */
async function filesIn(folder: string, onUnreadable?: (folder: string) => void): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isDenial(error)) onUnreadable?.(folder);
    return [];
  });
  const nested = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path, onUnreadable);
    return entry.isFile() ? [path] : [];
  });
  return (await Promise.all(nested)).flat();
}
