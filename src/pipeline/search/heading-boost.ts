import { contentWords } from "../../text/content-words.ts";
import type { Stage } from "./stage.ts";

/**
 * How much a heading that holds every word of the question adds to a passage's BM25 score. Measured on 100 questions to
 * documentation (Anthropic's cookbook set): nDCG@10 0.749 without, 0.760 with 0.5, 0.777 with 1.2; a moderate value is
 * kept, as one set is not the world.
 */
const weight = 0.5;

const minimumCandidates = 50;

/**
 * Ranks passages anew by their headings: BM25 sees a heading as some words among many, but a heading is what its author
 * says that the passage is about. The score grows by up to half, by the share of the question's words in the heading.
 * It runs in text mode alone: the weight was measured on BM25 scores.
 */
export const headingBoost = {
  name: "boost",
  modes: ["text"],
  candidates: (topK: number) => Math.max(minimumCandidates, topK),
  run: (hits, { terms }) => {
    const words = [...new Set(contentWords(terms))];
    if (words.length === 0) return hits;
    const boosted = hits.map((hit) => {
      const heading = new Set(contentWords(hit.chunk.heading.at(-1) ?? hit.chunk.title));
      const shared = words.filter((word) => heading.has(word)).length;
      return { ...hit, score: hit.score * (1 + (weight * shared) / words.length) };
    });
    // The sort is stable: passages of equal score stay in the store's order.
    return boosted.sort((a, b) => b.score - a.score);
  },
} as const satisfies Stage;
