import { expect, it } from "vitest";
import { createEstimate } from "../../../../src/cli/render/terminal/estimate.ts";

it("says nothing in a run of three seconds, however slowly it begins", () => {
  const left = createEstimate();
  for (let ms = 100; ms <= 3000; ms += 100) expect(left(ms, ms < 1000 ? 10 : ms * 10, 30_000)).toBeNull();
});

it("does not count what comes before the first result, as a model that loads", () => {
  const left = createEstimate();
  for (let ms = 60_000; ms < 64_000; ms += 100) expect(left(ms, ms - 59_900, 100_000)).toBeNull();
  expect(left(65_000, 5100, 100_000)).toBeCloseTo(94_900, -2);
});

it("follows the rate of the last ten seconds", () => {
  const left = createEstimate();
  for (let ms = 0; ms <= 20_000; ms += 100) left(ms, 1 + ms, 100_000);
  for (let ms = 20_100; ms <= 40_000; ms += 100) left(ms, 20_001 + (ms - 20_000) * 1.5, 100_000);
  expect(left(40_100, 50_151, 100_000)).toBeCloseTo(49_849 / 1.5, -2);
});

it("says nothing while the rate jumps, stands still, or all is done", () => {
  const left = createEstimate();
  for (let ms = 0; ms <= 10_000; ms += 100) left(ms, 1 + ms, 100_000);
  expect(left(10_100, 60_000, 100_000)).toBeNull();
  expect(left(10_200, 100_000, 100_000)).toBeNull();
  const still = createEstimate();
  for (let ms = 0; ms <= 9_000; ms += 100) expect(still(ms, 5, 100)).toBeNull();
});
