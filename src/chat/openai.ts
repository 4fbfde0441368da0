import { createParser } from "eventsource-parser";
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";

import { ExitCode, UserError } from "../errors.ts";
import { withRetries } from "../models/backoff.ts";
import type { RetryPolicy } from "../models/backoff.ts";
import type { ModelEndpoint } from "../models/endpoint.ts";
import { ModelError } from "../models/model-error.ts";
import { AnswerTooLarge, answerLimits } from "../models/answer-limits.ts";
import { connectOpenAI } from "../models/openai-client.ts";
import type { OpenAIConnection } from "../models/openai-client.ts";
import { createRedactor } from "../secrets/redact.ts";
import { CompletionError, CompletionReader } from "./completion.ts";
import type { ChatEvent, ChatModel, ChatRequest, ChatUsage } from "./types.ts";

export interface OpenAIChatOptions {
  /** `null`: the model's own. */
  temperature: number | null;
  /** Tokens that an answer may have; `null`: the model's own limit. */
  maxTokens: number | null;
  /** How long the server may stay silent, in milliseconds. */
  timeoutMs: number;
}

/** A person waits: who is asked to come back later than this is better told. Nothing is repeated once text has come. */
const retryPolicy: RetryPolicy = {
  maxAttempts: 3,
  maxThrottledAttempts: 3,
  baseDelayMs: 500,
  maxDelayMs: 5000,
  maxElapsedMs: 20_000,
};
/** Once the answer is complete, its token count may still come for this long. */
const usageGraceMs = 2000;

/** What a server may refuse of a request, and what is done about it. */
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
          // What fails after the answer's head can no longer be told by a status; in one piece it can.
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

/** Sends the request until it is answered: again after a failure, and without the fields that a server does not know. */
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

async function* readAnswer(
  response: Response,
  endpoint: ModelEndpoint,
  options: OpenAIChatOptions,
  silence: SilenceTimer,
): AsyncGenerator<ChatEvent> {
  const reader = new CompletionReader();
  const isStream = response.headers.get("content-type")?.includes("text/event-stream") ?? false;
  // A server that cannot stream answers in one piece.
  if (isStream) yield* readStream(response, reader, silence, options.timeoutMs);
  else yield* readWhole(await textOf(response), reader);
  yield* reader.end();
  if (reader.usage !== null) yield { type: "usage", usage: reader.usage };

  const name = `${endpoint.label} (${endpoint.model})`;
  switch (reader.finishReason) {
    case "length":
      yield { type: "truncated", reason: lengthReason(options.maxTokens, reader.usage) };
      break;
    case "content_filter":
      throw new UserError("model-content-filter", `${name}: the provider's content filter stopped the answer`, {
        exitCode: ExitCode.backend,
        hint: "ask in other words, or use another model",
      });
    case "error":
    case "insufficient_system_resource":
      throw failedMidway(endpoint, `it stopped with "${reader.finishReason}"`);
    default:
  }
}

/** Which limit an answer came up against: the user's, or the model's. */
function lengthReason(maxTokens: number | null, usage: ChatUsage | null): string {
  if (maxTokens === null) return "it reached the model's token limit (llm.maxTokens)";
  if (usage === null || usage.outputTokens >= maxTokens) {
    return `it reached the limit of ${maxTokens} tokens (llm.maxTokens)`;
  }
  const tokens = usage.inputTokens + usage.outputTokens;
  return `it reached the model's own limit, at ${tokens} tokens with the passages (ask.maxContextChars)`;
}

