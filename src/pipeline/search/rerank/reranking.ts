import type { Reranker } from "../../../rerankers/types.ts";

/** What a search needs to have its best hits ranked anew by a model. */
export interface Reranking {
  reranker: Reranker;
  /** Hits that the model looks at, at least as many as are wanted. */
  candidates: number;
  /** The whole of it may take so long, retries included, in milliseconds. */
  timeoutMs: number;
  /** Aborted where the user does not wait any more. */
  signal: AbortSignal;
  /** Told where the model failed, and the order is that of the search before. */
  onFailure(message: string): void;
}
