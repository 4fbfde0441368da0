import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../errors.ts";

/** How a file is opened to be read. Windows has no such flag, and no pipes among its files. */
export const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Bytes that are asked for at a time. */
const pieceBytes = 1 << 16;

/**
 * The bytes of a regular file; beside `createFileReader`, the only way to read a file by its name. A pipe, a socket or a device is a `UserError`
 * `not-a-file` at once: to read one waits for whoever writes to it, possibly for ever, and what waits cannot be
 * interrupted. A file of more than `maxBytes` is a `UserError` `too-large`, also where it grows while it is read.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(path, readFlags).catch((error: NodeJS.ErrnoException) => {
    // What opening a socket, or a device without a driver, comes to.
    throw error.code === "ENXIO" || error.code === "ENODEV" ? notRegular() : error;
  });
  try {
    const found = await handle.stat();
    // A folder fails by itself, and says so.
    if (!found.isFile() && !found.isDirectory()) throw notRegular();
    if (found.isFile() && found.size > maxBytes) throw tooLarge(maxBytes);
    return await readUpTo(handle, maxBytes, found.size);
  } finally {
    await handle.close();
  }
}

/** Text in UTF-8; otherwise like `readRegularFile`. */
export async function readRegularText(path: string, maxBytes: number): Promise<string> {
  return (await readRegularFile(path, maxBytes)).toString("utf8");
}

/** The system's own files have a size of 0 and content all the same, so the size is where reading starts, not ends. */
async function readUpTo(handle: FileHandle, maxBytes: number, size: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(length === 0 && size > 0 ? size + 1 : pieceBytes);
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) break;
    length += bytesRead;
    if (length > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece.subarray(0, bytesRead));
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}

function notRegular(): UserError {
  return new UserError("not-a-file", "not a regular file but a pipe, a socket or a device");
}

function tooLarge(maxBytes: number): UserError {
  return new UserError("too-large", `larger than the ${maxBytes / 1e6} MB that are read of such a file`);
}