/** The body in one piece. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const bytes of response.body ?? []) {
    length += bytes.length;
    if (length > answerLimits.wholeBytes) throw new AnswerTooLarge(answerLimits.wholeBytes);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function* readWhole(text: string, reader: CompletionReader): Generator<ChatEvent> {
  if (/^\s*<(!doctype|html)\b/i.test(text)) {
    throw new UnusableAnswer("the answer is a web page, probably from a proxy in between");
  }
  yield* reader.read(JSON.parse(text));
  if (!reader.hasContent) throw new UnusableAnswer("the answer holds no message");
}

/** Passes on each piece as it arrives. A stream that ends without having said so is a connection that broke. */
async function* readStream(
  response: Response,
  reader: CompletionReader,
  silence: SilenceTimer,
  timeoutMs: number,
): AsyncGenerator<ChatEvent> {
  const limits = createStreamLimits(timeoutMs);
  const pieces: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => pieces.push(data) });
  const decoder = new TextDecoder();
  let hasBegun = false;
  let isDone = false;
  try {
    for await (const bytes of response.body ?? []) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      const hasEvents = pieces.length > 0;
      limits.received(bytes.length);
      // A comment keeps the connection, and says nothing.
      if (hasEvents) silence.restart();
      for (const data of pieces.splice(0)) {
        hasBegun = true;
        if (data.trim() === "[DONE]") isDone = true;
        else yield* limits.counted(reader.read(JSON.parse(data)));
      }
      if (isDone) break;
      if (hasEvents && reader.finishReason !== null) silence.restart(usageGraceMs);
    }
  } catch (error) {
    // Only the token count is missing.
    if (error instanceof UnusableAnswer) throw error;
    if (reader.finishReason !== null && !(error instanceof CompletionError)) return;
    throw hasBegun || silence.signal.aborted ? error : new EmptyStream("the connection broke before the answer began");
  }
  // The last event, where the server ended without the empty line behind it.
  parser.feed("\n\n");
  for (const data of pieces) if (isJson(data)) yield* reader.read(JSON.parse(data));
  if (reader.finishReason !== null) return;
  if (!reader.hasText) throw new EmptyStream("the stream ended before the answer began");
  if (!isDone) throw new UnusableAnswer("the stream ended before the answer did", "run the command again");
  // llama-cpp-python ends an answer so when somebody else asks.
  yield {
    type: "truncated",
    reason: "the server ended it without saying why; another request may have interrupted it",
  };
}

interface StreamLimits {
  /** Throws `UnusableAnswer` where it has gone on for too long, or for too long without a word. */
  received(bytes: number): void;
  /** The same events. Throws `UnusableAnswer` where they make too long an answer. */
  counted(events: ChatEvent[]): ChatEvent[];
}

/** What keeps a stream without end from being read without end. */
function createStreamLimits(timeoutMs: number): StreamLimits {
  const started = performance.now();
  const longestMs = timeoutMs * answerLimits.timeouts;
  let silentBytes = 0;
  const characters = { text: 0, reasoning: 0 };
  return {
    received(bytes) {
      silentBytes += bytes;
      if (silentBytes > answerLimits.silentBytes) {
        throw new UnusableAnswer(`${answerLimits.silentBytes / 1e6} MB came without a word of the answer`);
      }
      if (performance.now() - started > longestMs) {
        throw new UnusableAnswer(
          `the answer did not end within ${longestMs / 1000} s`,
          `raise llm.timeoutMs: an answer may take ${answerLimits.timeouts} times as long`,
        );
      }
    },
    counted(events) {
      for (const event of events) {
        if (event.type !== "text" && event.type !== "reasoning") continue;
        characters[event.type] += event.text.length;
        silentBytes = 0;
      }
      if (characters.text > answerLimits.answerCharacters) {
        throw new UnusableAnswer(`the answer has more than ${answerLimits.answerCharacters} characters`);
      }
      if (characters.reasoning > answerLimits.thinkingCharacters) {
        throw new UnusableAnswer(`the model thought for more than ${answerLimits.thinkingCharacters} characters`);
      }
      return events;
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** An answer that came but is none; says what is wrong with it. */
class UnusableAnswer extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Not a word came, and no error either. */
class EmptyStream extends UnusableAnswer {}

function failedMidway(endpoint: ModelEndpoint, what: string): ModelError {
  const clean = createRedactor([endpoint.apiKey]);
  const said = clean(what).replaceAll(/\s+/g, " ").trim().slice(0, 500);
  return new ModelError(
    "server",
    `${endpoint.label} (${endpoint.model}): the model failed while it answered: ${said}`,
    {
      retryable: true,
      hint: "run the command again later, or use another model",
    },
  );
}

interface SilenceTimer {
  /** Aborted when the silence has lasted too long, or by the caller. */
  readonly signal: AbortSignal;
  /** The silence, not the caller, has aborted it. */
  readonly isOver: boolean;
  /** Counts from now. */
  restart(milliseconds?: number): void;
  pause(): void;
  end(): void;
}

/** Aborts a request when nothing comes for `milliseconds`. */
function createSilenceTimer(milliseconds: number, outer: AbortSignal | undefined): SilenceTimer {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const pause = () => clearTimeout(timer);
  return {
    signal: outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]),
    get isOver() {
      return controller.signal.aborted;
    },
    restart(limit = milliseconds) {
      pause();
      timer = setTimeout(() => controller.abort(), Math.min(limit, milliseconds));
    },
    pause,
    end: pause,
  };
}
