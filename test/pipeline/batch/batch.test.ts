import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ExitCode, UserError } from "../../../src/errors.ts";
import type { AskResult } from "../../../src/pipeline/ask/ask.ts";
import { type BatchOutcome, runBatch } from "../../../src/pipeline/batch/batch.ts";
import { findGaps } from "../../../src/pipeline/batch/gaps.ts";
import { inOrder } from "../../../src/pipeline/batch/in-order.ts";
import { type BatchQuestion, parseBatch } from "../../../src/pipeline/batch/questions.ts";
import { parseQuestionSet } from "../../../src/pipeline/eval/question-set.ts";
import type { Hit, WordFrequencies } from "../../../src/types.ts";
import { hitOf } from "../../hits.ts";

describe("a file of questions", () => {
  it("has a text or an object a line", () => {
    const text = [
      "\uFEFFHow is it stored?\r",
      "",
      '{"question": " Who? ", "filter": "page=3", "id": 7}',
      '{"question":"A","filter":["a=1","b=2"],"id":"x"}',
      "- a dash",
    ].join("\n");
    expect(parseBatch(text, "q")).toEqual([
      { question: "How is it stored?", filters: [], id: null },
      { question: "Who?", filters: ["page=3"], id: 7 },
      { question: "A", filters: ["a=1", "b=2"], id: "x" },
      { question: "- a dash", filters: [], id: null },
    ]);
  });

  it("may be a set of `rag eval` as it is", () => {
    const set = [
      '{"question":"A","source":"a.md","lines":"3-4","answer":"in a","id":"one"}',
      '{"question":"B","sources":["a.md",{"source":"b.md","gain":2}],"answers":["b"],"_id":2}',
      '{"question":"C","unanswerable":true}',
    ].join("\n");
    expect(parseQuestionSet(set, "q")).toHaveLength(3);
    expect(parseBatch(set, "q")).toEqual([
      { question: "A", filters: [], id: "one" },
      { question: "B", filters: [], id: 2 },
      { question: "C", filters: [], id: null },
    ]);
  });

  it.each([
    ["{oops", /^q:1: begins as a JSON object does, and is none$/],
    ['fine\n{"question":""}', /^q:2: expected a text in `question`$/],
    ['{"question":"a","filters":"b"}\n{"question":1}', /^q:1: unknown field "filters"; q:2: expected a text/],
    ['{"question":"a","filter":[1]}', /`filter`/],
    ['{"question":"a","id":{}}', /`id`/],
    [" \n", /holds no question/],
  ])("is refused where a line is wrong: %j", (text, message) => {
    expect(() => parseBatch(text, "q")).toThrow(message);
  });
});

describe("work in order", () => {
  it("hands out results in order, with so many at once and not more, and so many waiting", async () => {
    const items = Array.from({ length: 60 }, (_, index) => index);
    const emitted: number[] = [];
    let running = 0;
    let most = 0;
    const started: number[] = [];
    let startedWhileFirstRan = 0;
    await inOrder(
      items,
      3,
      async (item) => {
        started.push(item);
        most = Math.max(most, ++running);
        // The first waits until as many have started as may, and a while longer.
        if (item === 0) {
          while (started.length < 24) await sleep(1);
          await sleep(20);
          startedWhileFirstRan = started.length;
        } else await sleep(0);
        running -= 1;
        return item;
      },
      async (result) => void emitted.push(result),
    );
    expect(emitted).toEqual(items);
    expect(most).toBe(3);
    expect(startedWhileFirstRan).toBe(24);
  });

  it("ends with the first failure, after what is under way", async () => {
    const ended: number[] = [];
    const run = inOrder(
      [1, 2, 3, 4, 5, 6, 7, 8],
      2,
      async (item) => {
        await sleep(item === 1 ? 1 : 5);
        ended.push(item);
        if (item === 1) throw new Error("no");
      },
      async () => {},
    );
    await expect(run).rejects.toThrow("no");
    const before = ended.length;
    await sleep(20);
    expect(ended.length).toBe(before);
    expect(before).toBeLessThan(8);
  });
});

const asked = (question: string): BatchQuestion => ({ question, filters: [], id: null });

function result(question: string, more: Partial<AskResult> = {}): AskResult {
  const place = { source: "a.md", heading: [], page: null, startLine: 1, endLine: 1, quote: "" };
  return {
    question,
    answer: "",
    refused: false,
    model: "m",
    usage: null,
    citations: [{ n: 1, ...place, verified: true, supported: true, why: null }],
    hits: [],
    closest: [],
    ...more,
  };
}

/** Every word is in two of a hundred passages, but for those that are named. */
function frequencies(text: string, missing: readonly string[] = []): WordFrequencies {
  const words = (text.toLowerCase().match(/\p{L}{4,}/gu) ?? []).map((word) => ({
    word,
    terms: [word],
    chunks: missing.includes(word) ? 0 : 2,
  }));
  return { chunks: 100, languages: ["en"], words };
}

