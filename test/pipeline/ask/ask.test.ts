import { describe, expect, it } from "vitest";

import type { ChatEvent, ChatModel, ChatRequest } from "../../../src/chat/types.ts";
import { UserError } from "../../../src/errors.ts";
import { ask, IncompleteAnswerError } from "../../../src/pipeline/ask/ask.ts";
import type { AskEvent, AskRequest, AskResult } from "../../../src/pipeline/ask/ask.ts";
import { defaultPrompt } from "../../../src/pipeline/ask/prompt.ts";
import type { Hit } from "../../../src/types.ts";
import { hitOf } from "../../hits.ts";

/** A model that says these pieces; an error among them is thrown. */
function modelThatSays(pieces: readonly (string | ChatEvent | Error)[], generative = true) {
  const requests: ChatRequest[] = [];
  const model: ChatModel = {
    name: "fake/model",
    generative,
    async *answer(request) {
      requests.push(request);
      for (const piece of pieces) {
        if (piece instanceof Error) throw piece;
        yield typeof piece === "string" ? { type: "text", text: piece } : piece;
      }
    },
  };
  return { model, requests };
}

interface Run {
  result: Promise<AskResult>;
  events: AskEvent[];
  shown(): string[];
}

function run(model: ChatModel, hits: Hit[], request: Partial<AskRequest> = {}): Run {
  const events: AskEvent[] = [];
  const result = ask(
    { search: () => Promise.resolve({ hits }), chat: model, prompt: defaultPrompt() },
    {
      question: "Where are metadata?",
      maxContextChars: 1000,
      strict: false,
      stream: true,
      onEvent: (event) => events.push(event),
      ...request,
    },
  );
  return { result, events, shown: () => events.flatMap((event) => (event.type === "text" ? [event.text] : [])) };
}

const passage = hitOf("Metadata live in etcd.");
const backend = new UserError("model-connection", "Fake (model): the connection broke.", {
  exitCode: 4,
  hint: "Again.",
});

