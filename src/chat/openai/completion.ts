import { ReasoningSplitter } from "./reasoning-tags.ts";
import type { OutputPart } from "./reasoning-tags.ts";
import type { ChatEvent, ChatUsage } from "../types.ts";

/** What one piece of a streamed answer, or the whole of one that is not streamed, says. */
interface CompletionBody {
  choices?: { delta?: MessageBody | null; message?: MessageBody | null; finish_reason?: string | null }[] | null;
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null;
  error?: unknown;
}

interface MessageBody {
  content?: unknown;
  /** What a model says that will not answer. */
  refusal?: unknown;
  /** DeepSeek, vLLM, Fireworks. */
  reasoning_content?: unknown;
  /** OpenRouter, Groq, Ollama. */
  reasoning?: unknown;
}

/** Reads the bodies of one completion in turn. */
export class CompletionReader {
  /** Why the model stopped; `null` until it says so. */
  finishReason: string | null = null;
  /** As last reported: some servers count up with every piece. */
  usage: ChatUsage | null = null;
  /** Whether anything that looks like a completion has come. */
  hasContent = false;
  /** Whether a word of the answer, or of the thinking before it, has come. */
  hasText = false;
  readonly #splitter = new ReasoningSplitter();

  /** The events of one body; the message of an error that it holds is thrown as `CompletionError`. */
  read(body: unknown): ChatEvent[] {
    const { choices, usage, error } = (typeof body === "object" && body !== null ? body : {}) as CompletionBody;
    if (error !== undefined && error !== null) throw new CompletionError(messageIn(error));
    if (typeof usage?.prompt_tokens === "number" && typeof usage.completion_tokens === "number") {
      this.usage = { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
    }
    const choice = Array.isArray(choices) ? choices[0] : undefined;
    if (choice === undefined) return [];
    this.hasContent = true;
    if (typeof choice.finish_reason === "string" && choice.finish_reason !== "") {
      this.finishReason = choice.finish_reason;
    }
    const message = choice.delta ?? choice.message ?? {};
    const events: ChatEvent[] = [];
    const thinking = textIn(message.reasoning_content) || textIn(message.reasoning);
    if (thinking !== "") events.push({ type: "reasoning", text: thinking });
    const parts = contentParts(message.content);
    for (const part of parts) {
      if (part.type === "reasoning") events.push(part);
      else events.push(...this.#splitter.read(part.text));
    }
    const refusal = textIn(message.refusal);
    if (refusal !== "") events.push({ type: "text", text: refusal });
    this.hasText ||= thinking !== "" || refusal !== "" || parts.length > 0;
    return events;
  }

  end(): ChatEvent[] {
    return this.#splitter.end();
  }
}

/** An error that came in the place of a piece of the answer. */
export class CompletionError extends Error {}

const textIn = (value: unknown): string => (typeof value === "string" ? value : "");

function messageIn(error: unknown): string {
  const message = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
  return typeof message === "string" ? message : JSON.stringify(error);
}

/** Content is a text, or a list of parts of which some are thinking (Mistral). */
function contentParts(content: unknown): OutputPart[] {
  if (!Array.isArray(content)) return textIn(content) === "" ? [] : [{ type: "text", text: textIn(content) }];
  return content.flatMap((part: { type?: unknown; text?: unknown; thinking?: unknown } | null): OutputPart[] => {
    if (part?.type === "thinking") {
      return contentParts(part.thinking).map(({ text }) => ({ type: "reasoning", text }));
    }
    return textIn(part?.text) === "" ? [] : [{ type: "text", text: textIn(part?.text) }];
  });
}
