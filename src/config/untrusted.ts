import { UserError } from "../errors.ts";
import { providers } from "../models/providers.ts";
import { howToAllow, isAllowed, isLoopback } from "../secrets/allowed-hosts.ts";
import { looksSecret } from "../secrets/secret-variables.ts";
import { readStoreAddress } from "../addresses/store-address.ts";
import type { Expansion } from "./expand.ts";
import type { Config } from "./schema.ts";

/**
 * What a configuration file may do with the environment's secrets that the user does not answer for: it came with a
 * project. Where a model's key may go is decided in models/endpoint.ts, when the model is opened.
 */
export interface UntrustedFile {
  /** Absolute. */
  file: string;
  config: Config;
  /** Variables that went into the file's settings. */
  expansions: readonly Expansion[];
  /** Settings that a flag or a variable gave instead. */
  overrides: readonly { path: string; origin: string }[];
  variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Refuses a file that would carry a secret of the environment to where the user has not agreed to send it. Throws
 * `UserError` `stray-secret` or `foreign-host` (exit code 2).
 */
export function refuseMisuseOfSecrets(untrusted: UntrustedFile): void {
  refuseStraySecrets(untrusted);
  refuseForeignMilvus(untrusted);
}

/** A secret stands in its own setting, or in none: any other text may end up in a request, a path or a message. */
function refuseStraySecrets({ file, config, expansions, variables }: UntrustedFile): void {
  const keyVariables = new Set(
    [...Object.values(providers), ...Object.values(config.providers)].map(({ keyVariable }) => keyVariable),
  );
  const strays = expansions.filter(({ path, variable }) => {
    if (path === "embedding.apiKey" || path === "llm.apiKey") return false;
    // The key of a model is no token of a store, whatever host that is on.
    if (keyVariables.has(variable)) return true;
    if (path === "milvus.token") return false;
    return looksSecret(variable) || /:\/\/[^/\s]*@/.test(variables[variable] ?? "");
  });
  const [first] = strays;
  if (first === undefined) return;
  const places = strays.map(({ path, variable }) => `${variable} in ${path}`).join(", ");
  throw new UserError("stray-secret", `${file} uses a secret of the environment where none belongs: ${places}`, {
    hint: `a project's file may use a key in its provider's apiKey, and a token in milvus.token; if the file is your own, name it: --config ${file}`,
  });
}

/** A token from the environment goes to a server that the user names, or has agreed to. */
function refuseForeignMilvus({ file, config, expansions, overrides, variables }: UntrustedFile): void {
  const { uri } = config.milvus;
  const userSays = (path: string): string | undefined =>
    overrides.findLast((override) => override.path === path)?.origin;
  const variable = userSays("milvus.token") ?? expansions.find(({ path }) => path === "milvus.token")?.variable;
  if (uri === undefined || variable === undefined || userSays("milvus.uri") !== undefined || uri.trim() === "") return;

  const address = readStoreAddress(uri);
  // The embedded store, and databases of Milvus Lite, are files.
  if (address.kind !== "milvus") return;
  const { hostname, target, location } = address.server;
  if (isLoopback(hostname) || isAllowed({ hostname, host: target }, variables)) return;
  const host = target.replace(/:(?:443|19530)$/, "");
  throw new UserError("foreign-host", `${file} sends the value of ${variable} to ${host}`, {
    hint: `name the address yourself with --uri ${location}, or ${howToAllow({ hostname, host })}`,
  });
}
