import { findCollection } from "../../pipeline/collections/collections.ts";
import { openQueryEmbedder } from "../../pipeline/embed/open-model.ts";
import { type SearchQuery, search } from "../../pipeline/search/search.ts";
import type { Filter, Hit, SearchMode } from "../../types.ts";
import { refuseUnknownFormats } from "../arguments/filters.ts";
import type { CommandContext } from "../context.ts";
import type { Runtime } from "../runtime.ts";

/** What search and ask do to find passages, with everything opened. */
export interface Retrieval {
  collection: string;
  search(query: string, options?: Pick<SearchQuery, "expand">): Promise<{ mode: SearchMode; hits: Hit[] }>;
}

/**
 * Opens the collection and, unless only text is searched, the model that made its vectors. Throws `UserError` where
 * the collection does not exist, cannot serve the mode, or cannot hold what a filter asks for.
 */
export async function openRetrieval(
  { config, store, loaders, openModel }: Runtime,
  request: { filters: Filter[]; minScore: number | null },
  { output, signal }: CommandContext,
): Promise<Retrieval> {
  const { topK, fusion, mode = null } = config.search;
  const started = performance.now();
  const collection = await findCollection(await store("looking"), config.collection);
  // Which filters a foreign collection can serve is known to its store alone.
  if (!collection.foreign) await refuseUnknownFormats(request.filters, async () => (await loaders()).formats);
  const wanted = { configured: config.embedding, mode };
  const { embedQuery, notice } = await openQueryEmbedder(collection, wanted, openModel, signal);
  if (notice !== null) output.notice(notice);
  output.stage("open", performance.now() - started, `collection ${collection.name}`);

  return {
    collection: collection.name,
    search: async (query, options = {}) => {
      const started = performance.now();
      const onStage = (name: string, durationMs: number, hits: number) =>
        output.stage(name, durationMs, `${hits} hits`);
      const found = await search(
        { collection, embedQuery },
        { query, mode, fusion, topK, ...request, ...options, onStage },
      );
      output.stage("search", performance.now() - started, `${found.mode}, ${found.hits.length} hits`);
      return found;
    },
  };
}
