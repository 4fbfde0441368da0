import type { Embedder } from "../../embedders/types.ts";
import { withRetries } from "../../models/backoff.ts";
import { ModelError } from "../../models/model-error.ts";
import type { EmbeddingIdentity } from "../../types.ts";

/** The model's dimensions and prefixes, with retries where it has to be asked. */
export function embedderIdentity(embedder: Embedder, signal?: AbortSignal): Promise<EmbeddingIdentity> {
  return withRetries(() => embedder.identity(signal), signal);
}

/**
 * Embeds a question, with retries. Throws `UserError` (exit code 4).
 *
 * @param prefix put before it; the model's own where it is not given
 */
export async function embedQuery(
  embedder: Embedder,
  query: string,
  signal?: AbortSignal,
  prefix?: string,
): Promise<Float32Array> {
  const before = prefix ?? (await embedderIdentity(embedder, signal)).queryPrefix;
  try {
    const { vectors } = await withRetries(() => embedder.embed([before + query], signal), signal);
    return vectors[0] as Float32Array;
  } catch (error) {
    if (!(error instanceof ModelError) || error.kind !== "too-long") throw error;
    throw new ModelError(error.kind, error.message, {
      hint: "ask with fewer words, or search with --mode text",
      status: error.status,
      cause: error,
    });
  }
}
