import { searchModes } from "../../types.ts";
import type { Stage } from "./stage.ts";

/** Keeps the best `topK` hits, and of these the ones that reach the minimum score. */
export const cut = {
  name: "cut",
  modes: searchModes,
  run: (hits, { topK, minScore }) => hits.slice(0, topK).filter(({ score }) => minScore === null || score >= minScore),
} as const satisfies Stage;
