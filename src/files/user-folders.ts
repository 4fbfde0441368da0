import { homedir, tmpdir } from "node:os";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, UserError } from "../errors.ts";
import { makeFolder } from "./make-folder.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The one folder for everything that can be made or downloaded again, below the platform's cache folder. */
export function cacheFolder(variables: Variables, platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32" && variables["LOCALAPPDATA"]) return join(variables["LOCALAPPDATA"], "milvus-rag", "cache");
  if (variables["XDG_CACHE_HOME"]) return join(variables["XDG_CACHE_HOME"], "milvus-rag");
  const home = variables["HOME"] || homedir();
  return platform === "darwin" ? join(home, "Library", "Caches", "milvus-rag") : join(home, ".cache", "milvus-rag");
}

/** The folder for what the user has decided, below the platform's folder for settings. */
export function settingsFolder(variables: Variables, platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32" && variables["APPDATA"]) return join(variables["APPDATA"], "milvus-rag");
  if (variables["XDG_CONFIG_HOME"]) return join(variables["XDG_CONFIG_HOME"], "milvus-rag");
  return join(variables["HOME"] || homedir(), ".config", "milvus-rag");
}

/** The folder for what is kept between runs and belongs to no project: conversations, what was typed. */
export function stateFolder(variables: Variables, platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32" && variables["LOCALAPPDATA"]) return join(variables["LOCALAPPDATA"], "milvus-rag", "state");
  if (variables["XDG_STATE_HOME"]) return join(variables["XDG_STATE_HOME"], "milvus-rag");
  return join(variables["HOME"] || homedir(), ".local", "state", "milvus-rag");
}

/** Longest path that a Unix socket may have, in bytes: 104 on macOS and 108 on Linux, each with its closing zero. */
const SOCKET_PATH_BYTES = 100;
const SOCKET_NAME_BYTES = 32;

/**
 * A folder for sockets and logs that only this user can enter; made where it is missing.
 * Throws `UserError` where a folder of that name belongs to someone else.
 */
export async function privateRuntimeFolder(variables: Variables): Promise<string> {
  const uid = process.getuid?.();
  const name = uid === undefined ? "milvus-rag" : `milvus-rag-${uid}`;
  const roots = [variables["XDG_RUNTIME_DIR"], tmpdir(), "/tmp"];
  const folder = roots
    .filter((root) => root !== undefined && root !== "")
    .map((root) => join(root as string, name))
    .find((path) => Buffer.byteLength(path) + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES);
  if (folder === undefined) throw unsafe(name, "no short enough path for it");
  await makeFolder(folder, { mode: 0o700 }).catch((error: unknown) => {
    throw unsafe(folder, "it cannot be made", error);
  });
  const status = await lstat(folder);
  if (!status.isDirectory()) throw unsafe(folder, "it is not a folder");
  if (uid !== undefined && (status.uid !== uid || (status.mode & 0o077) !== 0)) {
    throw unsafe(folder, "other users can reach it");
  }
  return folder;
}

function unsafe(folder: string, reason: string, cause?: unknown): UserError {
  return new UserError("no-private-folder", `no private folder at ${folder}: ${reason}`, {
    hint: "set XDG_RUNTIME_DIR to a folder that is yours alone",
    exitCode: ExitCode.backend,
    cause,
  });
}
