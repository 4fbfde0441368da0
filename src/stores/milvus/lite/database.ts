import { constants } from "node:fs";
import { open, readFile, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type UserError, messageOf } from "../../../errors.ts";
import { makeFolder } from "../../../files/make-folder.ts";
import { backend } from "../wire/errors.ts";

/** Makes the folder of a database where it is missing. Throws `UserError` where it cannot be one. */
export async function prepareLiteDatabase(database: string): Promise<void> {
  await refuseFile(database);
  await makeFolder(database).catch((error: unknown) => {
    throw unusableLiteDatabase(database, error);
  });
}

/** How a file of SQLite begins (https://www.sqlite.org/fileformat.html); Milvus Lite 2.x kept a database in one. */
const SQLITE_MAGIC = Buffer.from("SQLite format 3\0");

/** Whether a path leads to the single file of a database of Milvus Lite 2.x. */
export async function isLite2Database(path: string): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => null);
  if (handle === null) return false;
  try {
    if (!(await handle.stat()).isFile()) return false;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SQLITE_MAGIC.length), 0, SQLITE_MAGIC.length, 0);
    return bytesRead === SQLITE_MAGIC.length && buffer.equals(SQLITE_MAGIC);
  } finally {
    await handle.close();
  }
}

/** Milvus Lite 3.x keeps a folder. Throws `UserError` for a file. */
export async function refuseFile(database: string): Promise<void> {
  const status = await stat(database).catch(() => null);
  if (status === null || status.isDirectory()) return;
  throw backend("lite-old-format", `${database} is a file, and no database of Milvus Lite`, {
    hint: `Milvus Lite 3.x keeps a folder; ingest into another path, e.g. ${basename(database, ".db")}-3.db`,
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
