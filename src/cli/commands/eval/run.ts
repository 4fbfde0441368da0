import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { folderAddress } from "../../../addresses/store-address.ts";
import type { Override } from "../../../config/load.ts";
import { UserError } from "../../../errors.ts";
import { ask as askQuestion } from "../../../pipeline/ask/ask.ts";
import { passagesToFind } from "../../../pipeline/ask/context.ts";
import { defaultPrompt, parsePrompt } from "../../../pipeline/ask/prompt.ts";
import { findCollection } from "../../../pipeline/collections/collections.ts";
import { modeForSearch } from "../../../pipeline/embed/model-choice.ts";
import { type QueryEmbedder, openQueryEmbedder } from "../../../pipeline/embed/open-model.ts";
import type { CorpusDocument, EvalSet } from "../../../pipeline/eval/beir-set.ts";
import { corpusChunking, writeCorpus } from "../../../pipeline/eval/corpus-collection.ts";
import { type EvalParts, type Evaluation, evalDepth, evaluate } from "../../../pipeline/eval/evaluate.ts";
import { ingestIntoCollection } from "../../../pipeline/ingest/collection.ts";
import { type SearchParts, search } from "../../../pipeline/search/search.ts";
import type { ReadableCollection } from "../../../stores/types.ts";
import type { SearchMode } from "../../../types.ts";
import type { RerankFlag } from "../../arguments/flags.ts";
import { openReranking } from "../retrieval.ts";
import { readPromptFile } from "../../arguments/prompt-file.ts";
import type { CommandContext } from "../../context.ts";
import { describeEval, describeIngest, showProgress } from "../../render/progress.ts";
import type { Runtime } from "../../runtime.ts";
import { toolVersion } from "../../version.ts";

/** What is measured. */
export interface EvalRun {
  /** Not set: the mode that a search would use. */
  modes?: SearchMode[];
  /** Cut-off of recall and precision; as many passages as a search finds where it is not set. */
  topK?: number;
  /** Answer the questions too. */
  answers?: boolean;
  rerank?: RerankFlag;
}

/** A collection that is evaluated. */
interface Evaluated {
  collection: ReadableCollection;
  /** `null` for one made for the evaluation. */
  name: string | null;
  documents: number;
  /** Removes what was made. */
  remove(): Promise<void>;
}

/** Settings of a collection that is made of a corpus, above those configured. */
export const corpusOverrides: Override[] = [
  { path: "chunking.strategy", value: corpusChunking.strategy, origin: "the corpus" },
  { path: "chunking.maxChars", value: corpusChunking.maxChars, origin: "the corpus" },
  { path: "chunking.overlapChars", value: 0, origin: "the corpus" },
];

/** The configured collection or, where a corpus is given, one made of it in a folder of its own. */
export async function openEvaluated(
  runtime: Runtime,
  corpus: EvalSet["corpus"],
  context: CommandContext,
): Promise<Evaluated> {
  if (corpus !== null) return openCorpus(runtime, await corpus(), context);
  const collection = await findCollection(await runtime.store("looking"), runtime.config.collection);
  const { length } = await collection.documents();
  return { collection, name: collection.name, documents: length, remove: async () => {} };
}

const corpusName = "corpus";

