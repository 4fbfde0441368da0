import { realpath } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../config/environment.ts";
import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import type { Store } from "../stores/types.ts";

/** Where `--to` points: to the folder of an embedded store, a database of Milvus Lite, or a server. */
export type CopyTarget =
  | { kind: "folder"; path: string }
  | { kind: "database"; path: string }
  | { kind: "server"; uri: string };

const hint = "a folder is written ./backup/.rag or file:backup/.rag, a server http://host:19530 or host:19530";

/**
 * Reads `--to`: an address has a scheme or a port, a database of Milvus Lite ends in `.db`, and anything else with a
 * slash is a folder, as is what follows `file:`. Throws `UserError` `invalid-value` for a bare name, which could be a
 * host or a folder. The text itself stays out of messages: it may hold a password.
 */
export function parseCopyTarget(text: string): CopyTarget {
  const written = text.trim();
  if (/^file:/i.test(written)) return { kind: "folder", path: filePath(written) };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return { kind: "server", uri: written };
  if (/\.db[\\/]?$/i.test(written)) return { kind: "database", path: written };
  if (/^(?:[./\\]|[a-z]:[\\/])/i.test(written)) return { kind: "folder", path: written };
  if (/:\d+(?:\/[^/]*)?$/.test(written) || written.includes("@")) return { kind: "server", uri: written };
  if (/[\\/]/.test(written)) return { kind: "folder", path: written };
  throw new UserError("invalid-value", "--to: expected a path or an address, got a bare name", { hint });
}

function filePath(written: string): string {
  const rest = written.slice("file:".length);
  try {
    if (rest.startsWith("//")) return fileURLToPath(written);
  } catch (cause) {
    throw new UserError("invalid-value", "--to: expected file:folder or file:///folder", { hint, cause });
  }
  if (rest === "") throw new UserError("invalid-value", "--to: expected a folder after file:", { hint });
  return rest;
}

/**
 * The configuration to open the target with. Paths start in the working folder. What the configuration says of its own
 * server (token, database, TLS) is for that host alone; another one gets `MILVUS_TOKEN`, and `user:password@` in the
 * address is stronger than both.
 */
export function targetConfig(target: CopyTarget, config: Config, environment: Environment): Config {
  const { projectRoot, variables, workingDirectory } = environment;
  const located = (written: string) =>
    path.isAbsolute(written) ? written : path.relative(projectRoot, path.resolve(workingDirectory, written)) || ".";
  const { uri, token, database, tls, fields: _, ...milvus } = config.milvus;
  if (target.kind === "folder") return { ...config, milvus, store: { path: located(target.path) } };
  if (target.kind === "database") return { ...config, milvus: { ...milvus, uri: located(target.path) } };

  const own = uri !== undefined && hostOf(uri) === hostOf(target.uri) ? { token, database, tls } : null;
  const { hasCredentials, hasDatabase } = partsOf(target.uri);
  const targetToken = hasCredentials ? undefined : own === null ? variables["MILVUS_TOKEN"] : own.token;
  const targetDatabase = hasDatabase ? undefined : own?.database;
  return {
    ...config,
    milvus: {
      ...milvus,
      uri: target.uri,
      ...(targetToken === undefined ? {} : { token: targetToken }),
      ...(targetDatabase === undefined ? {} : { database: targetDatabase }),
      ...(own?.tls === undefined ? {} : { tls: own.tls }),
    },
  };
}

/** An address without its scheme: `[user:password@]host[:port][/database]`. */
function authorityAndPath(uri: string): string {
  return uri.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
}

/** Host and port, by which a server is told from another. */
function hostOf(uri: string): string {
  return authorityAndPath(uri).replace(/^.*@/, "").replace(/\/.*$/s, "").toLowerCase();
}

function partsOf(uri: string): { hasCredentials: boolean; hasDatabase: boolean } {
  const rest = authorityAndPath(uri);
  return { hasCredentials: rest.includes("@"), hasDatabase: /[^/]\/+[^/]/.test(rest.replace(/^.*@/, "")) };
}

/** Two stores of this are the same store. Folders are compared as they are on disk, whatever leads to them. */
export async function storeIdentity(store: Store, environment: Environment): Promise<string> {
  if (store.kind === "milvus") return store.location.replace(/^https?:\/\//, "").replace(/\/default$/, "");
  const folder = path.resolve(environment.projectRoot, store.location);
  return realpath(folder).catch(() => folder);
}
