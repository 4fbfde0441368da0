import { describe, expect, test } from "vitest";
import type { ModeResult } from "../../../src/pipeline/eval/evaluate.ts";
import { checkGate, parseBaseline } from "../../../src/pipeline/eval/gate.ts";

const none = { contains: null, f1: null, citationSupport: null, refusalPrecision: null, refusalRecall: null };

function result(mode: ModeResult["mode"], measures: ModeResult["measures"], falseRefusals: number | null = null) {
  const answers = falseRefusals === null ? null : { ...none, falseRefusals };
  return { mode, measures, intervals: {}, recallCurve: [], answers, results: [] } satisfies ModeResult;
}

const modes = [
  result("text", { "ndcg@10": 0.8, map: 0.5 }, 0.04),
  result("hybrid", { "ndcg@10": 0.7, map: null }, 0.1),
];
const open = { minima: [], baseline: null, tolerance: 0 };
const failed = (gate: Partial<Parameters<typeof checkGate>[1]>): string[] =>
  checkGate(modes, { ...open, ...gate })
    .filter(({ passed }) => !passed)
    .map(({ mode, measure }) => `${mode} ${measure}`);

describe("the gate", () => {
  test("is open without a condition", () => {
    expect(checkGate(modes, open)).toEqual([]);
  });

  test("holds a minimum against every mode, or the one that it names", () => {
    expect(failed({ minima: [{ mode: null, measure: "ndcg@10", value: 0.8 }] })).toEqual(["hybrid ndcg@10"]);
    expect(failed({ minima: [{ mode: "text", measure: "ndcg@10", value: 0.8 }] })).toEqual([]);
    expect(failed({ minima: [{ mode: "text", measure: "ndcg@10", value: 0.81 }] })).toEqual(["text ndcg@10"]);
  });

  test("fails what could not be measured", () => {
    expect(failed({ minima: [{ mode: null, measure: "map", value: 0.1 }] })).toEqual(["hybrid map"]);
  });

  test("takes a value as the most that passes where less is better", () => {
    expect(failed({ minima: [{ mode: null, measure: "falseRefusals", value: 0.05 }] })).toEqual([
      "hybrid falseRefusals",
    ]);
    expect(failed({ baseline: { text: { falseRefusals: 0.02 } }, tolerance: 0.01 })).toEqual(["text falseRefusals"]);
    expect(failed({ baseline: { text: { falseRefusals: 0.03 } }, tolerance: 0.01 })).toEqual([]);
  });

  test("lets a measure be worse than the baseline by the tolerance and no more", () => {
    const baseline = { text: { "ndcg@10": 0.81, map: 0.52 }, dense: { "ndcg@10": 1 } };
    expect(failed({ baseline, tolerance: 0.01 })).toEqual(["text map"]);
    expect(failed({ baseline, tolerance: 0.03 })).toEqual([]);
  });

  test("refuses a measure or a mode that was not taken", () => {
    expect(() => failed({ minima: [{ mode: null, measure: "ndgc@10", value: 0 }] })).toThrow(
      "--min: ndgc@10 was not measured",
    );
    expect(() => failed({ minima: [{ mode: "dense", measure: "map", value: 0 }] })).toThrow(
      "dense:map was not measured",
    );
  });
});

describe("a baseline", () => {
  test("is what was printed, the measures of answers included", () => {
    const printed = { modes: { text: { "ndcg@10": 0.8, map: null, answers: { f1: 0.4, contains: null } } } };
    expect(parseBaseline(JSON.stringify(printed), "b.json")).toEqual({ text: { "ndcg@10": 0.8, f1: 0.4 } });
  });

  test.each(["", "[]", '{"modes":3}', '{"modes":{"text":1}}'])("%j is refused", (text) => {
    expect(() => parseBaseline(text, "b.json")).toThrow("b.json is not what rag eval --json prints");
  });
});
