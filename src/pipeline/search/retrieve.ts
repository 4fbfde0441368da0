import type { ScoredChunk } from "../../stores/types.ts";
import { searchModes } from "../../types.ts";
import type { Stage } from "./stage.ts";

/** The most hits that are looked through for those that hold a phrase, or do not hold a word. */
const deepest = 16_384;
/** How many times as deep each further look goes. */
const deeper = 8;

/**
 * Asks the store for candidates; the question is embedded for it unless only text is searched. Where the query has
 * phrases or exclusions, the store is asked for more until enough of its hits meet them, or it has no more.
 */
export const retrieve = {
  name: "retrieve",
  modes: searchModes,
  run: async (_, { collection, embedQuery, text, mode, fusion, candidates, filters, meets }) => {
    const vector = mode === "text" || embedQuery === null ? null : await embedQuery(text);
    const ask = (limit: number) => collection.search({ mode, fusion, text, vector, limit, filters });
    if (meets === null) return ask(candidates);
    for (let limit = candidates; ; limit = Math.min(deepest, limit * deeper)) {
      const hits: ScoredChunk[] = await ask(limit);
      const meeting = hits.filter(meets);
      const isAll = hits.length < limit || limit >= deepest;
      if (meeting.length >= candidates || isAll) return meeting.slice(0, candidates);
    }
  },
} as const satisfies Stage;
