import { lstat, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readRegularText } from "../../../files/read-regular-file.ts";
import { privateRuntimeFolder } from "../../../files/user-folders.ts";
import { shortHash } from "../../../util/ids.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Written by the engine into the database's folder, so that every command finds the engine whatever its environment. */
export const pointerName = ".rag-engine.json";

const maxPointerBytes = 10_000;

/** Where the engine of a database is, as its pointer says. */
export interface Pointer {
  /** `unix:/path` or `127.0.0.1:port`. */
  address: string;
  /** `null` where the socket itself keeps others out. */
  token: string | null;
  pid: number;
}

/** Begins the names of a database's files in the private folder. `database`: its real path. */
export function engineName(database: string): string {
  return shortHash(database).slice(0, 16);
}

/**
 * The pointer in a database's folder; `null` where there is none, and where it does not prove that an engine of this
 * user wrote it: a database may have come with a project, and with it a pointer to somewhere else. A socket proves it by
 * its place, a folder that this user alone can enter, and a port by a mark that was left in such a folder.
 */
export async function readPointer(path: string, variables: Variables): Promise<Pointer | null> {
  try {
    const written = JSON.parse(await readRegularText(join(path, pointerName), maxPointerBytes)) as Partial<
      Pointer & { database: string }
    > | null;
    const { address, token = null, pid, database } = written ?? {};
    // Real path of the database: a copied folder does not lead to the engine of the original.
    if (typeof address !== "string" || typeof pid !== "number" || database !== (await realpath(path))) return null;
    const isOwn = address.startsWith("unix:")
      ? token === null && (await isOwnSocket(address.slice("unix:".length), engineName(database)))
      : typeof token === "string" && (await isOwnPort(address, token, engineName(database), variables));
    return isOwn ? { address, token, pid } : null;
  } catch {
    return null;
  }
}

async function isOwnSocket(socket: string, name: string): Promise<boolean> {
  const folder = dirname(socket);
  if (!/^milvus-rag(?:-\d+)?$/.test(basename(folder)) || !basename(socket).startsWith(`${name}-`)) return false;
  const [around, found] = await Promise.all([lstat(folder), lstat(socket)]);
  const uid = process.getuid?.();
  return around.isDirectory() && found.isSocket() && around.uid === uid && (around.mode & 0o077) === 0;
}

async function isOwnPort(address: string, token: string, name: string, variables: Variables): Promise<boolean> {
  if (!/^127\.0\.0\.1:\d{1,5}$/.test(address)) return false;
  return (await stat(markOf(await privateRuntimeFolder(variables), name, token))).isFile();
}

function markOf(folder: string, name: string, token: string): string {
  return join(folder, `${name}-${shortHash(token).slice(0, 16)}.mark`);
}

/** Leaves the mark of an engine that is about to listen on a port. Returns what takes it away again. */
export async function markToken(folder: string, name: string, token: string): Promise<() => Promise<void>> {
  const mark = markOf(folder, name, token);
  await writeFile(mark, "", { mode: 0o600 });
  return () => rm(mark, { force: true });
}

/** Takes away the marks of engines that this one has replaced. */
export async function keepOnlyMark(folder: string, name: string, token: string): Promise<void> {
  const kept = basename(markOf(folder, name, token));
  const marks = (await readdir(folder)).filter((file) => file.startsWith(`${name}-`) && file.endsWith(".mark"));
  await Promise.all(marks.filter((file) => file !== kept).map((file) => rm(join(folder, file), { force: true })));
}
