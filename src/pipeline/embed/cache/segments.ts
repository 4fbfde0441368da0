import { closeSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { keyBytes } from "./key-table.ts";

/** An entry of the file of keys: the key, and a checksum of the key and the vector. */
const entryBytes = keyBytes + 4;

/** Names of the two files of a segment. */
export function filesOf(name: string): { keys: string; vectors: string } {
  return { keys: `${name}.keys`, vectors: `${name}.vectors` };
}

/**
 * Vectors that one process wrote, one after the other: `<dimensions>-<id>.vectors` has the vectors as 32-bit floats,
 * `<dimensions>-<id>.keys` an entry for each at the same position. Nobody else ever appends to them. The vectors are
 * written first, so that a process that is killed in between leaves vectors without keys, which nobody looks for.
 */
export interface Segment {
  readonly name: string;
  /** Calls back with each key and its position. */
  eachKey(told: (key: Uint8Array, position: number) => void): void;
  /** The vector at a position; `null` where it is damaged or not of that key. Throws the system's error. */
  read(key: Uint8Array, position: number): Float32Array | null;
  close(): void;
}

/** Removes a segment. Throws the system's error, but not where it is gone. */
export function removeSegment(path: string): void {
  const { keys, vectors } = filesOf(path);
  // The keys go first: vectors without keys are never looked up.
  rmSync(keys, { force: true });
  rmSync(vectors, { force: true });
}

/** Opens a segment. Throws the system's error where a file is gone or cannot be read. */
export function openSegment(folder: string, name: string, dimensions: number): Segment {
  const files = filesOf(name);
  const entries = readFileSync(join(folder, files.keys));
  const vectors = openSync(join(folder, files.vectors), "r");
  return {
    name,
    eachKey(told) {
      const count = Math.floor(entries.length / entryBytes);
      for (let position = 0; position < count; position++) {
        told(entries.subarray(position * entryBytes, position * entryBytes + keyBytes), position);
      }
    },
    read(key, position) {
      const checksum = entries.readUInt32LE(position * entryBytes + keyBytes);
      return readVector({ vectors, dimensions, key, position, checksum });
    },
    close: () => closeSync(vectors),
  };
}

interface WantedVector {
  vectors: number;
  dimensions: number;
  key: Uint8Array;
  position: number;
  checksum: number;
}

function readVector({ vectors, dimensions, key, position, checksum }: WantedVector): Float32Array | null {
  const vector = new Float32Array(dimensions);
  const bytes = new Uint8Array(vector.buffer);
  const length = readSync(vectors, bytes, 0, bytes.length, position * bytes.length);
  return length === bytes.length && crc32(bytes, crc32(key)) === checksum ? vector : null;
}

/** A segment that is being written. */
export interface SegmentWriter {
  readonly name: string;
  /** So far, both files together. */
  readonly bytes: number;
  /** Writes vectors of the segment's dimensions, each with its key. Throws the system's error; nothing may follow then. */
  append(entries: readonly { key: Uint8Array; vector: Float32Array }[]): void;
  close(): void;
}

/** Begins a segment that only this user can read. Throws the system's error. */
export function createSegment(folder: string, name: string): SegmentWriter {
  const files = filesOf(name);
  const vectors = openSync(join(folder, files.vectors), "wx", 0o600);
  const keys = openSync(join(folder, files.keys), "wx", 0o600);
  let written = 0;
  return {
    name,
    get bytes() {
      return written;
    },
    append(entries) {
      const bytes = entries.map(({ vector }) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
      const index = Buffer.alloc(entries.length * entryBytes);
      for (const [at, { key }] of entries.entries()) {
        index.set(key, at * entryBytes);
        index.writeUInt32LE(crc32(bytes[at]!, crc32(key)), at * entryBytes + keyBytes);
      }
      for (const [file, content] of [
        [vectors, Buffer.concat(bytes)],
        [keys, index],
      ] as const) {
        writeAll(file, content);
        written += content.length;
      }
    },
    close() {
      closeSync(keys);
      closeSync(vectors);
    },
  };
}

function writeAll(file: number, content: Uint8Array): void {
  for (let done = 0; done < content.length;) done += writeSync(file, content, done);
}
