import { expect, test } from "vitest";
import { meanInterval, pairedDifference } from "../../../src/pipeline/eval/bootstrap.ts";

test("the interval of a mean is that of the normal approximation, where there are many values", () => {
  const values = Array.from({ length: 400 }, (_, index) => Number(index % 4 === 0));
  const interval = meanInterval(values)!;
  // 0.25 ± 1.96 * sqrt(0.25 * 0.75 / 400)
  expect(interval.low).toBeCloseTo(0.2076, 2);
  expect(interval.high).toBeCloseTo(0.2924, 2);
});

test("the same values give the same interval, equal ones no width, none no interval", () => {
  const values = [0, 1, 0.5, 0.25, 1];
  expect(meanInterval(values)).toEqual(meanInterval([...values]));
  expect(meanInterval([0.3, 0.3, 0.3])!.low).toBeCloseTo(0.3, 12);
  expect(meanInterval([])).toBeNull();
});

test("a difference is that of the same questions", () => {
  const left = [0, 0.5, 1, 1];
  const right = [1, 0.5, 1, 0.5];
  expect(pairedDifference(left, right)).toMatchObject({ difference: 0.125, wins: 1, losses: 1, ties: 2 });
  const steady = pairedDifference(
    left,
    left.map((value) => value + 0.1),
  )!;
  expect(steady.interval.low).toBeCloseTo(0.1, 12);
  expect(steady.wins).toBe(4);
});
