import { resolve } from "node:path";
import type { Environment } from "../config/environment.ts";
import type { Config } from "../config/schema.ts";
import type { Store, StoreKind } from "./types.ts";

type OpenStore = (config: Config, environment: Environment) => Promise<Store>;

const stores = {
  embedded: async (config, environment) => {
    const { openEmbeddedStore } = await import("./embedded.ts");
    const path = resolve(environment.projectRoot, config.store.path);
    return openEmbeddedStore({ path, location: config.store.path, text: config.text });
  },
} satisfies Partial<Record<StoreKind, OpenStore>>;

/** Opens the store that the configuration names: `milvus.uri` decides, and nothing else does. Connects on first use. */
export async function openStore(config: Config, environment: Environment): Promise<Store> {
  return stores.embedded(config, environment);
}
