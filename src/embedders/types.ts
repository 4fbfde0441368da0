import type { EmbeddingIdentity } from "../types.ts";

export interface EmbedderLimits {
  /** Texts in one request. */
  maxBatch: number;
  /** Tokens in one text; a longer one is refused by the model. */
  maxTokensPerText: number;
  /** Tokens in one request, all texts together. */
  maxTokensPerBatch: number;
}

/** Says which vectors may stand for those that an embedder would make. */
export interface KeptVectors {
  /** Where the model is, its name and what it is asked for; the same text for the same vectors. Holds no secret. */
  model: string;
  documentPrefix: string;
}

export interface EmbeddingBatch {
  /** One vector a text, in the order of the texts, each of the model's dimensions, finite and not all zero. */
  vectors: Float32Array[];
  /** As the provider counted them; `null` where it does not say. */
  tokens: number | null;
}

/**
 * A model that turns text into vectors. One call is one request: batching, concurrency and retry stand above it, in
 * `pipeline/embed/embed.ts`.
 */
export interface Embedder {
  readonly provider: string;
  readonly model: string;
  readonly limits: EmbedderLimits;
  /** What its vectors are kept under between runs; `null` where they are not kept. */
  readonly keepsVectorsAs: KeptVectors | null;
  /** USD per million tokens; `null` where it is not known or costs nothing. */
  readonly pricePerMillionTokens: number | null;
  /** The model's dimensions and prefixes; asks the model once where they are not known. */
  identity(signal?: AbortSignal): Promise<EmbeddingIdentity>;
  /** Texts are sent as they are: prefixes are the caller's. Throws `ModelError`. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<EmbeddingBatch>;
  close(): Promise<void>;
}
