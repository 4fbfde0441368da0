import { crc32 } from "node:zlib";
import type { Readable } from "node:stream";
import type { Entry, ZipFile } from "yauzl";
import { messageOf, UserError } from "../../errors.ts";

/** The entries of a ZIP archive, read one at a time and never beyond the limits. */
export interface Archive {
  /** Paths of the files in the archive, in its order. */
  names: readonly string[];
  has(name: string): boolean;
  /**
   * The bytes of an entry; `null` where there is none of this name.
   * Throws `UserError` `archive-too-large` beyond a limit, `encrypted`, and `damaged-archive` where the entry's checksum
   * or its compressed data are wrong.
   */
  read(name: string): Promise<Buffer | null>;
}

export interface ArchiveLimits {
  entries: number;
  /** Bytes that all reads together may give. */
  bytes: number;
  /** Inflated bytes for one compressed byte, for entries above `ratioFrom` bytes. */
  ratio: number;
  ratioFrom: number;
}

/** Far above what Office writes (a sheet of equal rows reaches a ratio of 100), far below what stops a machine. */
const defaultLimits: ArchiveLimits = { entries: 20_000, bytes: 256 * 2 ** 20, ratio: 400, ratioFrom: 8 * 2 ** 20 };

/**
 * Opens a ZIP archive that is in memory.
 *
 * Throws `UserError` `damaged-archive` where its directory cannot be read, `archive-too-large` where it has more entries
 * than the limit.
 */
export async function openArchive(bytes: Uint8Array, limits: ArchiveLimits = defaultLimits): Promise<Archive> {
  const { fromBuffer } = await import("yauzl");
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(buffer, { lazyEntries: true }, (error, opened) => (error === null ? resolve(opened) : reject(error)));
  }).catch((error: unknown) => {
    throw damaged(error);
  });
  const entries = await entriesOf(zip, limits);
  let total = 0;
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    async read(name) {
      const entry = entries.get(name);
      if (entry === undefined) return null;
      if (entry.isEncrypted()) throw encrypted();
      const { compressedSize, uncompressedSize } = entry;
      total += uncompressedSize;
      if (total > limits.bytes) throw tooLarge(`it unpacks to more than ${megabytes(limits.bytes)} MB`);
      if (uncompressedSize > limits.ratioFrom && uncompressedSize > compressedSize * limits.ratio) {
        throw tooLarge(`"${name}" unpacks to ${Math.round(uncompressedSize / compressedSize)} times its size`);
      }
      // The stream fails as soon as an entry gives more or fewer bytes than the directory says.
      const content = await inflate(zip, entry).catch((error: unknown) => {
        throw damaged(error);
      });
      if (crc32(content) !== entry.crc32) throw damaged(new Error(`the checksum of "${name}" is wrong`));
      return content;
    },
  };
}

function entriesOf(zip: ZipFile, limits: ArchiveLimits): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  return new Promise((resolve, reject) => {
    if (zip.entryCount > limits.entries) {
      reject(tooLarge(`it has ${zip.entryCount} entries, and ${limits.entries} are read at most`));
      return;
    }
    zip.on("entry", (entry: Entry) => {
      if (!entry.fileName.endsWith("/")) entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on("end", () => resolve(entries));
    zip.on("error", (error) => reject(damaged(error)));
    zip.readEntry();
  });
}

async function inflate(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error === null ? resolve(opened) : reject(error)));
  });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function encrypted(): UserError {
  return new UserError("encrypted", "the file is protected by a password", { hint: "save a copy without a password" });
}

function damaged(error: unknown): UserError {
  if (error instanceof UserError) return error;
  return new UserError("damaged-archive", `the file is damaged: ${messageOf(error).replace(/\.$/, "")}`, {
    hint: "fetch the file again, or open it in its program and save a copy",
    cause: error,
  });
}

function tooLarge(reason: string): UserError {
  return new UserError("archive-too-large", `the archive is not unpacked: ${reason}`, {
    hint: "split the document, or leave it out with --exclude",
  });
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