describe("ask", () => {
  it("shows the answer as it comes, and gives its citations", async () => {
    const usage = { inputTokens: 9, outputTokens: 3 };
    const { model, requests } = modelThatSays([
      { type: "reasoning", text: "hm" },
      "Metadata ",
      "live in etcd [1].",
      { type: "usage", usage },
    ]);
    const { result, events, shown } = run(model, [passage]);
    expect(await result).toEqual({
      question: "Where are metadata?",
      answer: "Metadata live in etcd [1].",
      refused: false,
      model: "fake/model",
      usage,
      citations: [expect.objectContaining({ n: 1, quote: "Metadata live in etcd.", verified: true })],
      hits: [passage],
      closest: [],
    });
    expect(shown()).toEqual(["Metadata ", "live in etcd [1]", "."]);
    expect(events[0]).toEqual({ type: "searched", hits: [passage] });
    expect(requests[0]?.messages.at(-1)?.content).toContain("Metadata live in etcd.");
  });

  it("refuses without asking the model where nothing is found", async () => {
    const { model, requests } = modelThatSays(["never"]);
    const { result } = run(model, []);
    expect(await result).toMatchObject({ refused: true, answer: "No context was found for this question.", hits: [] });
    expect(requests).toEqual([]);
  });

  it("gives the model, and the caller, the passages that fit", async () => {
    const { model, requests } = modelThatSays(["Etcd [1]."]);
    const { result } = run(model, [passage, hitOf("Another passage that is too long.")], { maxContextChars: 30 });
    expect((await result).hits).toEqual([passage]);
    expect(requests[0]?.passages).toEqual([passage]);
  });

  it.each([
    ["in one piece", ["NO_ANSWER The context does not say."]],
    ["piece by piece", ["NO", "_ANS", "WER", "\n\n", "The context ", "does not say."]],
    ["in bold", ["**NO_", "ANSWER**", ": ", "The context does not say."]],
  ])("recognises a refusal that comes %s, and does not show its marker", async (_, pieces) => {
    const { result, shown } = run(modelThatSays(pieces).model, [passage]);
    expect(await result).toMatchObject({ refused: true, answer: "The context does not say.", citations: [] });
    expect(shown().join("")).toBe("The context does not say.");
  });

  it("explains a refusal that comes without a sentence", async () => {
    const { result, shown } = run(modelThatSays(["NO_ANSWER"]).model, [passage]);
    expect(await result).toMatchObject({ refused: true, answer: expect.stringContaining("do not answer") as string });
    expect(shown()).toHaveLength(1);
  });

  it("holds back only what may become the marker", async () => {
    const { result, shown } = run(modelThatSays(["N", "O", "", " metadata [1]", " then NO_ANSWER."]).model, [passage]);
    expect(await result).toMatchObject({ refused: false, answer: "NO metadata [1] then NO_ANSWER." });
    expect(shown()).toEqual(["NO metadata [1]", " then NO_ANSWER."]);
  });

  it("shows an answer that ends while it could still be the marker", async () => {
    const { result, shown } = run(modelThatSays(["NO"]).model, [passage]);
    expect(await result).toMatchObject({ refused: false, answer: "NO" });
    expect(shown()).toEqual(["NO"]);
  });

  it("refuses where a model that only quotes finds nothing to quote", async () => {
    const { result } = run(modelThatSays([], false).model, [passage]);
    expect(await result).toMatchObject({ refused: true, answer: expect.stringContaining("do not answer") as string });
  });

  it("takes an empty answer of a model that writes for a failure", async () => {
    const pieces: ChatEvent[] = [{ type: "truncated", reason: "the limit of 5 tokens is reached" }];
    await expect(run(modelThatSays(pieces).model, [passage]).result).rejects.toMatchObject({
      code: "empty-answer",
      exitCode: 4,
      hint: expect.stringContaining("llm.maxTokens") as string,
    });
  });

  it("says that an answer is cut short, and that it cites passages that are not there", async () => {
    const { result, events } = run(modelThatSays(["Etcd [9].", { type: "truncated", reason: "too long" }]).model, [
      passage,
    ]);
    expect(await result).toMatchObject({ refused: false, citations: [] });
    expect(events.flatMap((event) => (event.type === "notice" ? [event.message] : []))).toEqual([
      "the answer is cut short: too long",
      "the answer cites [9], and no such passage was given",
    ]);
  });

  it("keeps what arrived of an answer that breaks in the middle, and says that it is incomplete", async () => {
    const { result, shown } = run(modelThatSays(["Metadata live", backend]).model, [passage]);
    const error: unknown = await result.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(IncompleteAnswerError);
    expect(error).toMatchObject({
      partialAnswer: "Metadata live",
      exitCode: 4,
      hint: "Again.",
      message: "Fake (model): the connection broke; the answer is incomplete",
    });
    expect(shown()).toEqual(["Metadata live"]);
  });

  it("passes on the failure of a model that had said nothing, and bugs", async () => {
    await expect(run(modelThatSays([backend]).model, [passage]).result).rejects.toBe(backend);
    const bug = new TypeError("x is not a function");
    await expect(run(modelThatSays(["Text", bug]).model, [passage]).result).rejects.toBe(bug);
  });

  describe("in strict mode", () => {
    it.each([
      ["has no citation", "Metadata live in etcd.", "it cites no passage"],
      ["cites what does not bear it out", "The museum opens at noon [1].", "[1] could not be verified"],
      ["cites a passage that is not there", "Metadata live in etcd [1][8].", "it cites [8]"],
    ])("withholds an answer that %s", async (_, text, reason) => {
      const { result, shown } = run(modelThatSays([text]).model, [passage], { strict: true });
      expect(await result).toMatchObject({ refused: true, answer: expect.stringContaining(reason) as string });
      expect(shown().join("")).not.toContain(text);
    });

    it("shows an answer once it is verified, and a refusal", async () => {
      const good = run(modelThatSays(["Metadata live ", "in etcd [1]."]).model, [passage], { strict: true });
      expect(await good.result).toMatchObject({ refused: false });
      expect(good.shown()).toEqual(["Metadata live in etcd [1]."]);
      const refusal = run(modelThatSays(["NO_ANSWER Not there."]).model, [passage], { strict: true });
      expect(await refusal.result).toMatchObject({ refused: true, answer: "Not there." });
      expect(refusal.shown()).toEqual(["Not there."]);
    });
  });
});
