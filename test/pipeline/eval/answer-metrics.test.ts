import { describe, expect, test } from "vitest";
import {
  type AnswerOutcome,
  answerF1,
  answerMetrics,
  answerWords,
  containsReference,
} from "../../../src/pipeline/eval/answer-metrics.ts";

describe("the words of an answer", () => {
  test.each([
    ["The Panthers' defense, again! [1]", ["panthers", "defense", "again"]],
    ["Version 2.4 isn’t out [1, 2][3].", ["version", "24", "isnt", "out"]],
    ["ＡＢＣ ﬁle", ["abc", "file"]],
    ["Größe: 5 km²", ["größe", "5", "km2"]],
    ["数据存储在对象存储中。", ["数据", "存储", "在", "对象", "存储", "中"]],
  ])("of %j", (text, words) => {
    expect(answerWords(text)).toEqual(words);
  });
});

test("an answer contains a reference whose words stand in it side by side", () => {
  expect(containsReference("They gave up 308 points [2].", ["up 308 points"])).toBe(true);
  expect(containsReference("It is 3081.", ["308"])).toBe(false);
  expect(containsReference("points 308", ["308 points", "points 308"])).toBe(true);
  expect(containsReference("anything", ["the"])).toBe(false);
  expect(containsReference("数据存储在对象存储中", ["对象存储"])).toBe(true);
});

test("F1 is that of the best reference, and each word counts as often as it stands there", () => {
  // 2 shared of 3 given and of 2 wanted: 2 * 2 / (3 + 2)
  expect(answerF1("red green blue", ["red green"])).toBeCloseTo(0.8, 12);
  expect(answerF1("red red red", ["red blue", "red"])).toBeCloseTo(2 / 4, 12);
  expect(answerF1("", ["red"])).toBe(0);
});

describe("over several questions", () => {
  const outcome = (change: Partial<AnswerOutcome>): AnswerOutcome => ({
    unanswerable: false,
    refused: false,
    references: ["red"],
    answer: "red",
    citations: 0,
    supported: 0,
    ...change,
  });

  test("refusals are right on unanswerable questions only, and hold no answer", () => {
    const outcomes = [
      outcome({ citations: 3, supported: 2 }),
      outcome({ refused: true }),
      outcome({ answer: "blue", citations: 1, supported: 1 }),
      outcome({ references: [] }),
      outcome({ unanswerable: true, references: [], refused: true }),
      outcome({ unanswerable: true, references: [] }),
    ];
    expect(answerMetrics(outcomes)).toEqual({
      contains: 1 / 3,
      f1: 1 / 3,
      citationSupport: 3 / 4,
      refusalPrecision: 1 / 2,
      refusalRecall: 1 / 2,
      falseRefusals: 1 / 4,
    });
  });

  test("there is no figure where there is nothing to measure", () => {
    expect(answerMetrics([outcome({ references: [] })])).toEqual({
      contains: null,
      f1: null,
      citationSupport: null,
      refusalPrecision: null,
      refusalRecall: null,
      falseRefusals: 0,
    });
  });
});
