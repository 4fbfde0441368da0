import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import { type MilvusAddress, parseMilvusAddress } from "./milvus-address.ts";

/** What an address names: the folder of an embedded store, a database of Milvus Lite, or a server. */
export type StoreAddress = PathAddress | { kind: "milvus"; server: MilvusAddress };

interface PathAddress {
  kind: "embedded" | "milvus-lite";
  path: string;
}

const hint = "a folder is written ./backup/.rag or file:backup, a server http://host:19530 or host:19530";

/**
 * Reads what `milvus.uri` and `--to` say, by its form alone; nothing is looked up. Throws `UserError` `invalid-value`
 * where nothing usable follows `file:`, and `milvus-address` where the address of a server cannot be read. The messages
 * do not repeat the text: it may hold a password.
 */
export function readStoreAddress(text: string): StoreAddress {
  return readPath(text) ?? { kind: "milvus", server: parseMilvusAddress(text) };
}

/**
 * `null` where the form is that of a server: a scheme, a port or an `@`, or a bare name. `.db` at the end makes a
 * database of Milvus Lite; any other path with a slash or a dot in front is a folder, as is what follows `file:`.
 */
function readPath(text: string): PathAddress | null {
  const written = text.trim();
  if (/^file:/i.test(written)) return { kind: "embedded", path: filePath(written) };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return null;
  if (/\.db[\\/]?$/i.test(written)) return { kind: "milvus-lite", path: written };
  if (/^(?:[./\\]|[a-z]:[\\/])/i.test(written)) return { kind: "embedded", path: written };
  if (/:\d+(?:\/[^/]*)?$/.test(written) || written.includes("@")) return null;
  return /[\\/]/.test(written) ? { kind: "embedded", path: written } : null;
}

/** Whether it has neither port nor slash nor scheme: `readStoreAddress` takes it for a host, many people for a folder. */
export function isBareName(text: string): boolean {
  return !/[\\/:@]/.test(text) && readPath(text) === null;
}

/** Refuses a bare name, which could be a host or a folder. */
export function ambiguousAddress(option: string): UserError {
  return new UserError("invalid-value", `${option}: expected a path or an address, got a bare name`, { hint });
}

/** The address of the embedded store in a folder: the path as it is, where that reads as one. */
export function folderAddress(folder: string): string {
  const read = readPath(folder);
  return read?.kind === "embedded" && read.path === folder ? folder : `file:${folder}`;
}

/** The same address for someone who reads paths from the folder `to` instead of `from`. Both are absolute. */
export function relocateAddress(text: string, from: string, to: string): string {
  const address = readPath(text);
  if (address === null || path.isAbsolute(address.path)) return text;
  const relocated = path.relative(to, path.resolve(from, address.path)) || ".";
  return address.kind === "embedded" ? folderAddress(relocated) : relocated;
}

function filePath(written: string): string {
  const rest = written.slice("file:".length);
  try {
    if (rest.startsWith("//")) return fileURLToPath(written);
  } catch (cause) {
    throw new UserError("invalid-value", "expected a folder as file:folder or file:///folder", { hint, cause });
  }
  if (rest === "") throw new UserError("invalid-value", "expected a folder after file:", { hint });
  return rest;
}
