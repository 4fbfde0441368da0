import { providers } from "./providers.ts";
import { closest } from "../util/closest.ts";

/** The sections of the configuration that name a model provider. */
export type ProviderSection = "embedding" | "llm";

/** What each section can name beside the providers: a part of this tool that needs no API. */
const ownParts = { embedding: "local", llm: "extractive" } as const satisfies Record<ProviderSection, string>;

/** Every name that a section can take, those of the configuration's own `providers` first. */
export function providerNames(section: ProviderSection, rows: object): string[] {
  return [...new Set([...Object.keys(rows), ...Object.keys(providers), ownParts[section]])];
}

/** What to say instead of a name that no provider has: the closest one, or all of them. */
export function providerAdvice(name: string, section: ProviderSection, rows: object): string {
  const names = providerNames(section, rows);
  const meant = closest(name, names);
  return meant === null
    ? `known are ${names.join(", ")}; any other OpenAI-compatible API can be added under "providers"`
    : `did you mean ${meant}?`;
}
