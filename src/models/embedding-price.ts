import { type ProviderRow, embeddingFactsOf, resolveProvider } from "./provider-facts.ts";

/**
 * The list price of an embedding model, in USD per million tokens: 0 where it runs on the user's own machine, `null`
 * where no dated source tells it. `model`: `null` for the provider's default. Throws `UserError` `unknown-provider`.
 */
export function embeddingPrice(
  provider: string,
  model: string | null,
  rows: Readonly<Record<string, ProviderRow>>,
): number | null {
  if (provider === "local") return 0;
  const { embedding } = resolveProvider(provider, rows, "embedding");
  const name = model ?? embedding?.defaultModel ?? null;
  if (embedding === null || name === null) return null;
  return embeddingFactsOf(embedding.models, name)?.price ?? null;
}
