import { access, constants, lstat, readdir, readlink, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import { makeFolder } from "../../files/make-folder.ts";

/** The folder of an embedded store. */
export interface StoreFolder {
  /** Absolute; may not be there yet. */
  path: string;
  /** The path as the user knows it. */
  location: string;
}

const tableEnding = ".lance";

/** Where a collection's table is. */
export function tablePath({ path }: StoreFolder, name: string): string {
  return join(path, `${name}${tableEnding}`);
}

/**
 * The names of the tables that hold something, or whose folder cannot be read; sorted. None where there is no store
 * folder. Throws as `checkFolder` does.
 */
export async function tableNames(folder: StoreFolder): Promise<string[]> {
  await checkFolder(folder);
  const entries = await readdir(folder.path, { withFileTypes: true }).catch(missingAs([], folder));
  const names = entries
    .filter((entry) => entry.isDirectory() && entry.name.endsWith(tableEnding))
    .map((entry) => entry.name.slice(0, -tableEnding.length))
    .sort();
  const begun = await Promise.all(names.map((name) => holdsTable(folder, name).catch(() => true)));
  return names.filter((_, index) => begun[index]);
}

/**
 * `false` where there is no table, and for one without a version and without data: a process was killed while it made
 * it. Throws `UserError` `store-unusable` where the table's folder cannot be read.
 */
export async function holdsTable(folder: StoreFolder, name: string): Promise<boolean> {
  const table = tablePath(folder, name);
  const namesIn = (part: string): Promise<string[]> => readdir(join(table, part)).catch(missingAs([], folder));
  return (await namesIn("_versions")).some(isVersion) || (await namesIn("data")).length > 0;
}

/** LanceDB writes a version under another name first and links it to its own when it is whole. */
function isVersion(name: string): boolean {
  return name.endsWith(".manifest");
}

/**
 * Tells one state of a table on disk from another: each write adds a version, and a table that is put in the place of
 * another one has a folder of its own. `null` where there is no table.
 */
export async function tableState(folder: StoreFolder, name: string): Promise<string | null> {
  const versions = join(tablePath(folder, name), "_versions");
  try {
    const { ino, mtimeNs } = await stat(versions, { bigint: true });
    return [ino, mtimeNs, ...(await readdir(versions)).sort()].join(" ");
  } catch {
    return null;
  }
}

/** How long a drop takes. */
export const dropMs = 200;

/**
 * Whether a table was dropped. Other programs remove one file after the other, so a table without a version counts as
 * gone while its folder is still there. `patienceMs`: how long a drop that has just begun is waited for.
 */
export async function isGone(table: string, patienceMs = 0): Promise<boolean> {
  if (await hasNoVersion(table)) return true;
  if (patienceMs === 0) return false;
  await sleep(patienceMs);
  return hasNoVersion(table);
}

async function hasNoVersion(table: string): Promise<boolean> {
  const versions = await readdir(join(table, "_versions")).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" || error.code === "ENOTDIR" ? [] : null,
  );
  return versions !== null && !versions.some(isVersion);
}

/** The folder of tables that are being built or deleted. */
export const buildingName = ".building";
/** The folder of tables that are being replaced. */
export const replacedName = ".replaced";

/**
 * Throws `UserError` `store-unusable` where something else is in the folder's place. A folder that is not there yet is
 * fine.
 */
export async function checkFolder(folder: StoreFolder): Promise<void> {
  const { path, location } = folder;
  const found = await stat(path).catch(missingAs(null, folder));
  if (found === null) return refuseDanglingLink(folder);
  if (!found.isDirectory()) throw unusable(location, "it is a file, not a folder");
}

/** Makes the folder where it is missing. Throws `UserError` `store-unusable` where it cannot be written. */
export async function prepareFolder(folder: StoreFolder): Promise<void> {
  await checkFolder(folder);
  const { path, location } = folder;
  try {
    if ((await makeFolder(path)) || (await isUnused(folder))) {
      // The index can be made again from the documents, so it is kept out of their repository.
      await writeFile(join(path, ".gitignore"), "*\n");
    }
    await access(path, constants.W_OK);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw unusable(location, `it cannot be written: ${messageOf(error)}`, error);
  }
}

/** Whether nothing was written into a folder yet: a process was killed between making it and its first file. */
async function isUnused(folder: StoreFolder): Promise<boolean> {
  const names = await readdir(folder.path).catch(missingAs([], folder));
  if (names.some((name) => name !== ".gitignore")) return false;
  return names.length === 0 || (await lstat(join(folder.path, ".gitignore"))).size === 0;
}

async function refuseDanglingLink({ path, location }: StoreFolder): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isSymbolicLink()) return;
  const target = await readlink(path).catch(() => "somewhere");
  throw unusable(location, `it is a link to ${target}, which does not exist`, undefined, mendTheLink);
}

const giveTheRights = "set store.path in .ragrc to a folder that can be written, or give this one the rights";
const mendTheLink = "mend the link or remove it, or set store.path in .ragrc to another folder";

function unusable(location: string, reason: string, cause?: unknown, hint: string = giveTheRights): UserError {
  return new UserError("store-unusable", `the store folder ${location} cannot be used: ${reason}`, {
    hint,
    exitCode: ExitCode.backend,
    cause,
  });
}

/** Handles the failure of a look at `path`: `value` where nothing is there, a `UserError` for any other reason. */
export function missingAs<T>(value: T, { location }: StoreFolder): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return value;
    if (error.code === "ELOOP") throw unusable(location, "its links lead back to themselves", error, mendTheLink);
    throw unusable(location, messageOf(error), error);
  };
}
