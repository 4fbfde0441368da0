import { UserError } from "../../errors.ts";
import { findCollection } from "../../pipeline/collections/collections.ts";
import { openQueryEmbedder } from "../../pipeline/embed/open-model.ts";
import { holdsWord } from "../../pipeline/search/query/mistyped.ts";
import type { Reranking } from "../../pipeline/search/rerank/reranking.ts";
import { type SearchQuery, search } from "../../pipeline/search/search.ts";
import type { Filter, Hit, SearchMode, WordFrequencies } from "../../types.ts";
import type { RerankFlag } from "../arguments/flags.ts";
import { refuseUnknownFormats } from "../arguments/filters.ts";
import type { CommandContext } from "../context.ts";
import type { Runtime } from "../runtime.ts";
import { targetOf, unfinishedIngest } from "../unfinished-ingest.ts";

/** What one search may say beside its query; `filters` hold in addition to those that everything was opened with. */
export type SearchOptions = Partial<Pick<SearchQuery, "expand" | "syntax" | "filters" | "isHeldElsewhere">>;

/** What search and ask do to find passages, with everything opened. */
export interface Retrieval {
  collection: string;
  search(query: string, options?: SearchOptions): Promise<{ mode: SearchMode; hits: Hit[] }>;
  /** Whether any passage has a word, in any of its forms. */
  holdsWord(word: string): Promise<boolean>;
  /** How rare the words of a text are in the collection; `null` where the store does not tell. */
  wordFrequencies(text: string): Promise<WordFrequencies | null>;
}

/**
 * Opens the collection and, unless only text is searched, the model that made its vectors. Throws `UserError` where
 * the collection does not exist, cannot serve the mode, or cannot hold what a filter asks for. `topK`: the configured number
 * where it is not set.
 */
export async function openRetrieval(
  runtime: Runtime,
  request: { filters: Filter[]; minScore: number | null; topK?: number; rerank?: RerankFlag | undefined },
  context: CommandContext,
): Promise<Retrieval> {
  const { config, store, loaders, openModel } = runtime;
  const { output, signal } = context;
  const { fusion, mode = null } = config.search;
  const { filters, minScore, topK = config.search.topK } = request;
  const started = performance.now();
  const opened = await store("looking");
  const collection = await findCollection(opened, config.collection);
  const target = targetOf(opened, collection.name, runtime.environment.projectRoot);
  const unfinished = await unfinishedIngest(target, context);
  if (unfinished !== null) output.notice(unfinished);
  // Which filters a foreign collection can serve is known to its store alone.
  if (!collection.foreign) await refuseUnknownFormats(filters, async () => (await loaders()).formats);
  const wanted = { configured: config.embedding, mode };
  const { embedQuery, notice } = await openQueryEmbedder(collection, wanted, openModel, signal);
  if (notice !== null) output.notice(notice);
  const reranking = await openReranking(runtime, context, request.rerank);
  output.stage("open", performance.now() - started, `collection ${collection.name}`);

  return {
    collection: collection.name,
    holdsWord: (word) => holdsWord(collection, word),
    wordFrequencies: (text) => collection.wordFrequencies(text),
    search: async (query, { filters: added = [], ...options } = {}) => {
      if (!collection.foreign) await refuseUnknownFormats(added, async () => (await loaders()).formats);
      const started = performance.now();
      const onStage = (name: string, durationMs: number, hits: number) =>
        output.stage(name, durationMs, `${hits} hits`);
      const onNotice = (text: string) => output.notice(text);
      const found = await search(
        { collection, embedQuery, reranking },
        { query, mode, fusion, topK, filters: [...filters, ...added], minScore, ...options, onStage, onNotice },
      );
      if (found.hits.length === 0 && filters.length > 0) {
        const { unknownFields } = await import("../arguments/unknown-fields.ts");
        for (const line of await unknownFields(filters, collection)) output.notice(line);
      }
      output.stage("search", performance.now() - started, `${found.mode}, ${found.hits.length} hits`);
      return found;
    },
  };
}

/**
 * The configured reranker with its limits; `null` where none is. Throws `UserError` where `--rerank` names none and the
 * configuration does not either, and what the reranker is refused with.
 */
export async function openReranking(
  { config, reranker }: Pick<Runtime, "config" | "reranker">,
  { output, signal }: CommandContext,
  flag?: RerankFlag,
): Promise<Reranking | null> {
  const opened = await reranker();
  if (opened === null && flag === true) {
    throw new UserError("reranker-not-set", "--rerank names no reranker, and search.rerank is not set", {
      hint: "name one, e.g. --rerank jina, --rerank local/Xenova/ms-marco-MiniLM-L-6-v2, or --rerank llm",
    });
  }
  if (opened === null) return null;
  const { rerankCandidates: candidates, rerankTimeoutMs: timeoutMs } = config.search;
  return { reranker: opened, candidates, timeoutMs, signal, onFailure: (message) => output.warn(message) };
}
