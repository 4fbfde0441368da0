import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** What there is to write to at a path. */
export interface Room {
  /** The path itself, or the nearest folder above it that exists; absolute. */
  nearest: string;
  /** Whether this user may write there. */
  isWritable: boolean;
  /** What this user may still write, in bytes. */
  freeBytes: number;
}

/** Looks at an absolute path that need not exist. Throws the system's error where the file system cannot be asked. */
export async function roomAt(path: string): Promise<Room> {
  let nearest = path;
  while (dirname(nearest) !== nearest && (await stat(nearest).catch(() => null)) === null) nearest = dirname(nearest);
  const isWritable = await access(nearest, constants.W_OK).then(
    () => true,
    () => false,
  );
  const { bavail, bsize } = await statfs(nearest);
  return { nearest, isWritable, freeBytes: bavail * bsize };
}
