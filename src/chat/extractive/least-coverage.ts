import type { AskedQuestion } from "./asked-question.ts";

/** The share for a question to a small collection. */
const leastShare = 0.275;
/** What each doubling adds of a collection of more chunks than this, as far as so many doublings. */
const growth = { chunks: 1_000, share: 0.08, doublings: 2.2 };
/** What each doubling adds for a question of fewer words: in proportion to what one of its words is more than one of so many. */
const brevity = { words: 5, share: 0.1 };

/**
 * The share of a question, weighted by the rarity of its words in the collection, that some sentence and what stands
 * around it must cover; with less, the documents do not answer. The more chunks there are, the more of a question stands
 * together somewhere by chance, most of a short one. The figures were chosen on XQuAD in six languages with every second
 * article left out, and on documentation with questions to it and to other things; see
 * docs/decisions/2026-11-21-quotes-and-refusals.md.
 */
export function leastCoverage({ words, chunks }: Pick<AskedQuestion, "words" | "chunks">): number {
  const doublings = Math.min(growth.doublings, Math.log2(1 + chunks / growth.chunks));
  const shortness = Math.max(0, 1 / Math.max(1, words.length) - 1 / brevity.words);
  return leastShare + doublings * (growth.share + brevity.share * shortness);
}
