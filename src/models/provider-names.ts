import { providers } from "./providers.ts";
import { closest } from "../util/closest.ts";

/** What a model provider is named for in the configuration: `embedding`, `llm`, and `rerank` in `search.rerank`. */
export type ProviderSection = "embedding" | "llm" | "rerank";

/**
 * What each section can name beside the providers: a part of this tool that needs no API. The rows of rerankers/index.ts
 * say it for `rerank`, and the configuration, which knows that room, hands them in.
 */
const ownParts: Readonly<Record<ProviderSection, readonly string[]>> = {
  embedding: ["local"],
  llm: ["extractive"],
  rerank: [],
};

/** The providers that offer a reranker. */
export const rerankingProviders: readonly string[] = Object.keys(providers).filter(
  (name) => providers[name]?.rerank !== null,
);

/** Whether a section names a part of this tool, and no provider. */
export function isOwnPart(section: ProviderSection, name: string): boolean {
  return ownParts[section].includes(name);
}

/** The settings that a message can name for a section. */
export interface SettingNames {
  provider: string;
  model: string;
  baseUrl: string;
  apiKey: string;
  timeout: string;
}

/** A reranker is one setting, so its address and its key are those of a row of `providers`. */
export function settingNames(section: ProviderSection, provider: string): SettingNames {
  if (section === "rerank") {
    const model = "search.rerank";
    const baseUrl = `providers.${provider}.baseUrl`;
    const apiKey = `providers.${provider}.keyVariable`;
    return { provider: model, model, baseUrl, apiKey, timeout: "search.rerankTimeoutMs" };
  }
  return {
    provider: `${section}.provider`,
    model: `${section}.model`,
    baseUrl: `${section}.baseUrl`,
    apiKey: `${section}.apiKey`,
    timeout: `${section}.timeoutMs`,
  };
}

/** Every name that a section can take, those of the configuration's own `providers` first. */
export function providerNames(section: ProviderSection, rows: object, own = ownParts[section]): string[] {
  return [...new Set([...Object.keys(rows), ...Object.keys(providers), ...own])];
}

/** What to say instead of a name that is none of these: the closest one, or all of them. */
export function providerAdvice(name: string, names: readonly string[]): string {
  const meant = closest(name, names);
  return meant === null
    ? `known are ${names.join(", ")}; any other OpenAI-compatible API can be added under "providers"`
    : `did you mean ${meant}?`;
}
