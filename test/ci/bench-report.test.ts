import { describe, expect, it } from "vitest";
import { type Figure, atMost } from "../bench/figure.ts";
import { compare, comparisonFigures } from "../bench/measure.ts";
import { markdownOf, reportOf, worsenings } from "../bench/report.ts";

const compared = { name: "rag x", command: 'rag x "a|b"', yardstick: "a script", yardstickCommand: "node script.mjs" };

/** Times that are given one after the other, the first of each to warm up. */
async function measured(ours: number[], theirs: number[]): Promise<Figure[]> {
  const [left, right] = [[...ours], [...theirs]];
  const comparison = await compare(
    ours.length - 1,
    () => left.shift()!,
    () => right.shift()!,
  );
  return comparisonFigures(comparison, compared, atMost(2));
}

const reported = (figures: Figure[]) =>
  reportOf(
    [
      { topic: "startup", figures },
      { topic: "peers", skipped: "not here" },
    ],
    "npm run bench",
    { tool: "1.2.3" },
  );

describe("a report of the benchmarks", () => {
  it("has medians, ranges, commands, versions, and what was not measured", async () => {
    const figures = await measured([1000, 30, 10, 20], [1000, 10, 10, 10]);
    expect(figures.map(({ value, range }) => [value, range])).toEqual([
      [20, { least: 10, greatest: 30, runs: 3 }],
      [10, { least: 10, greatest: 10, runs: 3 }],
      [2, { least: 1, greatest: 3, runs: 3 }],
    ]);
    const page = markdownOf(reported(figures));
    expect(page).toContain('| rag x | 20 ms | 10 to 30, 3 runs |  | `rag x "a\\|b"` |');
    expect(page).toContain("| rag x against a script | 2 × | 1 to 3, 3 runs | ✓ ≤ 2 × |  |");
    expect(page).toContain("tool 1.2.3");
    expect(page).toContain(`Node ${process.version}`);
    expect(page).toContain("- peers: not here");
  });

  it("is worse than an earlier one where a ratio is, whatever the machine", async () => {
    const before = reported(await measured([1, 20, 20, 20], [1, 10, 10, 10]));
    const slower = reported(await measured([1, 46, 46, 46], [1, 20, 20, 20]));
    const worse = reported(await measured([1, 23.1, 23.1, 23.1], [1, 10, 10, 10]));
    expect(worsenings(before, slower, 0.15)).toEqual([]);
    expect(worsenings(before, worse, 0.15)).toEqual([
      { topic: "startup", name: "rag x against a script", before: 2, now: expect.closeTo(2.31) },
    ]);
    expect(worsenings(before, worse, 0.2)).toEqual([]);
    expect(() => worsenings(before, reported([]), 0.15)).toThrow("was not measured again");
    expect(() => worsenings(reported([]), before, 0.15)).toThrow("no ratio");
  });
});
