import { resolve } from "node:path";
import type { Environment } from "../config/environment.ts";
import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { readStoreAddress } from "../addresses/store-address.ts";
import type { Store, StoreKind } from "./types.ts";

/** What the caller wants to hear of. */
export interface StoreEvents {
  /** A line for the user about something that takes a while, or that this store cannot do. */
  onNotice?(text: string): void;
}

/** `where`: a path as the user knows it, or a server's address. */
type OpenStore = (where: string, config: Config, environment: Environment, events: StoreEvents) => Promise<Store>;

const stores = {
  embedded: async (where, config, environment) => {
    const { openEmbeddedStore } = await import("./embedded/store.ts");
    return openEmbeddedStore({ path: resolve(environment.projectRoot, where), location: where, text: config.text });
  },
  "milvus-lite": async (where, config, environment, events) => {
    refuseUntrustedProgram(config, environment);
    const { openMilvusLiteStore } = await import("./milvus/lite/store.ts");
    const { projectRoot, variables } = environment;
    const path = resolve(projectRoot, where);
    return openMilvusLiteStore({ path, location: where, milvus: config.milvus, variables, ...events });
  },
  milvus: async (where, config, environment, events) => {
    const { openMilvusStore } = await import("./milvus/store.ts");
    const { projectRoot } = environment;
    return openMilvusStore({ milvus: { ...config.milvus, uri: where }, projectRoot, ...events });
  },
} satisfies Record<StoreKind, OpenStore>;

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

/** Opens the store that the configuration names: `milvus.uri` decides, and nothing else does. Connects on first use. */
export async function openStore(config: Config, environment: Environment, events: StoreEvents = {}): Promise<Store> {
  const uri = config.milvus.uri?.trim() ?? "";
  if (uri === "") return stores.embedded(config.store.path, config, environment);
  const address = readStoreAddress(uri);
  const where = address.kind === "milvus" ? address.uri : address.path;
  return stores[address.kind](where, config, environment, events);
}
