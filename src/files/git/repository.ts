import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readRegularText } from "../read-regular-file.ts";

/** The files of git that are read here take some kilobytes. */
export const maxGitBytes = 1_000_000;

/** The top folder of the repository that a folder is in, absolute; `null` where it is in none. */
export async function repositoryTop(folder: string): Promise<string | null> {
  for (let top = resolve(folder); ; top = dirname(top)) {
    const found = await stat(join(top, ".git")).catch(() => null);
    if (found !== null) return top;
    if (dirname(top) === top) return null;
  }
}

/**
 * The folder with the repository's configuration and `info/exclude`, absolute, by the repository's top folder: `.git`
 * itself or, where `.git` is the file of a work tree or a submodule, the folder it leads to. `null` where it leads nowhere.
 */
export async function commonGitFolder(top: string): Promise<string | null> {
  const found = await stat(join(top, ".git")).catch(() => null);
  if (found === null) return null;
  return found.isDirectory() ? join(top, ".git") : linkedRepository(join(top, ".git"));
}

/** See gitrepository-layout(5): a `.git` file names the folder, and `commondir` in it the one with the configuration. */
async function linkedRepository(file: string): Promise<string | null> {
  const [, named] = /^gitdir: *(.+?)\s*$/m.exec(await readRegularText(file, maxGitBytes).catch(() => "")) ?? [];
  if (named === undefined) return null;
  const folder = resolve(dirname(file), named);
  const common = await readRegularText(join(folder, "commondir"), maxGitBytes).catch(() => ".");
  return resolve(folder, common.trim());
}
