import type { Hit, WordFrequencies } from "../../types.ts";

/** What one collection found, the best first. */
export interface CollectionHits {
  collection: string;
  /** Above 0: how much its ranks count. */
  boost: number;
  hits: readonly Hit[];
}

/** The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009). */
const rankConstant = 60;

/**
 * One list of the hits of several collections, the best first, by their ranks: BM25 scores and similarities of different
 * collections and models do not compare. A hit's score becomes `boost × (60 + 1) / (60 + rank)`, over the largest boost,
 * so that it is above 0 and at most 1; hits of one score stay in the order of the collections.
 */
export function fuseCollections(lists: readonly CollectionHits[], topK: number): Hit[] {
  const largest = Math.max(...lists.map(({ boost }) => boost));
  const scored = lists.flatMap(({ collection, boost, hits }) =>
    hits.map((hit, index) => ({
      ...hit,
      collection,
      score: ((boost / largest) * (rankConstant + 1)) / (rankConstant + index + 1),
    })),
  );
  // The sort is stable.
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, topK)
    .map((hit, index) => ({ ...hit, rank: index + 1 }));
}

/**
 * How rare words are in several collections together; `null` where one of them does not tell. The words are those of the
 * collection that names the fewest: a collection in another language than the question takes its stop words for subjects.
 */
export function joinFrequencies(all: readonly (WordFrequencies | null)[]): WordFrequencies | null {
  const known = all.filter((one) => one !== null);
  // The sort is stable: of equal lists, the first collection's counts.
  const [fewest] = [...known].sort((a, b) => a.words.length - b.words.length);
  if (fewest === undefined || known.length < all.length) return null;
  return {
    chunks: known.reduce((sum, { chunks }) => sum + chunks, 0),
    languages: [...new Set(known.flatMap(({ languages }) => languages))],
    words: fewest.words.map((word) => {
      const everywhere = known.flatMap(({ words }) => words.filter((one) => one.word === word.word));
      return {
        ...word,
        terms: [...new Set(everywhere.flatMap(({ terms }) => terms))],
        chunks: everywhere.reduce((sum, { chunks }) => sum + chunks, 0),
      };
    }),
  };
}
