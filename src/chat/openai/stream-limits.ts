import { answerLimits } from "../../models/answer-limits.ts";
import type { ChatEvent } from "../types.ts";
import { UnusableAnswer } from "./failures.ts";

export interface StreamLimits {
  /** Throws `UnusableAnswer` when the stream lasts too long, or sends too many bytes without a word. */
  received(bytes: number): void;
  /** Returns the events it was given. Throws `UnusableAnswer` when the answer has become too long. */
  counted(events: ChatEvent[]): ChatEvent[];
}

/** Ends the reading of a stream that never ends, by time, by bytes and by characters. `timeoutMs`: `llm.timeoutMs`. */
export function createStreamLimits(timeoutMs: number): StreamLimits {
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
