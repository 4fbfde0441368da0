import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";

/** What an address names: the folder of an embedded store, a database of Milvus Lite, or a server. */
export type StoreAddress = { kind: "embedded" | "milvus-lite"; path: string } | { kind: "milvus"; uri: string };

const hint = "a folder is written ./backup/.rag or file:backup, a server http://host:19530 or host:19530";

/**
 * Reads an address by its form alone, nothing is looked up: a scheme, a port or an `@` makes a server, `.db` at the end
 * a database of Milvus Lite, any other path with a slash or a dot in front a folder, as does `file:`. A bare name is a
 * host. Throws `UserError` `invalid-value` where nothing usable follows `file:`. The text itself stays out of
 * messages: it may hold a password.
 */
export function readStoreAddress(text: string): StoreAddress {
  const written = text.trim();
  if (/^file:/i.test(written)) return { kind: "embedded", path: filePath(written) };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return { kind: "milvus", uri: written };
  if (/\.db[\\/]?$/i.test(written)) return { kind: "milvus-lite", path: written };
  if (/^(?:[./\\]|[a-z]:[\\/])/i.test(written)) return { kind: "embedded", path: written };
  if (/:\d+(?:\/[^/]*)?$/.test(written) || written.includes("@")) return { kind: "milvus", uri: written };
  if (/[\\/]/.test(written)) return { kind: "embedded", path: written };
  return { kind: "milvus", uri: written };
}

/** Whether it has neither port nor slash nor scheme: a host to `readStoreAddress`, and a folder to many a reader. */
export function isBareName(text: string): boolean {
  return !/[\\/:@]/.test(text) && readStoreAddress(text).kind === "milvus";
}

/** Refuses what could be meant either way. */
export function ambiguousAddress(option: string): UserError {
  return new UserError("invalid-value", `${option}: expected a path or an address, got a bare name`, { hint });
}

/** The address of the embedded store in a folder: the path as it is, where that reads as one. */
export function folderAddress(folder: string): string {
  const read = readStoreAddress(folder);
  return read.kind === "embedded" && read.path === folder ? folder : `file:${folder}`;
}

/** The same address for someone who reads paths from the folder `to` instead of `from`. Both are absolute. */
export function relocateAddress(text: string, from: string, to: string): string {
  const address = readStoreAddress(text);
  if (address.kind === "milvus" || path.isAbsolute(address.path)) return text;
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
