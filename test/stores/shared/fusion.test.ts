import { describe, expect, test } from "vitest";
import { bestFirst, fuse, fusionDepth } from "../../../src/stores/shared/fusion.ts";
import type { ScoredChunk } from "../../../src/stores/types.ts";
import { fusionMethods } from "../../../src/types.ts";
import { documentChunks } from "../../fixtures/chunks.ts";

function list(name: "dense" | "text", scores: Record<string, number>): ScoredChunk[] {
  return Object.entries(scores).map(([source, score]) => {
    const [chunk] = documentChunks(source, [source]);
    return { chunk: chunk!, score, scores: { dense: null, text: null, [name]: score } };
  });
}

const ranked = (hits: readonly ScoredChunk[]): [string, number][] =>
  hits.map(({ chunk, score }) => [chunk.source, Number(score.toFixed(4))]);

const lists = {
  dense: list("dense", { both: 0.9, near: 0.8, middle: 0.6, far: 0.5 }),
  text: list("text", { both: 12, sure: 9, near: 3 }),
};

describe.each(fusionMethods)("fusion by %s", (method) => {
  test("gives 1 to what is first in both lists, and more than 0 to every hit", () => {
    const hits = fuse(lists, method, { limit: 10 });
    expect(ranked(hits)[0]).toEqual(["both", 1]);
    expect(hits).toHaveLength(5);
    for (const { score } of hits) expect(score).toBeGreaterThan(0);
    for (const { score } of hits.slice(1)) expect(score).toBeLessThan(1);
  });

  test("keeps the scores of both lists", () => {
    const scores = Object.fromEntries(fuse(lists, method, { limit: 10 }).map((hit) => [hit.chunk.source, hit.scores]));
    expect(scores).toMatchObject({
      near: { dense: 0.8, text: 3 },
      sure: { dense: null, text: 9 },
      far: { dense: 0.5, text: null },
    });
  });

  test("cuts, and takes a list without hits", () => {
    expect(fuse(lists, method, { limit: 2 })).toHaveLength(2);
    expect(fuse({ dense: [], text: [] }, method, { limit: 5 })).toEqual([]);
    const only = fuse({ dense: lists.dense, text: [] }, method, { limit: 10 });
    expect(only.map(({ chunk }) => chunk.source)).toEqual(["both", "near", "middle", "far"]);
    expect(only[0]!.score).toBeLessThan(1);
  });

  test("does not depend on the order of equal hits", () => {
    const equal = { dense: list("dense", { a: 0.5 }), text: [] };
    const [first] = fuse(equal, method, { limit: 1 });
    expect(first!.chunk.source).toBe("a");
    const hits = list("text", { x: 1, y: 1, z: 1 });
    expect(bestFirst([...hits].reverse())).toEqual(bestFirst([...hits]));
  });
});

describe("worked out by hand", () => {
  test("ranks: half of (k + 1) / (k + rank) for each list", () => {
    // near: 0.5 * 61/62 + 0.5 * 61/63; sure: 0.5 * 61/62
    expect(ranked(fuse(lists, "rrf", { limit: 3 }))).toEqual([
      ["both", 1],
      ["near", 0.9761],
      ["sure", 0.4919],
    ]);
    // near: 0.5 * 11/12 + 0.5 * 11/13; sure: 0.5 * 11/12
    expect(ranked(fuse(lists, "rrf10", { limit: 3 }))).toEqual([
      ["both", 1],
      ["near", 0.8814],
      ["sure", 0.4583],
    ]);
  });

  test("scores: 0.7 of the text's and 0.3 of the vectors', each scaled to its best", () => {
    // A share s of its range adds 0.01 + 0.99 s of the weight. near: 0.3 * (0.01 + 0.99 * 0.75) + 0.7 * (0.01 + 0.99 * 3/12)
    expect(ranked(fuse(lists, "scaled", { limit: 3 }))).toEqual([
      ["both", 1],
      ["sure", 0.5267],
      ["near", 0.406],
    ]);
  });

  test("scores of a text list that was cut are scaled from its last hit", () => {
    const many = (count: number) =>
      list("text", Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, 200 - at])));
    const last = (count: number) => fuse({ dense: [], text: many(count) }, "scaled", { limit: 50 }).at(-1)!;
    // All 99 hits of fewer than were asked for; of 100, there may be more. The fused list holds the first 50 of both.
    expect(last(99).score).toBeCloseTo(0.7 * (0.01 + 0.99 * (151 / 200)), 6);
    expect(last(100).score).toBeCloseTo(0.7 * (0.01 + 0.99 * (50 / 99)), 6);
    // A store that gives no more than 99 hits was asked for 99.
    const lists = { dense: [], text: many(99) };
    const capped = fuse(lists, "scaled", { limit: 50, depth: 99 }).at(-1)!;
    expect(capped.score).toBeCloseTo(0.7 * (0.01 + 0.99 * (49 / 98)), 6);
  });
});

test("both lists are deep enough for a hit that is low on one of them", () => {
  expect([fusionDepth(5), fusionDepth(1000)]).toEqual([100, 2000]);
});
