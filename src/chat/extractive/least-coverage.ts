import type { AskedQuestion } from "./asked-question.ts";

/** The share for a question to a small collection, and to a large one at most. */
const share = { least: 0.265, most: 0.45 };
/** What each doubling of the collection adds, once it is larger than so many chunks. */
const growth = { share: 0.08, chunks: 1_000 };
/** What a question of fewer words adds: in proportion to what one of its words is more than one of so many. */
const brevity = { share: 0.2, words: 5 };

/**
 * The share of a question, weighted by the rarity of its words in the collection, that some sentence and what stands
 * around it must cover; with less, the documents do not answer. The more chunks there are, the more of a question stands
 * together somewhere by chance; and of a short question, whose every word matters, more has to be there than of one that
 * tells a story. The figures were chosen on XQuAD in six languages with every second article left out, and on
 * documentation with questions to it and to other things; see docs/decisions/2026-11-21-quotes-and-refusals.md.
 */
export function leastCoverage({ words, chunks }: Pick<AskedQuestion, "words" | "chunks">): number {
  const bySize = share.least + growth.share * Math.log2(1 + chunks / growth.chunks);
  return Math.min(share.most, bySize) + brevity.share * Math.max(0, 1 / Math.max(1, words.length) - 1 / brevity.words);
}
