import { ExitCode, UserError } from "../../errors.ts";
import type { ReadableCollection, ScoredChunk } from "../../stores/types.ts";
import type { Filter, Hit, SearchMode } from "../../types.ts";
import { searchTerms } from "../../text/search-terms.ts";
import { boostByHeading } from "./heading-boost.ts";

const candidates = 50;

export interface SearchParts {
  collection: ReadableCollection;
  /** Turns a question into a vector of the collection's model; `null` where that model cannot be used. */
  embedQuery: ((text: string) => Promise<Float32Array>) | null;
}

export interface SearchQuery {
  query: string;
  /** `null`: the best mode that the collection and the configured model can serve. */
  mode: SearchMode | null;
  topK: number;
  filters: Filter[];
  /** Hits that score lower are left out; `null` keeps all. */
  minScore: number | null;
}

/**
 * The passages that answer a query best, the best first. Throws `UserError` where the query is empty or the mode cannot
 * be served.
 */
export async function search(parts: SearchParts, request: SearchQuery): Promise<{ mode: SearchMode; hits: Hit[] }> {
  const text = request.query.toWellFormed().trim();
  if (text === "") {
    throw new UserError("empty-query", "the query is empty", {
      hint: 'say what to look for: rag search "How is data stored?"',
    });
  }
  const mode = request.mode ?? bestMode(parts);
  const terms = searchTerms(text);
  const found =
    mode === "text"
      ? await searchText(parts.collection, terms, request)
      : await parts.collection.search({
          mode,
          text: terms,
          vector: await embed(parts, mode, text),
          limit: request.topK,
          filters: request.filters,
        });
  const { minScore } = request;
  const hits = found
    .filter((hit) => minScore === null || hit.score >= minScore)
    .map(({ chunk, score, scores }, index): Hit => {
      const { id, source, title, heading, page, startLine, endLine, text, metadata } = chunk;
      return { rank: index + 1, score, scores, id, source, title, heading, page, startLine, endLine, text, metadata };
    });
  return { mode, hits };
}

/** The passages are ranked anew by their headings, so more are asked for than are wanted. */
async function searchText(
  collection: ReadableCollection,
  terms: string,
  { topK, filters }: SearchQuery,
): Promise<ScoredChunk[]> {
  const limit = Math.max(candidates, 2 * topK);
  const found = await collection.search({ mode: "text", text: terms, vector: null, limit, filters });
  return boostByHeading(found, terms).slice(0, topK);
}

function bestMode({ collection, embedQuery }: SearchParts): SearchMode {
  const mode = collection.modes.find((mode) => mode === "text" || embedQuery !== null);
  if (mode !== undefined) return mode;
  throw noModel(collection.name);
}

function noModel(name: string): UserError {
  return new UserError(
    "no-mode",
    `the vectors of collection "${name}" can only be searched with the embedding model that made them, and none is configured`,
    {
      hint: "configure embedding.provider and embedding.model, or pass --embedding provider/model",
    },
  );
}

async function embed({ collection, embedQuery }: SearchParts, mode: SearchMode, text: string): Promise<Float32Array> {
  if (collection.manifest.embedding === null) {
    throw new UserError(
      "no-vectors",
      `collection "${collection.name}" has no vectors, which the search mode ${mode} needs`,
      {
        hint: "search with --mode text, or configure an embedding model and run rag ingest --recreate",
      },
    );
  }
  if (collection.manifest.embedding.dimensions === null) {
    throw new UserError(
      "foreign-fields",
      `of the fields of collection "${collection.name}", none is known to hold the vectors`,
      {
        hint: "set `milvus.fields.vector` to the one that was made with the configured model",
      },
    );
  }
  if (embedQuery === null && collection.foreign !== undefined) throw noModel(collection.name);
  if (embedQuery === null) {
    const { provider, model } = collection.manifest.embedding;
    throw new UserError(
      "no-embedding-model",
      `the search mode ${mode} needs the collection's model ${provider}/${model}, which cannot be used`,
      {
        hint: "set the provider's key, or search with --mode text",
        exitCode: ExitCode.usage,
      },
    );
  }
  return embedQuery(text);
}
