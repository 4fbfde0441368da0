import { collectionNameRule, isCollectionName } from "../util/collection-name.ts";
import { type ProviderSection, providerAdvice, providerNames } from "../models/provider-names.ts";
import { ownRerankers } from "../rerankers/index.ts";
import { defaultConfig } from "./default-config.ts";
import { noReranker, parseModelName } from "./model-name.ts";
import type { Problem } from "./problem.ts";
import { type Values, isValues } from "./values.ts";

/**
 * What the schema cannot say: rules about names, and about settings that depend on each other. They look at what was
 * written, so that they are told together with what the schema finds; what it refuses is passed over.
 */
export function brokenRules(written: Values, show: (path: string, value: unknown) => string): Problem[] {
  return [
    ...collectionProblems(written["collection"], show),
    ...providerProblems("embedding", written, show),
    ...providerProblems("llm", written, show),
    ...rerankProblems(written, show),
    ...overlapProblems(written["chunking"], "overlapChars", "maxChars"),
    ...overlapProblems(written["chunking"], "sentenceOverlap", "sentences"),
  ];
}

function collectionProblems(name: unknown, show: (path: string, value: unknown) => string): Problem[] {
  if (typeof name !== "string" || isCollectionName(name)) return [];
  const message = `expected the name of a collection, got ${show("collection", name)}`;
  return [{ path: "collection", message, hint: collectionNameRule, code: "invalid-collection-name" }];
}

function providerProblems(
  section: ProviderSection,
  { providers = {}, ...written }: Values,
  show: (path: string, value: unknown) => string,
): Problem[] {
  const settings = written[section];
  const name = isValues(settings) ? settings["provider"] : undefined;
  if (typeof name !== "string" || !isValues(providers)) return [];
  const names = providerNames(section, providers);
  if (names.includes(name)) return [];
  const path = `${section}.provider`;
  const message = `expected a known model provider, got ${show(path, name)}`;
  return [{ path, message, hint: providerAdvice(name, names), code: "unknown-provider" }];
}

function rerankProblems({ providers = {}, search }: Values, show: (path: string, value: unknown) => string): Problem[] {
  const written = isValues(search) ? search["rerank"] : undefined;
  const path = "search.rerank";
  if (typeof written !== "string" || written === noReranker || !isValues(providers)) return [];
  const name = parseModelName(written);
  if (name === null) {
    return [{ path, message: `expected a provider, or provider/model, got ${show(path, written)}` }];
  }
  const names = providerNames("rerank", providers, ownRerankers);
  if (names.includes(name.provider)) return [];
  const message = `expected a known model provider, got ${show(path, written)}`;
  return [{ path, message, hint: providerAdvice(name.provider, names), code: "unknown-provider" }];
}

type ChunkingSetting = "overlapChars" | "maxChars" | "sentenceOverlap" | "sentences";

function overlapProblems(written: unknown, overlap: ChunkingSetting, size: ChunkingSetting): Problem[] {
  const chunking: Values = { ...defaultConfig().chunking, ...(isValues(written) ? written : {}) };
  const [least, most] = [chunking[size], chunking[overlap]];
  if (typeof least !== "number" || typeof most !== "number" || most < least) return [];
  const message = `expected less than chunking.${size} (${least}), got ${most}`;
  return [{ path: `chunking.${overlap}`, about: [`chunking.${size}`], message }];
}
