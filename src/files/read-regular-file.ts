import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { UserError } from "../errors.ts";

/**
 * The bytes of a regular file. A pipe, a socket or a device is a `UserError` `not-a-file` at once: to read one waits for
 * whoever writes to it, possibly for ever, and what waits cannot be interrupted.
 */
export async function readRegularFile(path: string): Promise<Buffer> {
  // Windows has no such flag, and no pipes among its files.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    // What opening a socket, or a device without a driver, comes to.
    throw error.code === "ENXIO" || error.code === "ENODEV" ? notRegular() : error;
  });
  try {
    const found = await handle.stat();
    // A folder fails by itself, and says so.
    if (!found.isFile() && !found.isDirectory()) throw notRegular();
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function notRegular(): UserError {
  return new UserError("not-a-file", "not a regular file but a pipe, a socket or a device");
}
