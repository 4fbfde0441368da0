/** A model that says how well passages answer a question. One call is one try: retry and time limit stand above it. */
export interface Reranker {
  /** `provider/model`. */
  readonly name: string;
  /**
   * A score for each passage in the order of the passages, 0 to 1, the higher the better. Throws `UserError` where the
   * model fails or its answer cannot be used; an answer that misses a passage is none.
   */
  rerank(question: string, passages: readonly string[], signal?: AbortSignal): Promise<number[]>;
}
