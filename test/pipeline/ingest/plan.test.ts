import { describe, expect, it } from "vitest";
import { overBudget, planOf, refuseUnknownPrice } from "../../../src/pipeline/ingest/plan.ts";

const document = (source: string, format: string, tokens: number, chunks = 1) => ({ source, format, tokens, chunks });

describe("planOf", () => {
  const documents = [
    document("readme.md", "markdown", 10),
    document("docs/a.md", "markdown", 100, 2),
    document("docs/deep/b.pdf", "pdf", 1000, 9),
    document("../other/c.md", "markdown", 5),
    document("https://example.com/d", "html", 7),
  ];

  it("sums up by format and by the first folder, the largest first", () => {
    const plan = planOf(documents, 0.5);
    expect(plan).toMatchObject({ documents: 5, chunks: 14, tokens: 1122, cost: 0.000561 });
    expect(plan.byFormat).toEqual([
      { format: "pdf", documents: 1, chunks: 9, tokens: 1000, cost: 0.0005 },
      { format: "markdown", documents: 3, chunks: 4, tokens: 115, cost: (115 / 1e6) * 0.5 },
      { format: "html", documents: 1, chunks: 1, tokens: 7, cost: (7 / 1e6) * 0.5 },
    ]);
    expect(plan.byFolder.map(({ folder, tokens }) => [folder, tokens])).toEqual([
      ["docs", 1100],
      [".", 10],
      ["example.com", 7],
      ["../other", 5],
    ]);
  });

  it("names the ten largest documents, and knows no cost without a price", () => {
    const plan = planOf(
      Array.from({ length: 12 }, (_, index) => document(`${index}.md`, "markdown", index)),
      null,
    );
    expect(plan.largest.map(({ tokens }) => tokens)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    expect([plan.cost, plan.byFormat[0]?.cost, plan.largest[0]?.cost]).toEqual([null, null, null]);
    expect(planOf([], null)).toMatchObject({ byFormat: [], byFolder: [], largest: [], tokens: 0 });
  });
});

describe("a budget", () => {
  const plan = planOf([document("a.md", "markdown", 2_000_000)], 0.02);

  it("refuses what takes more of either", () => {
    expect(overBudget(plan, { maxTokens: 1_999_999 })).toMatchObject({ code: "over-budget", exitCode: 2 });
    expect(overBudget(plan, { maxCost: 0.03 })?.message).toContain("about $0.040, more than --max-cost 0.03");
    expect(overBudget(plan, { maxTokens: 2_000_000, maxCost: 0.04 })).toBeNull();
    expect(overBudget(plan, {})).toBeNull();
  });

  it("needs a price where a cost is limited, and only there", () => {
    expect(() => refuseUnknownPrice("jina/x", null, { maxCost: 1 })).toThrow("jina/x is not known");
    expect(() => refuseUnknownPrice("jina/x", 0, { maxCost: 1 })).not.toThrow();
    expect(() => refuseUnknownPrice("jina/x", null, { maxTokens: 1 })).not.toThrow();
    expect(() => refuseUnknownPrice(null, null, { maxCost: 1 })).not.toThrow();
  });
});
