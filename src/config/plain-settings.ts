import { searchModes } from "../types.ts";
import { isCollectionName } from "../util/collection-name.ts";
import { defaultConfig } from "./default-config.ts";
import type { Config } from "./schema.ts";
import { type Values, isValues } from "./values.ts";

type Accepts = (value: unknown) => boolean;

const isPositive: Accepts = (value) => Number.isSafeInteger(value) && (value as number) > 0;

/** What the schema says of the settings that a search or a question sets by a flag. */
const plain: Readonly<Record<string, Accepts | Readonly<Record<string, Accepts>>>> = {
  collection: (value) => typeof value === "string" && isCollectionName(value),
  milvus: { uri: (value) => typeof value === "string" && value !== "" },
  search: {
    mode: (value) => searchModes.some((mode) => mode === value),
    topK: (value) => isPositive(value) && (value as number) <= 1000,
    minScore: (value) => Number.isFinite(value),
  },
  ask: {
    maxContextChars: isPositive,
    strict: (value) => typeof value === "boolean",
  },
};

/**
 * The configuration where nothing is set but a few plain settings, each to what it takes; otherwise `null`, and it is
 * for the schema to say. The library of the schema takes a tenth of the time of a search to load.
 */
export function plainConfig(values: Values): Config | null {
  const config: Values = { ...defaultConfig() };
  for (const [name, value] of Object.entries(values)) {
    const accepts = Object.hasOwn(plain, name) ? plain[name] : undefined;
    if (typeof accepts === "function") {
      if (!accepts(value)) return null;
      config[name] = value;
    } else {
      if (accepts === undefined || !isValues(value) || !acceptsAll(accepts, value)) return null;
      config[name] = { ...(config[name] as Values), ...value };
    }
  }
  return config as unknown as Config;
}

function acceptsAll(accepts: Readonly<Record<string, Accepts>>, values: Values): boolean {
  return Object.entries(values).every(([name, value]) => Object.hasOwn(accepts, name) && accepts[name]?.(value));
}
