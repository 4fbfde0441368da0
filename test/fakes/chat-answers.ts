import { setTimeout as sleep } from "node:timers/promises";

import type { Handler } from "./openai-server.ts";

/** One step of a streamed answer. */
export type StreamStep =
  /** Sent as the data of one event. */
  | { data: unknown }
  /** Sent as it is. */
  | { raw: string }
  | { wait: number }
  /** Says nothing more, and keeps the connection open. */
  | { hang: true }
  /** Resets the connection. */
  | { reset: true };

/** An event that says a piece of the answer. */
export const says = (content: unknown, more: Record<string, unknown> = {}): StreamStep => ({
  data: { object: "chat.completion.chunk", choices: [{ index: 0, delta: { content, ...more }, finish_reason: null }] },
});

export const stops = (finishReason = "stop"): StreamStep => ({
  data: { object: "chat.completion.chunk", choices: [{ index: 0, delta: {}, finish_reason: finishReason }] },
});

export const counts = (promptTokens: number, completionTokens: number): StreamStep => ({
  data: {
    object: "chat.completion.chunk",
    choices: [],
    usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens },
  },
});

export const done: StreamStep = { raw: "data: [DONE]\n\n" };

/** Streams these steps, whatever is asked. */
export function streams(...steps: StreamStep[]): Handler {
  return async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    for (const step of steps) {
      if ("wait" in step) await sleep(step.wait);
      else if ("hang" in step) return;
      else if ("reset" in step) {
        // What was written before has to leave first.
        await sleep(20);
        response.socket?.resetAndDestroy();
        return;
      } else response.write("raw" in step ? step.raw : `data: ${JSON.stringify(step.data)}\n\n`);
    }
    response.end();
  };
}

/** Answers in one piece. */
export function completes(message: Record<string, unknown>, more: Record<string, unknown> = {}): Handler {
  return () => ({
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
    usage: { prompt_tokens: 11, completion_tokens: 7 },
    ...more,
  });
}