describe("a batch", () => {
  const parts = {
    isQuoting: false,
    wordFrequencies: async (text: string) => frequencies(text, ["cobol"]),
    ask: async ({ question }: BatchQuestion) => {
      if (question === "fails") throw new UserError("down", "the model is down", { exitCode: ExitCode.backend });
      if (question === "bug") throw new TypeError("oops");
      if (question === "refused") return result(question, { refused: true, citations: [] });
      const [citation] = result(question).citations;
      if (question === "doubtful")
        return result(question, { citations: [{ ...citation!, supported: false, why: "the figure 42 is not there" }] });
      if (question === "uncited") return result(question, { citations: [] });
      return result(question);
    },
  };
  const signal = new AbortController().signal;

  it("counts what became of the questions, and says why an answer is poorly supported", async () => {
    const outcomes: BatchOutcome[] = [];
    const onOutcome = async (outcome: BatchOutcome) => void outcomes.push(outcome);
    const questions = ["good", "fails", "refused", "doubtful", "uncited"].map(asked);
    const tally = await runBatch(parts, questions, { signal, onOutcome });
    expect(tally).toEqual({ answered: 3, refused: 1, failed: 1, doubtful: 2, firstFailure: ExitCode.backend });
    expect(outcomes.map(({ asked: { question } }) => question)).toEqual(questions.map(({ question }) => question));
    expect(outcomes.map(({ doubt }) => doubt)).toEqual([
      null,
      null,
      null,
      "the figure 42 is not there",
      "the answer cites no passage",
    ]);
  });

  it("calls a quote poorly supported where no passage has a word of the question", async () => {
    const outcomes: BatchOutcome[] = [];
    const onOutcome = async (outcome: BatchOutcome) => void outcomes.push(outcome);
    const questions = ["Parsing COBOL programs", "Parsing programs"].map(asked);
    await runBatch({ ...parts, isQuoting: true }, questions, { signal, onOutcome });
    expect(outcomes.map(({ doubt }) => doubt)).toEqual(["no passage has the word “cobol”", null]);
  });

  it("ends with a bug", async () => {
    await expect(runBatch(parts, ["good", "bug"].map(asked), { signal, onOutcome: async () => {} })).rejects.toThrow(
      TypeError,
    );
  });

  it("hands out nothing after an interruption", async () => {
    const abort = new AbortController();
    const seen: string[] = [];
    const run = runBatch(parts, ["a", "b", "c"].map(asked), {
      signal: abort.signal,
      onOutcome: async (outcome) => {
        seen.push(outcome.asked.question);
        abort.abort(new Error("stop"));
      },
    });
    await expect(run).rejects.toThrow("stop");
    expect(seen).toEqual(["a"]);
  });
});

describe("the gaps of a batch", () => {
  const refused = (question: string, missing: string[] = [], closest: Hit[] = []): BatchOutcome => ({
    asked: asked(question),
    result: result(question, { refused: true, citations: [], closest }),
    failure: null,
    doubt: null,
    frequencies: frequencies(question, missing),
    durationMs: 1,
  });

  it("are grouped by the rare words that questions share, the largest group first", () => {
    const gaps = findGaps([
      refused("capital city of France", ["france"]),
      refused("write components with COBOL", ["cobol"]),
      refused("does COBOL have components", ["cobol"]),
    ]);
    expect(gaps.map(({ subject, questions }) => [subject, questions.length])).toEqual([
      ["components cobol", 2],
      ["capital city france", 1],
    ]);
    expect(gaps[0]?.missing).toEqual(["cobol"]);
  });

  it("are told apart where only a common word is shared, and joined by the place they lead to", () => {
    const place = hitOf("Limits.", { source: "limits.md", heading: ["Limits"] });
    const questions = ["limits for large uploads", "limits when many users wait"];
    expect(findGaps(questions.map((question) => refused(question)))).toHaveLength(2);
    const [gap, ...others] = findGaps(questions.map((question) => refused(question, [], [place])));
    expect(others).toEqual([]);
    expect(gap?.closest).toEqual([place]);
  });

  it("leave out failures and good answers", () => {
    const good = { ...refused("a good answer"), result: result("a good answer") };
    const failed = { ...refused("a failure"), result: null, failure: new UserError("down", "down") };
    expect(findGaps([good, failed])).toEqual([]);
    expect(findGaps([{ ...good, doubt: "why" }])[0]?.questions).toEqual([
      { id: null, question: "a good answer", refused: false, why: "why" },
    ]);
  });

  it("are found without word counts too", () => {
    const uncounted = (question: string) => ({ ...refused(question), frequencies: null });
    const gaps = findGaps(["install the plugin", "the plugin to install"].map(uncounted));
    expect(gaps.map(({ questions }) => questions.length)).toEqual([2]);
  });
});
