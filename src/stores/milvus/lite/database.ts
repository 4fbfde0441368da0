import { readFile, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type UserError, messageOf } from "../../../errors.ts";
import { makeFolder } from "../../../files/make-folder.ts";
import { backend } from "../wire/errors.ts";

/** Makes the folder of a database where it is missing. Throws `UserError` where it cannot be one. */
export async function prepareLiteDatabase(database: string): Promise<void> {
  await refuseOldFormat(database);
  await makeFolder(database).catch((error: unknown) => {
    throw unusableLiteDatabase(database, error);
  });
}

/** Milvus Lite 2.x kept a database in one file; 3.x keeps a folder and cannot read it. Throws `UserError` for a file. */
export async function refuseOldFormat(database: string): Promise<void> {
  const status = await stat(database).catch(() => null);
  if (status === null || status.isDirectory()) return;
  throw backend("lite-old-format", `${database} is a file: a database of Milvus Lite 2.x, or no database at all`, {
    hint: `Milvus Lite 3.x keeps a folder and cannot read it; ingest into another path, e.g. ${basename(database, ".db")}-3.db`,
  });
}

/**
 * Refuses a database with a link in it, by which one that came with a project would be written elsewhere. Throws
 * `UserError` `lite-path`.
 */
export async function refuseLinksIn(database: string): Promise<void> {
  const entries = await readdir(database, { recursive: true, withFileTypes: true }).catch(() => []);
  const link = entries.find((entry) => entry.isSymbolicLink());
  if (link === undefined) return;
  throw backend("lite-path", `Milvus Lite cannot use ${database}: ${join(link.parentPath, link.name)} is a link`, {
    hint: "remove the link",
  });
}

export function unusableLiteDatabase(database: string, cause: unknown): UserError {
  return backend("lite-path", `Milvus Lite cannot use ${database}: ${messageOf(cause)}`, { cause });
}

/** A process that is not an engine of ours holds the database. */
export async function heldByOther(database: string): Promise<UserError> {
  const holder = await lockHolder(join(database, "LOCK"));
  return backend(
    "lite-locked",
    `the database ${database} is in use by ${holder === null ? "another program" : `process ${holder}`}`,
    { hint: "a Milvus Lite database has one owner at a time: end that program, or let it finish" },
  );
}

/** The process that holds a lock, as Linux lists it in `/proc/locks` (proc(5)); `null` where the system does not tell. */
async function lockHolder(path: string): Promise<number | null> {
  try {
    const { ino } = await stat(path);
    const locks = await readFile("/proc/locks", "utf8");
    const line = locks.split("\n").find((candidate) => candidate.includes(`:${ino} `));
    return line === undefined ? null : Number(line.trim().split(/\s+/)[4]);
  } catch {
    return null;
  }
}
