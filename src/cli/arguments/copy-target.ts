import { realpath } from "node:fs/promises";
import path from "node:path";
import type { Environment } from "../../config/environment.ts";
import type { Config } from "../../config/schema.ts";
import type { Store } from "../../stores/types.ts";
import type { MilvusAddress } from "../../addresses/milvus-address.ts";
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
  const address = readStoreAddress(target);
  if (address.kind !== "milvus") return { ...config, milvus: { ...milvus, uri: target } };

  const { server } = address;
  const own = uri !== undefined && serverOf(uri)?.target === server.target ? { token, database, tls } : null;
  const targetToken = server.credentials !== null ? undefined : own === null ? variables["MILVUS_TOKEN"] : own.token;
  const targetDatabase = server.database !== null ? undefined : own?.database;
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

/** `null` where the address is a path, or empty as of the embedded store. */
function serverOf(uri: string): MilvusAddress | null {
  const address = uri.trim() === "" ? null : readStoreAddress(uri);
  return address?.kind === "milvus" ? address.server : null;
}

/** Stores of equal identity are the same store. Folders are compared as they are on disk, whatever leads to them. */
export async function storeIdentity(store: Store, environment: Environment): Promise<string> {
  if (store.kind === "milvus") {
    const server = serverOf(store.location);
    return `${server?.target}/${server?.database ?? "default"}`;
  }
  const folder = path.resolve(environment.projectRoot, store.location);
  return realpath(folder).catch(() => folder);
}
