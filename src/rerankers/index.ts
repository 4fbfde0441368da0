import { UserError } from "../errors.ts";
import type { EndpointRequest } from "../models/endpoint.ts";
import type { LocalModelEnvironment, PackageOptions } from "../models/local/open-model.ts";
import type { Reranker } from "./types.ts";

/** `onDownload` is told of the files of a model that is fetched from the hub. */
type LocalOptions = Pick<PackageOptions, "onDownload">;

/** As `search.rerank` names it: `provider`, or `provider/model`. */
interface RerankerName {
  provider: string;
  model: string | null;
}

type Environment = EndpointRequest["environment"] & LocalModelEnvironment;

/** `providers` of the configuration. */
interface Settings {
  providers: EndpointRequest["rows"];
}

type Open = (
  name: RerankerName,
  settings: Settings,
  environment: Environment,
  options: LocalOptions,
) => Promise<Reranker>;

/** The rerankers that are no provider of `providers.ts`, by name. */
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
} satisfies Record<string, Open>;

/**
 * What `search.rerank` can name beside the providers. `llm` is the model that answers, as a judge of passages: the pipeline
 * makes that one, as it needs a chat model.
 */
export const ownRerankers: readonly string[] = [...Object.keys(adapters), "llm"];

const openEndpoint: Open = async ({ provider, model }, { providers: rows }, environment) => {
  const section = { provider, ...(model === null ? {} : { model }) };
  const { resolveEndpoint } = await import("../models/endpoint.ts");
  const endpoint = resolveEndpoint({ section, rows, environment, purpose: "rerank" });
  const { createEndpointReranker } = await import("./endpoint.ts");
  return createEndpointReranker(endpoint);
};

/**
 * Opens a reranker by its name; connects to nothing yet. Throws `UserError` (exit code 2) for an unknown provider, a
 * missing key, or a host that passages and the key must not be sent to.
 */
export async function openReranker(
  name: RerankerName,
  settings: Settings,
  environment: Environment,
  options: LocalOptions = {},
): Promise<Reranker> {
  const isOwn = Object.hasOwn(adapters, name.provider);
  const open: Open = isOwn ? adapters[name.provider as keyof typeof adapters] : openEndpoint;
  return open(name, settings, environment, options);
}
