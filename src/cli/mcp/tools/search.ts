import { withUrls } from "../../../pipeline/links/with-urls.ts";
import type { Extent } from "../../../pipeline/passages/surroundings.ts";
import type { Hit, SearchMode } from "../../../types.ts";
import { collectionPatterns } from "../../arguments/collection-patterns.ts";
import { parseFilter } from "../../arguments/filters.ts";
import { openRetrieval } from "../../commands/retrieval.ts";
import { openRetrievals } from "../../commands/several-collections.ts";
import { locationOf } from "../../render/location.ts";
import { type Runtime, linkOptions } from "../../runtime.ts";
import type { CapturedContext } from "../captured.ts";
import { linksTo, resourceUri } from "../links.ts";
import type { ToolAnswer } from "../results.ts";

export interface SearchArguments {
  query: string;
  collection?: string | undefined;
  filters?: string[] | undefined;
  topK?: number | undefined;
  mode?: SearchMode | undefined;
  expand?: Extent | undefined;
}

/** The tool `search`. Throws as `rag search` does. */
export async function searchTool(
  { query, filters = [], expand, ...given }: SearchArguments,
  runtime: Runtime,
  context: CapturedContext,
): Promise<ToolAnswer> {
  const several = collectionPatterns(given.collection);
  const wanted = withArguments(runtime, several === null ? given : { ...given, collection: undefined });
  const minScore = wanted.config.search.minScore ?? null;
  const request = { filters: filters.map(parseFilter), minScore };
  const retrieval = await (several === null
    ? openRetrieval(wanted, request, context)
    : openRetrievals(wanted, several, request, context));
  const { collection } = retrieval;
  const { mode, hits: unlinked } = await retrieval.search(query, expand === undefined ? {} : { expand });
  const { hits } = await withUrls({ hits: unlinked }, linkOptions(wanted));
  const found = hits.map((hit) => ({
    rank: hit.rank,
    score: hit.score,
    id: hit.id,
    collection: hit.collection ?? collection,
    source: hit.source,
    uri: resourceUri(hit.collection ?? collection, hit),
    url: hit.url ?? null,
    title: hit.title,
    heading: hit.heading,
    headings: hit.headings,
    page: hit.page,
    startLine: hit.startLine,
    endLine: hit.endLine,
    text: hit.text,
    before: hit.before ?? null,
    after: hit.after ?? null,
    metadata: hit.metadata,
  }));
  return {
    text: hits.length === 0 ? `nothing found in collection ${collection}` : hits.map(describeHit).join("\n\n"),
    links: linksTo(collection, hits),
    structured: { query, collection, mode, hits: found },
    notices: context.notices,
  };
}

/** The runtime with what a call names in the place of what is configured. */
function withArguments(
  runtime: Runtime,
  { collection, topK, mode }: Pick<SearchArguments, "collection" | "topK" | "mode">,
): Runtime {
  const { config } = runtime;
  return {
    ...runtime,
    config: {
      ...config,
      ...(collection === undefined ? {} : { collection }),
      search: { ...config.search, ...(topK === undefined ? {} : { topK }), ...(mode === undefined ? {} : { mode }) },
    },
  };
}

function describeHit(hit: Hit): string {
  const heading = hit.heading.join(" › ") || hit.title;
  const text = [hit.before, hit.text, hit.after].flatMap((part) => (part ? [part.trim()] : [])).join("\n\n");
  const from = hit.collection === undefined ? "" : `${hit.collection}: `;
  return `[${hit.rank}] ${from}${locationOf(hit)}${heading === "" ? "" : ` (${heading})`}\n${text}`;
}
