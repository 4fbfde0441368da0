import { ExitCode, UserError } from "../../errors.ts";
import { AnswerTooLarge, answerLimits } from "../../models/answer-limits.ts";
import type { ModelEndpoint } from "../../models/endpoint.ts";
import type { ChatEvent, ChatUsage } from "../types.ts";
import { CompletionReader } from "./completion.ts";
import { UnusableAnswer, failedMidway } from "./failures.ts";
import { readStream } from "./read-stream.ts";
import type { SilenceTimer } from "./silence.ts";

/**
 * The events of an answer, streamed or in one piece; the last ones tell the tokens used and whether the answer was cut
 * off. Throws `UserError` `model-content-filter`, `ModelError` when the model stopped with an error, `CompletionError`,
 * `UnusableAnswer`, and what the connection threw.
 */
export async function* readAnswer(
  response: Response,
  endpoint: ModelEndpoint,
  options: { maxTokens: number | null; timeoutMs: number },
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

/** Names the limit that cut the answer off: the user's, or the model's. */
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
