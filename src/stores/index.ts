import { resolve } from "node:path";
import type { Environment } from "../config/environment.ts";
import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { type StoreAddress, readStoreAddress } from "../addresses/store-address.ts";
import type { Store, StoreUse } from "./types.ts";

export interface StoreOptions {
  /** `writing` where it is not set. */
  use?: StoreUse;
  /** A line for the user about something that takes a while, or that this store cannot do. */
  onNotice?(text: string): void;
}

/** A configuration file that came with a project, and that the user has not named, decides no program to run. */
function refuseUntrustedProgram(config: Config, environment: Environment): void {
  if (config.milvus.python === undefined || environment.configIsTrusted) return;
  throw new UserError(
    "untrusted-configuration",
    `${environment.configFile} names a program to run in \`milvus.python\``,
    {
      hint: `if you trust that program, name the file yourself: --config ${environment.configFile}`,
    },
  );
}

/**
 * Opens the store that the configuration names: `milvus.uri` decides, and nothing else does. Connects on first use.
 * Throws `UserError` where `milvus.uri` is no address.
 */
export async function openStore(config: Config, environment: Environment, options: StoreOptions = {}): Promise<Store> {
  const { milvus, store } = config;
  const { use = "writing", ...events } = options;
  const { projectRoot, variables } = environment;
  const address = milvus.uri?.trim()
    ? readStoreAddress(milvus.uri)
    : ({ kind: "embedded", path: store.path } satisfies StoreAddress);
  if (address.kind === "milvus") {
    const { openMilvusServer } = await import("./milvus/server.ts");
    return hyphenated(openMilvusServer({ address: address.server, milvus, projectRoot, use, ...events }));
  }
  const location = address.path;
  const path = resolve(projectRoot, location);
  if (address.kind === "embedded") {
    const { openEmbeddedStore } = await import("./embedded/store.ts");
    return openEmbeddedStore({ path, location });
  }
  refuseUntrustedProgram(config, environment);
  const { isLite2Database } = await import("./milvus/lite/database.ts");
  if (await isLite2Database(path)) {
    const { openLite2Store } = await import("./milvus/lite2/store.ts");
    return hyphenated(openLite2Store({ path, location, milvus, variables, ...events }));
  }
  const { openMilvusLiteStore } = await import("./milvus/lite/store.ts");
  return hyphenated(openMilvusLiteStore({ path, location, milvus, variables, ...events }));
}

/** Milvus has no hyphens in names. */
async function hyphenated(store: Store): Promise<Store> {
  const { withHyphenatedNames } = await import("./milvus/names/mapped-store.ts");
  return withHyphenatedNames(store);
}
