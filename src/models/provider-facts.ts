import { UserError } from "../errors.ts";
import { type ProviderSection, providerAdvice, providerNames } from "./provider-names.ts";
import {
  type EmbeddingModelFacts,
  type Provider,
  providers,
  selfHosted,
  unlistedModel,
  usualRerank,
} from "./providers.ts";

/** A row of `providers` in the configuration. */
export interface ProviderRow {
  baseUrl: string;
  keyVariable?: string | undefined;
  embeddingModel?: string | undefined;
  chatModel?: string | undefined;
  rerankModel?: string | undefined;
  dimensions?: number | undefined;
  maxBatch?: number | undefined;
  maxTokensPerText?: number | undefined;
  queryPrefix?: string | undefined;
  documentPrefix?: string | undefined;
}

/**
 * What is known of a provider: a row of the configuration, laid over the built-in one of the same name.
 * Throws `UserError` where there is no such provider.
 */
export function resolveProvider(
  name: string,
  rows: Readonly<Record<string, ProviderRow>>,
  section: ProviderSection,
): Provider {
  const builtIn = Object.hasOwn(providers, name) ? providers[name] : undefined;
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row) return fromRow(name, row, builtIn);
  if (builtIn) return builtIn;
  throw new UserError("unknown-provider", `there is no model provider "${name}"`, {
    hint: providerAdvice(name, providerNames(section, rows)),
  });
}

function fromRow(name: string, row: ProviderRow, builtIn: Provider | undefined): Provider {
  const known = builtIn?.embedding;
  const model = row.embeddingModel ?? known?.defaultModel ?? null;
  const models = { ...known?.models };
  // What a row says of vectors holds for the row's own model.
  if (model !== null) {
    const base = embeddingFactsOf(models, model) ?? unlistedModel;
    models[model] = {
      ...base,
      dimensions: row.dimensions ?? base.dimensions,
      maxTokensPerText: row.maxTokensPerText ?? base.maxTokensPerText,
      queryPrefix: row.queryPrefix ?? base.queryPrefix,
      documentPrefix: row.documentPrefix ?? base.documentPrefix,
    };
  }
  return {
    label: builtIn?.label ?? name,
    baseUrl: row.baseUrl,
    keyVariable: row.keyVariable ?? builtIn?.keyVariable ?? null,
    hosts: builtIn?.hosts ?? [],
    embedding: {
      defaultModel: model,
      models,
      maxBatch: row.maxBatch ?? known?.maxBatch ?? selfHosted.maxBatch,
      maxTokensPerBatch: known?.maxTokensPerBatch ?? selfHosted.maxTokensPerBatch,
      dimensionsParameter: known?.dimensionsParameter ?? "dimensions",
    },
    chat: {
      defaultModel: row.chatModel ?? builtIn?.chat?.defaultModel ?? null,
      models: builtIn?.chat?.models ?? {},
      successors: builtIn?.chat?.successors ?? {},
    },
    rerank: rerankFacts(row, builtIn),
    pricesNoted: builtIn?.pricesNoted ?? null,
  };
}

/** A gateway of one's own is taken to speak as most do. */
function rerankFacts(row: ProviderRow, builtIn: Provider | undefined): Provider["rerank"] {
  const known = builtIn?.rerank ?? usualRerank;
  return { ...known, defaultModel: row.rerankModel ?? known.defaultModel };
}

/** What is known of an embedding model, by its name; Ollama's `name:latest` is the same as `name`. */
export function embeddingFactsOf(
  models: Readonly<Record<string, EmbeddingModelFacts>>,
  model: string,
): EmbeddingModelFacts | undefined {
  const name = [model, model.replace(/:latest$/, "")].find((name) => Object.hasOwn(models, name));
  return name === undefined ? undefined : models[name];
}