async function openCorpus(
  runtime: Runtime,
  corpus: readonly CorpusDocument[],
  { output, signal }: CommandContext,
): Promise<Evaluated> {
  const folder = await mkdtemp(path.join(tmpdir(), "rag-eval-"));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const progress = await showProgress(output, describeIngest);
  try {
    const { config, openModel, chunker, vectorCache } = runtime;
    const uri = folderAddress(path.join(folder, "store"));
    const store = await runtime.otherStore({ ...config, milvus: { ...config.milvus, uri } });
    const { discovery, loaderFor } = await writeCorpus(corpus, path.join(folder, "corpus"));
    const { result } = await ingestIntoCollection(
      { store, openModel, chunker: await chunker(), loaderFor },
      {
        name: corpusName,
        recreate: false,
        chunking: config.chunking,
        embedding: config.embedding,
        vectorCache,
        metric: config.metric,
        toolVersion: toolVersion(),
        discovery,
        metadata: {},
        prune: "never",
        dryRun: false,
        failFast: true,
        maxFileBytes: Number.MAX_SAFE_INTEGER,
        signal,
        onProgress: progress.update,
        onOtherChunking: () => {},
        project: { name: null, aliases: [], isNamed: false, root: folder, isStoreShared: false },
        waitMs: 0,
        onWait: () => {},
      },
    );
    const collection = await store.open(corpusName);
    if (collection === null) throw new UserError("invalid-set", "the corpus of the set holds no text");
    return { collection, name: null, documents: result.documents.added, remove };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    progress.stop();
  }
}

/** Asks every question in every mode; what they share is opened once. */
export async function runEvaluation(
  collection: ReadableCollection,
  questions: EvalSet["questions"],
  runtime: Runtime,
  asked: EvalRun,
  context: CommandContext,
): Promise<Evaluation> {
  const { output, signal } = context;
  const { config } = runtime;
  const configured = config.search.mode ?? null;
  // A model is opened for the mode that needs it most; without `--modes`, as a search would.
  const wanted = asked.modes === undefined ? configured : (asked.modes.find((mode) => mode !== "text") ?? "text");
  const { embedQuery, notice } = await openQueryEmbedder(
    collection,
    { configured: config.embedding, mode: wanted },
    runtime.openModel,
    signal,
  );
  if (notice !== null) output.notice(notice);
  const modes = asked.modes ?? [modeForSearch(collection, configured, embedQuery !== null)];
  const reranking = await openReranking(runtime, context, asked.rerank);
  const parts = { collection, embedQuery: embedQuery === null ? null : remembering(embedQuery), reranking };
  const { fusion } = config.search;
  const k = asked.topK ?? config.search.topK;
  const find: EvalParts["search"] = async (query, mode) =>
    (await search(parts, { query, mode, fusion, topK: evalDepth(k), filters: [], minScore: null })).hits;
  const ask = asked.answers ? await openAsk(parts, runtime, signal) : null;
  const progress = await showProgress(output, describeEval);
  try {
    return await evaluate(
      { collection, search: find, ask },
      {
        questions,
        modes,
        k,
        signal,
        onProgress: (done, total) => progress.update({ stage: "evaluating", done, total }),
      },
    );
  } finally {
    progress.stop();
  }
}

/** Embeds a question once, in however many modes it is asked. */
function remembering(embedQuery: QueryEmbedder): QueryEmbedder {
  const vectors = new Map<string, Promise<Float32Array>>();
  return (text) => {
    const known = vectors.get(text) ?? embedQuery(text);
    vectors.set(text, known);
    return known;
  };
}

/** Answers as `rag ask` does with the same configuration. */
async function openAsk(
  parts: SearchParts,
  { config, environment, chatModel }: Runtime,
  signal: AbortSignal,
): Promise<EvalParts["ask"]> {
  const { systemPrompt } = config.llm;
  const file = await readPromptFile(undefined, config.ask.prompt, environment);
  const prompt =
    file === null ? defaultPrompt({ systemPrompt }) : parsePrompt(file.text, { name: file.name, systemPrompt });
  const chat = await chatModel();
  const { topK, fusion, minScore = null } = config.search;
  const wanted = passagesToFind(topK, { isGiven: false, isQuoting: !chat.generative });
  return (question, mode) =>
    askQuestion(
      {
        search: (query) => search(parts, { query, mode, fusion, topK: wanted, filters: [], minScore }),
        wordFrequencies: (text) => parts.collection.wordFrequencies(text),
        chat,
        prompt,
      },
      {
        question,
        maxContextChars: config.ask.maxContextChars,
        strict: config.ask.strict,
        stream: false,
        signal,
        onEvent: () => {},
      },
    );
}
