import { resolve } from "node:path";
import type { Environment } from "../config/environment.ts";
import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { isDatabaseFile } from "../util/milvus-address.ts";
import type { Store, StoreKind } from "./types.ts";

/** What the caller wants to hear of. */
export interface StoreEvents {
  /** A line for the user about something that takes a while. */
  onNotice?(text: string): void;
}

type OpenStore = (config: Config, environment: Environment, events: StoreEvents) => Promise<Store>;

const stores = {
  embedded: async (config, environment) => {
    const { openEmbeddedStore } = await import("./embedded.ts");
    const path = resolve(environment.projectRoot, config.store.path);
    return openEmbeddedStore({ path, location: config.store.path, text: config.text });
  },
  "milvus-lite": async (config, environment, events) => {
    refuseUntrustedProgram(config, environment);
    const { openMilvusLiteStore } = await import("./milvus-lite.ts");
    const location = uriOf(config);
    const path = resolve(environment.projectRoot, location);
    return openMilvusLiteStore({ path, location, milvus: config.milvus, variables: environment.variables, ...events });
  },
  milvus: async (config, environment) => {
    const { openMilvusStore } = await import("./milvus.ts");
    const milvus = { ...config.milvus, uri: uriOf(config) };
    return openMilvusStore({ milvus, projectRoot: environment.projectRoot });
  },
} satisfies Record<StoreKind, OpenStore>;

/** A configuration file that came with a project, and that the user has not named, decides no program to run. */
function refuseUntrustedProgram(config: Config, environment: Environment): void {
  if (config.milvus.python === undefined || environment.configIsTrusted) return;
  throw new UserError(
    "untrusted-configuration",
    `${environment.configFile} names a program to run in \`milvus.python\``,
    {
      hint: "put it into the configuration in your home folder, or name this file with --config",
    },
  );
}

function uriOf(config: Config): string {
  return config.milvus.uri ?? "";
}

/** An address has a scheme, a port, or no more than a host's name; a database of Milvus Lite is a path ending in `.db`. */
function kindOf(uri: string | undefined): StoreKind {
  if (uri === undefined || uri.trim() === "") return "embedded";
  return isDatabaseFile(uri) ? "milvus-lite" : "milvus";
}

/** Opens the store that the configuration names: `milvus.uri` decides, and nothing else does. Connects on first use. */
export async function openStore(config: Config, environment: Environment, events: StoreEvents = {}): Promise<Store> {
  return stores[kindOf(config.milvus.uri)](config, environment, events);
}
