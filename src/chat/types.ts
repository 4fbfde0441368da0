import type { Hit, WordFrequencies } from "../types.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface ChatRequest {
  /** The question as asked, and the passages that may answer it, numbered from 1 in this order. */
  question: string;
  passages: readonly Hit[];
  /** How rare the words of the question are in the collection; `null` where nobody counted. Only quotes need it. */
  frequencies: WordFrequencies | null;
  /** The prompt made from them. */
  messages: readonly ChatMessage[];
  stream: boolean;
  signal?: AbortSignal;
}

export interface ChatUsage {
  inputTokens: number;
  outputTokens: number;
}

/** What arrives while a model answers. `reasoning` is never part of the answer. */
export type ChatEvent =
  | { type: "text"; text: string }
  /**
   * A stretch of a passage, word for word: `text` is how it is shown, with its citation and what parts it from the text
   * before; `quoted` its words alone. Lines count from 0 at the start of the passage.
   */
  | { type: "quote"; text: string; passage: number; quoted: string; line: number; endLine: number }
  | { type: "reasoning"; text: string }
  | { type: "usage"; usage: ChatUsage }
  /** The model stopped before it was done, e.g. at its token limit. */
  | { type: "truncated"; reason: string };

/** A model that answers a question from passages and cites them as `[n]`. */
export interface ChatModel {
  /** `provider/model`. */
  readonly name: string;
  /** `false`: it only quotes; the caller says on stderr that no LLM is configured. */
  readonly generative: boolean;
  /** Throws `UserError` (exit code 4); what arrived before stays with the caller. */
  answer(request: ChatRequest): AsyncIterable<ChatEvent>;
}
