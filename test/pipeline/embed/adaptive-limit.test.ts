import { describe, expect, it } from "vitest";

import { createAdaptiveLimit } from "../../../src/pipeline/embed/adaptive-limit.ts";
import type { AdaptiveLimit } from "../../../src/pipeline/embed/adaptive-limit.ts";

/** Begins as many requests as may begin now. */
function fill(limit: AdaptiveLimit): number[] {
  const tickets: number[] = [];
  while (limit.wait() === 0) tickets.push(limit.begin());
  return tickets;
}

function end(limit: AdaptiveLimit, tickets: number[], result: "succeeded" | "throttled" | "failed"): void {
  for (const ticket of tickets) limit.end(ticket, result);
}

describe("createAdaptiveLimit", () => {
  it("lets as many requests begin as it was made for", () => {
    const limit = createAdaptiveLimit(8);
    expect(fill(limit)).toHaveLength(8);
    expect(limit.wait()).toBeNull();
  });

  it("halves once for all that were refused together, and brings back one place a success", () => {
    const limit = createAdaptiveLimit(8);
    end(limit, fill(limit), "throttled");
    const half = fill(limit);
    expect(half).toHaveLength(4);
    end(limit, half.splice(0, 1), "succeeded");
    end(limit, half, "failed");
    expect(fill(limit)).toHaveLength(5);
  });

  it("never stops, however often it is refused, and comes back to its maximum and no further", () => {
    const limit = createAdaptiveLimit(4);
    for (let round = 0; round < 10; round++) end(limit, fill(limit), "throttled");
    const last = fill(limit);
    expect(last).toHaveLength(1);
    end(limit, last, "succeeded");
    for (let round = 0; round < 10; round++) end(limit, fill(limit), "succeeded");
    expect(fill(limit)).toHaveLength(4);
  });

  it("lets nothing begin during a pause", () => {
    const limit = createAdaptiveLimit(2);
    limit.pause(60_000);
    limit.pause(10);
    expect(limit.wait()).toBeGreaterThan(50_000);
  });
});
