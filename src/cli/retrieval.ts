import { type Filter, type Hit, type SearchMode } from "../types.ts";
import type { CommandContext } from "./context.ts";
import { refuseUnknownFormats } from "./arguments/filters.ts";
import type { Runtime } from "./runtime.ts";

/** What search and ask do to find passages, with everything opened. */
export interface Retrieval {
  collection: string;
  search(query: string): Promise<{ mode: SearchMode; hits: Hit[] }>;
}

/**
 * Opens the collection and, unless only text is searched, the model that made its vectors. Throws `UserError` where
 * the collection does not exist, cannot serve the mode, or cannot hold what a filter asks for.
 */
export async function openRetrieval(
  runtime: Runtime,
  request: { filters: Filter[]; minScore: number | null },
  context: CommandContext,
): Promise<Retrieval> {
  const { topK, mode = null } = runtime.config.search;
  const started = performance.now();
  const collection = await runtime.collection();
  // Of what another program made, the store says which filters it has something for.
  if (!collection.foreign) await refuseUnknownFormats(request.filters, async () => (await runtime.loaders()).formats);
  const embedQuery = mode === "text" ? null : await runtime.queryEmbedder(collection);
  if (collection.manifest.embedding === null && runtime.config.embedding.provider !== undefined && mode === null) {
    const remedy = collection.foreign === undefined ? "; make them with: rag ingest --recreate" : "";
    context.output.notice(`collection ${collection.name} has no vectors; searching by text${remedy}`);
  }
  context.output.stage("open", performance.now() - started, `collection ${collection.name}`);

  const { search } = await import("../pipeline/search/search.ts");
  return {
    collection: collection.name,
    search: async (query) => {
      const started = performance.now();
      const found = await search({ collection, embedQuery }, { query, mode, topK, ...request });
      context.output.stage("search", performance.now() - started, `${found.mode}, ${found.hits.length} hits`);
      return found;
    },
  };
}
