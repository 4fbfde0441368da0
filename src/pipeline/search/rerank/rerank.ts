import { UserError, messageOf } from "../../../errors.ts";
import { type RetryPolicy, withRetries } from "../../../models/backoff.ts";
import type { ScoredChunk } from "../../../stores/types.ts";
import { searchModes } from "../../../types.ts";
import { untilAborted } from "../../../util/until-aborted.ts";
import type { Stage } from "../stage.ts";
import type { Reranking } from "./reranking.ts";

/** A person waits. */
const policyWithin = (timeoutMs: number): RetryPolicy => ({
  maxAttempts: 3,
  maxThrottledAttempts: 3,
  baseDelayMs: 250,
  maxDelayMs: 2_000,
  maxElapsedMs: timeoutMs,
});

/**
 * Ranks the best hits by what a model says of each with the question in view; its score, 0 to 1, becomes the hit's. Where
 * the model fails, is too slow or does not answer for every hit, the order stays, and `onFailure` is told.
 */
export const rerank = {
  name: "rerank",
  modes: searchModes,
  candidates: (topK, { reranking }) => Math.max(topK, reranking?.candidates ?? 0),
  async run(hits, { question, topK, reranking }) {
    if (reranking === null || hits.length === 0) return hits;
    const judged = hits.slice(0, Math.max(topK, reranking.candidates));
    const scores = await scoresOf(question, judged, reranking);
    if (scores === null) return hits;
    return judged
      .map((hit, index) => withScore(hit, scores[index] as number))
      .sort((left, right) => right.score - left.score);
  },
} as const satisfies Stage;

function withScore(hit: ScoredChunk, score: number): ScoredChunk {
  return { ...hit, score, scores: { ...hit.scores, rerank: score } };
}

/** One score per hit; `null` if the model gave none. Throws when the user aborts. */
async function scoresOf(
  question: string,
  hits: readonly ScoredChunk[],
  { reranker, timeoutMs, signal, onFailure }: Reranking,
): Promise<number[] | null> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const within = AbortSignal.any([signal, timeout]);
  const passages = hits.map(({ chunk }) => chunk.context + chunk.text);
  try {
    const request = withRetries(() => reranker.rerank(question, passages, within), within, policyWithin(timeoutMs));
    const scores = await untilAborted(request, within);
    const isWhole = scores.length === hits.length && scores.every((score) => score >= 0 && score <= 1);
    if (!isWhole) throw new UserError("model-bad-response", `${reranker.name} does not score every passage`);
    return scores;
  } catch (error) {
    signal.throwIfAborted();
    onFailure(`not reranked: ${whatHappened(error, reranker, timeout, timeoutMs)}`);
    return null;
  }
}

function whatHappened(
  error: unknown,
  reranker: Reranking["reranker"],
  timeout: AbortSignal,
  timeoutMs: number,
): string {
  if (timeout.aborted) {
    return `${reranker.name} took longer than ${timeoutMs / 1000} s; raise search.rerankTimeoutMs, or lower search.rerankCandidates`;
  }
  const hint = error instanceof UserError ? error.hint : null;
  return hint === null ? messageOf(error) : `${messageOf(error)} (${hint})`;
}
