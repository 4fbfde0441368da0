import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";

import { UserError } from "../../errors.ts";
import { withRetries } from "../../models/backoff.ts";
import type { RetryPolicy } from "../../models/backoff.ts";
import type { ModelEndpoint } from "../../models/endpoint.ts";
import { ModelError } from "../../models/model-error.ts";
import { connectOpenAI } from "../../models/openai-client.ts";
import type { OpenAIConnection } from "../../models/openai-client.ts";
import type { ChatEvent, ChatModel, ChatRequest } from "../types.ts";
import { CompletionError } from "./completion.ts";
import { EmptyStream, UnusableAnswer, failedMidway } from "./failures.ts";
import { readAnswer } from "./read-answer.ts";
import { type SilenceTimer, createSilenceTimer } from "./silence.ts";

export interface OpenAIChatOptions {
  /** `null`: the model's own. */
  temperature: number | null;
  /** Tokens that an answer may have; `null`: the model's own limit. */
  maxTokens: number | null;
  /** How long the server may stay silent, in milliseconds. */
  timeoutMs: number;
}

/** Short, because a person waits. No request is repeated once text of its answer has come. */
const retryPolicy: RetryPolicy = {
  maxAttempts: 3,
  maxThrottledAttempts: 3,
  baseDelayMs: 500,
  maxDelayMs: 5000,
  maxElapsedMs: 20_000,
};
/**
 * Fields that some servers refuse, and how the request is changed then. `adapt` returns whether it changed anything.
 */
const adaptations: { refused: RegExp; adapt(body: ChatCompletionCreateParams): boolean }[] = [
  {
    refused: /stream_options|include_usage/i,
    adapt: (body) => body.stream_options !== undefined && delete body.stream_options,
  },
  {
    refused: /max_completion_tokens/i,
    adapt: (body) => {
      if (body.max_tokens === undefined || body.max_tokens === null) return false;
      body.max_completion_tokens = body.max_tokens;
      return delete body.max_tokens;
    },
  },
];

/** A chat model behind an OpenAI-compatible API. Connects on first use. */
export function createOpenAIChatModel(endpoint: ModelEndpoint, options: OpenAIChatOptions): ChatModel {
  return {
    name: `${endpoint.provider}/${endpoint.model}`,
    generative: true,
    async *answer(request) {
      const connection = connectOpenAI(endpoint);
      const silence = createSilenceTimer(options.timeoutMs, request.signal);
      async function* askFor(body: ChatCompletionCreateParams): AsyncGenerator<ChatEvent> {
        const response = await send(connection, body, silence);
        try {
          yield* readAnswer(response, endpoint, options, silence);
        } catch (error) {
          if (!(error instanceof EmptyStream) || !body.stream) throw error;
          // A stream can fail only after its status was sent. Without streaming, the status tells what is wrong.
          const { stream_options: _, ...rest } = body;
          yield* askFor({ ...rest, stream: false });
        }
      }
      try {
        yield* askFor(bodyOf(endpoint, options, request));
      } catch (error) {
        request.signal?.throwIfAborted();
        if (silence.isOver) throw connection.timeout(options.timeoutMs);
        if (error instanceof CompletionError) throw failedMidway(endpoint, error.message);
        if (error instanceof UnusableAnswer) throw connection.badAnswer(error.message, error.hint);
        throw error instanceof UserError ? error : connection.explain(error);
      } finally {
        silence.end();
      }
    },
  };
}

function bodyOf(
  endpoint: ModelEndpoint,
  options: OpenAIChatOptions,
  { messages, stream }: ChatRequest,
): ChatCompletionCreateParams {
  return {
    model: endpoint.model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    ...(options.temperature === null ? {} : { temperature: options.temperature }),
    ...(options.maxTokens === null ? {} : { max_tokens: options.maxTokens }),
  };
}

/** Sends the request, repeats it after a failure, and changes the fields that the server refuses. */
function send(
  connection: OpenAIConnection,
  body: ChatCompletionCreateParams,
  silence: SilenceTimer,
): Promise<Response> {
  const attempt = async (): Promise<Response> => {
    try {
      silence.restart();
      return await connection.client.chat.completions.create(body, { signal: silence.signal }).asResponse();
    } catch (failure) {
      silence.pause();
      if (silence.signal.aborted) throw failure;
      const error = connection.explain(failure);
      const isRefused = error instanceof ModelError && error.kind === "invalid-request";
      if (isRefused && adapted(body, error.message)) return attempt();
      throw error;
    }
  };
  return withRetries(attempt, silence.signal, retryPolicy);
}

function adapted(body: ChatCompletionCreateParams, message: string): boolean {
  return adaptations.some(({ refused, adapt }) => refused.test(message) && adapt(body));
}
