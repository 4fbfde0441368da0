import type { Config } from "../config/schema.ts";
import type { Environment } from "../config/environment.ts";
import type { ModelName } from "../config/model-name.ts";
import { UserError } from "../errors.ts";
import { resolveEndpoint } from "../models/endpoint.ts";
import type { PackageOptions } from "../models/local/open-model.ts";
import type { Reranker } from "./types.ts";

/** `onDownload` is told of the files of a model that is fetched from the hub. */
type LocalOptions = Pick<PackageOptions, "onDownload">;

/** How a reranker is reached, by the name of its provider. The providers of `providers.ts` all have an endpoint. */
const adapters = {
  local: async ({ model }, _, environment, options) => {
    if (model === null) {
      throw new UserError("model-not-set", "the local provider needs a reranker, and search.rerank names none", {
        hint: "name a cross-encoder from the model hub, which is then downloaded (local/Xenova/ms-marco-MiniLM-L-6-v2), or a folder (local/./models/reranker)",
      });
    }
    const { createLocalReranker } = await import("./local.ts");
    return createLocalReranker(model, environment, options);
  },
  endpoint: async ({ provider, model }, config, environment) => {
    const section = { provider, ...(model === null ? {} : { model }) };
    const endpoint = resolveEndpoint({ section, rows: config.providers, environment, purpose: "rerank" });
    const { createEndpointReranker } = await import("./endpoint.ts");
    return createEndpointReranker(endpoint);
  },
} satisfies Record<
  string,
  (name: ModelName, config: Config, environment: Environment, options: LocalOptions) => Promise<Reranker>
>;

/**
 * Opens a reranker by its name; connects to nothing yet. Throws `UserError` (exit code 2) for an unknown provider, a
 * missing key, or a host that passages and the key must not be sent to.
 */
export function openReranker(
  name: ModelName,
  config: Config,
  environment: Environment,
  options: LocalOptions = {},
): Promise<Reranker> {
  const adapter = Object.hasOwn(adapters, name.provider) ? (name.provider as keyof typeof adapters) : "endpoint";
  return adapters[adapter](name, config, environment, options);
}
