import { describe, expect, test } from "vitest";
import {
  averagePrecision,
  countRelevant,
  ndcgAt,
  precisionAt,
  rankDocuments,
  recallAt,
  reciprocalRank,
} from "../../../src/pipeline/eval/retrieval-metrics.ts";

/** Four relevant documents of gains 3, 2, 1, 1, one judged and not relevant, one judged worse than that. */
const judgements = new Map([
  ["a", 3],
  ["b", 2],
  ["c", 1],
  ["d", 1],
  ["n", 0],
  ["w", -2],
]);
/** Relevant at the ranks 2, 3 and 6; `d` is not found. */
const ranking = ["x", "b", "a", "w", "n", "c"];

describe("measures of one ranking, worked out by hand", () => {
  test("recall divides by all that is relevant", () => {
    expect(countRelevant(judgements)).toBe(4);
    expect(recallAt(1, ranking, judgements)).toBe(0);
    expect(recallAt(3, ranking, judgements)).toBe(2 / 4);
    expect(recallAt(10, ranking, judgements)).toBe(3 / 4);
  });

  test("precision divides by k, also where fewer are found", () => {
    expect(precisionAt(3, ranking, judgements)).toBe(2 / 3);
    expect(precisionAt(10, ranking, judgements)).toBe(3 / 10);
  });

  test("the reciprocal rank is that of the first relevant document", () => {
    expect(reciprocalRank(ranking, judgements)).toBe(1 / 2);
    expect(reciprocalRank(["x", "n"], judgements)).toBe(0);
  });

  test("average precision sums the precision at each relevant rank", () => {
    // 1/2 at rank 2, 2/3 at rank 3, 3/6 at rank 6; of 4 relevant documents.
    expect(averagePrecision(ranking, judgements)).toBeCloseTo((1 / 2 + 2 / 3 + 3 / 6) / 4, 12);
  });

  test("nDCG takes gains as they are, and counts negative ones as none", () => {
    // 2/log2(3) + 3/log2(4) + 1/log2(7) = 1.261860 + 1.5 + 0.356207 = 3.118067
    // ideal: 3/1 + 2/log2(3) + 1/log2(4) + 1/log2(5) = 3 + 1.261860 + 0.5 + 0.430677 = 5.192536
    expect(ndcgAt(10, ranking, judgements)).toBeCloseTo(0.6004902, 6);
    // The ideal is cut too: (2/log2(3) + 3/2) / (3 + 2/log2(3) + 0.5) = 2.761860 / 4.761860
    expect(ndcgAt(3, ranking, judgements)).toBeCloseTo(0.5799961, 6);
    expect(ndcgAt(10, ["a", "b", "c", "d"], judgements)).toBe(1);
  });

  test("a question without a relevant document scores nothing", () => {
    const none = new Map([["n", 0]]);
    const all = [recallAt(5, ["n"], none), ndcgAt(10, ["n"], none), averagePrecision(["n"], none)];
    expect(all).toEqual([0, 0, 0]);
  });
});

describe("a ranking of documents", () => {
  test("has each document once, at its best passage", () => {
    const passages = [
      { id: "a", score: 3 },
      { id: "b", score: 2 },
      { id: "a", score: 1 },
      { id: "b", score: 4 },
    ];
    expect(rankDocuments(passages)).toEqual(["b", "a"]);
  });

  test("orders equal scores by id, the greater first, and compares scores as 32-bit floats", () => {
    const passages = [
      { id: "doc-10", score: 0.5 },
      { id: "doc-9", score: 0.5 },
      { id: "doc-a", score: 0.5 - 1e-12 },
    ];
    expect(rankDocuments(passages)).toEqual(["doc-a", "doc-9", "doc-10"]);
  });
});
