import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { type EndpointEnvironment, resolveEndpoint } from "../models/endpoint.ts";
import { embeddingFactsOf } from "../models/provider-facts.ts";
import type { LocalEmbedderOptions } from "./local.ts";
import type { Embedder } from "./types.ts";

/** What opening an embedder needs to know of where the command runs. */
export interface EmbedderEnvironment extends EndpointEnvironment {
  /** Model folders are relative to it. */
  projectRoot: string;
}

/**
 * The embedder that the configuration names; `null` where it names none. Connects to nothing yet.
 *
 * @param options.collectionDimensions of the vectors that a collection has from it already
 */
export async function openEmbedder(
  config: Config,
  environment: EmbedderEnvironment,
  options: Pick<LocalEmbedderOptions, "onDownload"> & { collectionDimensions?: number | undefined } = {},
): Promise<Embedder | null> {
  const { embedding } = config;
  if (embedding.provider === undefined) return null;
  if (embedding.provider === "local") {
    const { createLocalEmbedder } = await import("./local.ts");
    return createLocalEmbedder(embedding, environment, options);
  }
  const endpoint = resolveEndpoint({
    section: { ...embedding, provider: embedding.provider },
    rows: config.providers,
    environment,
    purpose: "embedding",
  });
  const model = endpoint.facts.embedding && embeddingFactsOf(endpoint.facts.embedding.models, endpoint.model);
  const dimensions = embedding.dimensions ?? null;
  if (dimensions !== null && model?.dimensions && dimensions !== model.dimensions && !model.canShorten) {
    throw new UserError(
      "dimensions-fixed",
      `${endpoint.label} (${endpoint.model}) makes vectors of ${model.dimensions} dimensions, not of ${dimensions}`,
      { hint: "leave embedding.dimensions out, or choose a model that can shorten its vectors" },
    );
  }
  const { createOpenAIEmbedder } = await import("./openai.ts");
  return createOpenAIEmbedder(endpoint, {
    dimensions,
    collectionDimensions: options.collectionDimensions ?? null,
    queryPrefix: embedding.queryPrefix ?? null,
    documentPrefix: embedding.documentPrefix ?? null,
    timeoutMs: embedding.timeoutMs,
  });
}
