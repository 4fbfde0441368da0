import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { readFlags, readRegularFile } from "./read-regular-file.ts";

/** Larger files are read by the threads of Node, while this one goes on. */
const mostBytes = 128 * 1024;
/** Milliseconds that a small file takes at least on a disk behind a network. */
const slowFileMs = 20;
/** Milliseconds of reading between two looks at what else has happened. */
const turnMs = 10;

/**
 * A reader of many files: as `readRegularFile`, which asks a thread five times for each. A local disk answers sooner than
 * a thread could be asked to, so small files are read at once, until one takes as long as over a network.
 */
export function createFileReader(): (path: string, maxBytes: number) => Promise<Buffer> {
  let isFast = true;
  let turnAt = performance.now();
  return async (path, maxBytes) => {
    if (!isFast) return readRegularFile(path, maxBytes);
    if (performance.now() - turnAt > turnMs) {
      await nextTurn();
      turnAt = performance.now();
    }
    const started = performance.now();
    const bytes = readNow(path, Math.min(mostBytes, maxBytes));
    isFast = performance.now() - started < slowFileMs;
    return bytes ?? readRegularFile(path, maxBytes);
  };
}

/**
 * The bytes of a file of at most `maxBytes`; `null` where it is larger, grows while it is read, does not tell its size (a
 * file of the system), or is not a regular file that can be read: then `readRegularFile` says why.
 */
function readNow(path: string, maxBytes: number): Buffer | null {
  let file: number | null = null;
  try {
    file = openSync(path, readFlags);
    const found = fstatSync(file);
    if (!found.isFile() || found.size > maxBytes) return null;
    // One byte more, which tells whether the file has grown.
    const bytes = Buffer.allocUnsafe(found.size + 1);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) return bytes.subarray(0, length);
      length += read;
    }
    return null;
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}
