import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, UserError } from "../../errors.ts";
import { readRegularFile } from "../../files/read-regular-file.ts";
import { slices } from "../shared/slices.ts";
import { type StoreFolder, missingAs, tablePath } from "./folder.ts";
import { buildingFolder, replacedFolder } from "./replacement.ts";

/** A manifest lists the files of a table, some hundred bytes each; the largest tables have some thousands. */
const maxManifestBytes = 200_000_000;

/**
 * Refuses a collection that would be read or written elsewhere than in its store's folder, as one can be that came with a
 * project: a link among its files or in the place of a folder that tables are moved to, or a version that names the folder
 * of another table, or a bucket, as the place of its files. Throws `UserError` `store-unusable`.
 */
export async function refusePlantedParts(folder: StoreFolder, name: string): Promise<void> {
  const beside = [buildingFolder(folder), replacedFolder(folder)];
  const tables = [folder, ...beside].map((place) => tablePath(place, name));
  const places = [...beside.map(({ path }) => path), ...tables];
  const found = await Promise.all([...places.map(linkAt), ...tables.map((table) => linkBelow(folder, table))]);
  const link = found.find((path) => path !== null);
  if (link !== undefined && link !== null) throw planted(folder, `${link} is a link`, removeTheLink);
  for (const table of tables) {
    if (await hasFilesElsewhere(table)) {
      throw planted(folder, `${table} names files that are elsewhere`, "remove that folder, and run rag ingest again");
    }
  }
}

const removeTheLink = "remove the link, or name the folder that it leads to with --uri file:<folder>";

function planted({ location }: StoreFolder, reason: string, hint: string): UserError {
  return new UserError("store-unusable", `the store folder ${location} cannot be used: ${reason}`, {
    hint,
    exitCode: ExitCode.backend,
  });
}

async function linkAt(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null);
  return found?.isSymbolicLink() ? path : null;
}

/**
 * A link below a table's folder; none is followed. Throws `UserError` `store-unusable` for a folder that cannot be listed:
 * the system may open by name what is in it, links included.
 */
async function linkBelow(store: StoreFolder, folder: string): Promise<string | null> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(missingAs([], store));
  const link = entries.find((entry) => entry.isSymbolicLink());
  if (link !== undefined) return join(folder, link.name);
  const folders = entries.filter((entry) => entry.isDirectory());
  const found = await Promise.all(folders.map(({ name }) => linkBelow(store, join(folder, name))));
  return found.find((path) => path !== null) ?? null;
}

/** Whether a version of a table names a place of files beside its own folder. All are looked at: a hint may name any. */
async function hasFilesElsewhere(table: string): Promise<boolean> {
  const folder = join(table, "_versions");
  const names = await readdir(folder).catch(() => []);
  const versions = names.filter((one) => one.endsWith(".manifest"));
  // Several at a time: a large table has large manifests, and some hundred of them.
  for (const some of slices(versions, 16)) {
    const found = await Promise.all(
      some.map(async (name) => {
        // A version that a writer has removed meanwhile, or that nobody may read, is not opened either.
        const bytes = await readRegularFile(join(folder, name), maxManifestBytes).catch((error: unknown) => {
          if (error instanceof UserError) throw error;
          return null;
        });
        return bytes !== null && namesBasePaths(bytes);
      }),
    );
    if (found.includes(true)) return true;
  }
  return false;
}

/** The field `base_paths` of a `Manifest` in Lance's `table.proto`: other tables and buckets that hold some of its files. */
const basePathsField = 18;
const fileTail = { bytes: 16, magic: "LANC" };

/**
 * Whether the manifest of a table of Lance has base paths. A file that is no manifest has none: Lance says what is wrong
 * with it. Form of the file: …, the length of the message (4 bytes) and the message (protobuf), …, the position of that
 * length (8 bytes), the version (4), `LANC`.
 */
function namesBasePaths(file: Buffer): boolean {
  const tail = file.length - fileTail.bytes;
  if (tail < 4 || file.toString("latin1", file.length - 4) !== fileTail.magic) return false;
  const position = Number(file.readBigUInt64LE(tail));
  if (position + 4 > tail) return false;
  const end = Math.min(file.length, position + 4 + file.readUInt32LE(position));
  let at = position + 4;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < end; shift += 7) {
      const byte = file[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return value;
  };
  while (at < end) {
    const key = varint();
    if (Math.floor(key / 8) === basePathsField) return true;
    const wireType = key % 8;
    if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 2) {
      // Evaluated first: reading the length moves the position.
      const length = varint();
      at += length;
    } else if (wireType === 5) at += 4;
    // Groups, which Lance writes none of, could hide a field.
    else return true;
  }
  return false;
}
