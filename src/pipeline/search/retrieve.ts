import { searchModes } from "../../types.ts";
import type { Stage } from "./stage.ts";

/** Asks the store for candidates; the question is embedded for it unless only text is searched. */
export const retrieve = {
  name: "retrieve",
  modes: searchModes,
  run: async (_, { collection, embedQuery, text, mode, fusion, candidates, filters }) => {
    const vector = mode === "text" || embedQuery === null ? null : await embedQuery(text);
    return collection.search({ mode, fusion, text, vector, limit: candidates, filters });
  },
} as const satisfies Stage;
