import { globMatches, parseGlob } from "../../../filters/glob.ts";
import { findCollection, listCollections } from "../../../pipeline/collections/collections.ts";
import { compareCodePoints } from "../../../util/compare-code-points.ts";
import type { Runtime } from "../../runtime.ts";
import type { ToolAnswer } from "../results.ts";

/** Sources in one answer where the call does not say. */
const usualLimit = 200;

/** The tool `list_collections`. */
export async function listCollectionsTool({ config, store }: Runtime): Promise<ToolAnswer> {
  const opened = await store("looking");
  const { collections, unreadable } = await listCollections(opened);
  const { kind, location } = opened;
  const listed = collections.map(({ collection: { name, modes }, overview: { documents, chunks, updatedAt } }) => ({
    name,
    isConfigured: name === config.collection,
    documents,
    chunks,
    modes: [...modes],
    updatedAt,
  }));
  const lines = listed.map(
    ({ name, documents, chunks, isConfigured }) =>
      `${name}: ${documents ?? "?"} documents, ${chunks ?? "?"} passages${isConfigured ? " (the configured one)" : ""}`,
  );
  return {
    text: lines.length === 0 ? `no collections in ${location}; make one with: rag ingest <paths...>` : lines.join("\n"),
    structured: { store: { kind, location }, collections: listed },
    notices: unreadable.map(({ name, error }) => `collection ${name} cannot be read: ${error.message}`),
  };
}

export interface ListSourcesArguments {
  collection?: string | undefined;
  pattern?: string | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
}

/** The tool `list_sources`. Throws `UserError` `collection-not-found`. */
export async function listSourcesTool(
  { collection, pattern = "*", limit = usualLimit, offset = 0 }: ListSourcesArguments,
  { config, store }: Runtime,
): Promise<ToolAnswer> {
  const name = collection ?? config.collection;
  const glob = parseGlob(pattern);
  const documents = await (await findCollection(await store("looking"), name)).documents();
  const matching = documents
    .filter(({ source }) => globMatches(glob, source))
    .sort((a, b) => compareCodePoints(a.source, b.source));
  const sources = matching.slice(offset, offset + limit).map(({ source, title, docChunks, updatedAt }) => ({
    source,
    title,
    chunks: docChunks,
    updatedAt: updatedAt === null ? null : new Date(updatedAt).toISOString(),
  }));
  const rest = matching.length - offset - sources.length;
  const lines = sources.map(({ source, title }) => (title === "" ? source : `${source}: ${title}`));
  return {
    text: lines.length === 0 ? `no source of collection ${name} matches ${pattern}` : lines.join("\n"),
    structured: { collection: name, total: matching.length, sources },
    notices: rest > 0 ? [`${rest} more: give an offset of ${offset + sources.length}, or a pattern`] : [],
  };
}
