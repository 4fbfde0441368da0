import { rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../files/make-folder.ts";
import { type StoreFolder, buildingName, holdsTable, replacedName, tablePath } from "./folder.ts";

/** Where tables are built before they get their place, and where they are deleted. Nothing lists it. */
export function buildingFolder(folder: StoreFolder): StoreFolder {
  return { ...folder, path: join(folder.path, buildingName) };
}

/**
 * Puts the table that was built in the place of the one of its name, which it deletes. Folders cannot be exchanged in
 * one step: between two renames the old table is in `.replaced`, where readers look too. Called by the only writer of
 * the collection.
 */
export async function swapTables(folder: StoreFolder, name: string): Promise<void> {
  const [place, built, old] = placesOf(folder, name);
  await moveAside(folder, name, replacedFolder(folder));
  try {
    await rename(built, place);
  } catch (error) {
    await rename(old, place).catch(unlessMissing);
    throw error;
  }
  await removeLeftovers(folder, name);
}

/**
 * Ends what a killed process began: a table that was moved away and not replaced comes back, and whatever else that
 * process left of this name is deleted. Called by the only writer of the collection.
 */
export async function recoverTables(folder: StoreFolder, name: string): Promise<void> {
  const [place, , old] = placesOf(folder, name);
  if (!(await holdsTable(folder, name)) && (await holdsTable(replacedFolder(folder), name))) {
    await rm(place, { recursive: true, force: true });
    await rename(old, place);
  }
  await removeLeftovers(folder, name);
}

/**
 * Deletes the table of a name. Its files go one after the other, so the table leaves its place first, in one step: a
 * process that is killed leaves all of the table or nothing that is looked at. Called by the only writer of the
 * collection.
 */
export async function removeTable(folder: StoreFolder, name: string): Promise<void> {
  await recoverTables(folder, name);
  await moveAside(folder, name, buildingFolder(folder));
  await removeLeftovers(folder, name);
}

/** Where the table of a name is at this moment; `null` where there is none. */
export async function findTable(folder: StoreFolder, name: string): Promise<StoreFolder | null> {
  // A swap may end between a look at its place and a look at the other: the place is looked at again.
  for (const candidate of [folder, replacedFolder(folder), folder]) {
    if (await holdsTable(candidate, name)) return candidate;
  }
  return null;
}

/** Where a table is for the moment of its replacement. */
export function replacedFolder(folder: StoreFolder): StoreFolder {
  return { ...folder, path: join(folder.path, replacedName) };
}

/** Moves a table, where there is one, into a folder beside the tables, in the place of what is left there of its name. */
async function moveAside(folder: StoreFolder, name: string, beside: StoreFolder): Promise<void> {
  const [from, to] = [tablePath(folder, name), tablePath(beside, name)];
  for (let attempt = 1; ; attempt++) {
    await makeFolder(beside.path);
    await rm(to, { recursive: true, force: true });
    try {
      return await rename(from, to);
    } catch (error) {
      unlessMissing(error as NodeJS.ErrnoException);
      // The folder itself goes where a command that writes another collection ends in this moment.
      if (!(await holdsTable(folder, name))) return;
      if (attempt === 3) throw error;
    }
  }
}

async function removeLeftovers(folder: StoreFolder, name: string): Promise<void> {
  for (const beside of [buildingFolder(folder), replacedFolder(folder)]) {
    await rm(tablePath(beside, name), { recursive: true, force: true });
    // Fails, as it should, while another collection is built there.
    await rmdir(beside.path).catch(() => {});
  }
}

function placesOf(folder: StoreFolder, name: string): [place: string, built: string, old: string] {
  const places = [folder, buildingFolder(folder), replacedFolder(folder)].map((place) => tablePath(place, name));
  return places as [string, string, string];
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
