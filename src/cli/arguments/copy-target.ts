import { realpath } from "node:fs/promises";
import path from "node:path";
import type { Environment } from "../../config/environment.ts";
import type { Config } from "../../config/schema.ts";
import type { Store } from "../../stores/types.ts";
import { ambiguousAddress, isBareName, readStoreAddress, relocateAddress } from "../../addresses/store-address.ts";

/**
 * The configuration to open what `--to` names with: an address like `milvus.uri`, its paths starting in the working
 * folder. What the configuration says of its own server (token, database, TLS) is for that host alone; another one gets
 * `MILVUS_TOKEN`, and `user:password@` in the address is stronger than both. Throws `UserError` `invalid-value` for a
 * bare name: a copy that was meant for a folder goes to no host of that name.
 */
export function targetConfig(to: string, config: Config, environment: Environment): Config {
  if (isBareName(to.trim())) throw ambiguousAddress("--to");
  const { projectRoot, variables, workingDirectory } = environment;
  const { uri, token, database, tls, fields: _, ...milvus } = config.milvus;
  const target = relocateAddress(to, workingDirectory, projectRoot);
  if (readStoreAddress(target).kind !== "milvus") return { ...config, milvus: { ...milvus, uri: target } };

  const own = uri !== undefined && hostOf(uri) === hostOf(target) ? { token, database, tls } : null;
  const { hasCredentials, hasDatabase } = partsOf(target);
  const targetToken = hasCredentials ? undefined : own === null ? variables["MILVUS_TOKEN"] : own.token;
  const targetDatabase = hasDatabase ? undefined : own?.database;
  return {
    ...config,
    milvus: {
      ...milvus,
      uri: target,
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
