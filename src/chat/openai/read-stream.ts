import { createParser } from "eventsource-parser";
import type { ChatEvent } from "../types.ts";
import { type CompletionReader, CompletionError } from "./completion.ts";
import { EmptyStream, UnusableAnswer } from "./failures.ts";
import type { SilenceTimer } from "./silence.ts";
import { createStreamLimits } from "./stream-limits.ts";

/** Once the answer is complete, its token count may still come for this long. */
const usageGraceMs = 2000;

/**
 * Passes on each event as it arrives. A stream that ends without an end mark counts as a broken connection: throws
 * `EmptyStream` before the first word, `UnusableAnswer` after it, and what the connection threw.
 */
export async function* readStream(
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
      // Comments only keep the connection open, so they do not count as a sign of life.
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
    if (error instanceof UnusableAnswer) throw error;
    // The answer is complete: only the token count is missing.
    if (reader.finishReason !== null && !(error instanceof CompletionError)) return;
    throw hasBegun || silence.signal.aborted ? error : new EmptyStream("the connection broke before the answer began");
  }
  // A server may leave out the empty line behind the last event.
  parser.feed("\n\n");
  for (const data of pieces) if (isJson(data)) yield* reader.read(JSON.parse(data));
  if (reader.finishReason !== null) return;
  if (!reader.hasText) throw new EmptyStream("the stream ended before the answer began");
  if (!isDone) throw new UnusableAnswer("the stream ended before the answer did", "run the command again");
  // llama-cpp-python ends an answer like this when another client sends a request.
  yield {
    type: "truncated",
    reason: "the server ended it without saying why; another request may have interrupted it",
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
