import { answerLimits } from "../models/answer-limits.ts";
import { asApiError } from "../models/api-error.ts";
import type { ModelEndpoint } from "../models/endpoint.ts";
import { type OpenAIConnection, connectOpenAI, withMaxBytes } from "../models/openai-client.ts";
import { type RerankFacts, usualRerank } from "../models/providers.ts";
import { unitScores } from "./scores.ts";
import type { Reranker } from "./types.ts";

/** A reranker behind a `/rerank` endpoint; how the provider's differs from the others is data. Connects on first use. */
export function createEndpointReranker(endpoint: ModelEndpoint): Reranker {
  const facts = endpoint.facts.rerank ?? usualRerank;
  let connection: OpenAIConnection | undefined;

  async function scoresOf(question: string, passages: readonly string[], signal?: AbortSignal): Promise<number[]> {
    connection ??= connectOpenAI(endpoint);
    const body = {
      ...(endpoint.model === "" ? {} : { model: endpoint.model }),
      query: question,
      [facts.documentsField]: passages,
      ...facts.extra,
    };
    let answer: unknown;
    try {
      answer = await connection.client.post<unknown>(facts.path, {
        body,
        ...(signal === undefined ? {} : { signal }),
        ...withMaxBytes(answerLimits.wholeBytes),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw connection.explain(error);
    }
    return readScores(answer, passages.length, facts, connection);
  }

  return {
    name: endpoint.model === "" ? endpoint.provider : `${endpoint.provider}/${endpoint.model}`,
    async rerank(question, passages, signal) {
      const scores: number[] = [];
      for (let start = 0; start < passages.length; start += facts.maxDocuments) {
        scores.push(...(await scoresOf(question, passages.slice(start, start + facts.maxDocuments), signal)));
      }
      return unitScores(scores);
    },
  };
}

/** One score a passage in the order of the passages. Throws `ModelError` where the answer is of another shape. */
function readScores(
  answer: unknown,
  count: number,
  { resultsField, scoreField }: RerankFacts,
  connection: OpenAIConnection,
): number[] {
  const fields = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const results = resultsField === null ? answer : fields[resultsField];
  if (!Array.isArray(results)) {
    throw connection.badAnswer(
      fields["error"]
        ? `the server answers with an error: ${asApiError(answer).error.message}`
        : "the answer holds no list of scores",
    );
  }
  if (results.length !== count) throw connection.badAnswer(`${results.length} scores came for ${count} passages`);
  const scores = Array.from<number | undefined>({ length: count });
  for (const result of results as (({ index?: unknown } & Record<string, unknown>) | null)[]) {
    const index = result?.index;
    const score = result?.[scoreField];
    if (typeof index !== "number" || !(index in scores) || scores[index] !== undefined) {
      throw connection.badAnswer("the positions of the scores are not those of the passages");
    }
    if (typeof score !== "number" || !Number.isFinite(score)) {
      throw connection.badAnswer("a score is no finite number");
    }
    scores[index] = score;
  }
  return scores as number[];
}
