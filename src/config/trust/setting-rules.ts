import { readStoreAddress } from "../../addresses/store-address.ts";
import { rerankerName } from "../model-name.ts";
import type { Config } from "../schema.ts";

/** What a value would do that needs the user's word, in words; `null` where it does nothing of the kind. */
type Asks = (config: Config) => string | null;

/** What a file that came with a project may say with one setting. */
export type SettingRule =
  /** It decides how the project's own files are read, cut, searched and shown. */
  | { verdict: "harmless" }
  /** It names files, which have to lie in the project once links are followed. `path`: `null` where no file is named. */
  | { verdict: "confined"; path(config: Config): string | null }
  /** It sends data elsewhere, spends a secret, reaches outside or runs a program. */
  | { verdict: "consent"; asks: Asks };

const harmless: SettingRule = { verdict: "harmless" };
/** Sending waits for the model to be opened: models/endpoint.ts refuses the host then, and `rag trust` shows it before. */
const whereOpened: SettingRule = { verdict: "consent", asks: () => null };

/** The address of a Milvus server; `null` where the collections lie in files. */
function serverOf(uri: string | undefined): string | null {
  return uri?.trim() && readStoreAddress(uri).kind === "milvus" ? uri : null;
}

const file = (path: (config: Config) => string | undefined): SettingRule => ({
  verdict: "confined",
  path: (config) => path(config) ?? null,
});

/**
 * Every setting of the schema; `*` stands for the names of a mapping. A test fails where one is missing. The address of
 * a Milvus server is judged in demands.ts, which knows the hosts that the user allows.
 */
export const settingRules: Readonly<Record<string, SettingRule>> = {
  $schema: harmless,
  collection: harmless,
  // Under the name of another project, an ingest would replace that project's documents on a server that both use.
  project: {
    verdict: "consent",
    asks: ({ project, milvus }) =>
      project === undefined || serverOf(milvus.uri) === null ? null : `takes the documents of ${project} for its own`,
  },
  "store.path": file(({ store, milvus }) => (milvus.uri?.trim() ? undefined : store.path)),
  "milvus.uri": file(({ milvus }) => {
    const address = milvus.uri?.trim() ? readStoreAddress(milvus.uri) : null;
    return address === null || address.kind === "milvus" ? undefined : address.path;
  }),
  "milvus.token": whereOpened,
  "milvus.database": harmless,
  "milvus.timeoutMs": harmless,
  "milvus.tls.caFile": file(({ milvus }) => milvus.tls?.caFile),
  "milvus.tls.certFile": file(({ milvus }) => milvus.tls?.certFile),
  "milvus.tls.keyFile": file(({ milvus }) => milvus.tls?.keyFile),
  "milvus.tls.serverName": harmless,
  "milvus.consistency": harmless,
  "milvus.index.type": harmless,
  "milvus.index.params.*": harmless,
  "milvus.index.searchParams.*": harmless,
  "milvus.fields.id": harmless,
  "milvus.fields.vector": harmless,
  "milvus.fields.text": harmless,
  "milvus.fields.source": harmless,
  "milvus.fields.title": harmless,
  "milvus.python": {
    verdict: "consent",
    asks: ({ milvus }) => (milvus.python === undefined ? null : `runs the program ${milvus.python}`),
  },
  "milvus.idleMinutes": harmless,
  metric: harmless,
  "embedding.provider": whereOpened,
  // A name on the model hub reads as a path in the project that does not exist.
  "embedding.model": file(({ embedding: { provider, model } }) => (provider === "local" ? model : undefined)),
  "embedding.dimensions": harmless,
  "embedding.baseUrl": whereOpened,
  "embedding.apiKey": whereOpened,
  "embedding.queryPrefix": harmless,
  "embedding.documentPrefix": harmless,
  // A price that is too low lets an ingest pass --max-cost.
  "embedding.price": {
    verdict: "consent",
    asks: ({ embedding }) =>
      embedding.price === undefined ? null : `sets the price that --max-cost goes by to ${embedding.price}`,
  },
  "embedding.batchSize": harmless,
  "embedding.concurrency": harmless,
  "embedding.timeoutMs": harmless,
  "embedding.maxWaitMs": harmless,
  "embedding.cache": harmless,
  "embedding.cacheMb": harmless,
  "embedding.quantization": harmless,
  "embedding.pooling": harmless,
  "llm.provider": whereOpened,
  "llm.model": harmless,
  "llm.baseUrl": whereOpened,
  "llm.apiKey": whereOpened,
  "llm.temperature": harmless,
  "llm.maxTokens": harmless,
  "llm.systemPrompt": harmless,
  "llm.timeoutMs": harmless,
  "providers.*.baseUrl": whereOpened,
  "providers.*.keyVariable": whereOpened,
  "providers.*.embeddingModel": harmless,
  "providers.*.chatModel": harmless,
  "providers.*.rerankModel": harmless,
  "providers.*.dimensions": harmless,
  "providers.*.maxBatch": harmless,
  "providers.*.maxTokensPerText": harmless,
  "providers.*.queryPrefix": harmless,
  "providers.*.documentPrefix": harmless,
  "chunking.strategy": harmless,
  "chunking.maxChars": harmless,
  "chunking.overlapChars": harmless,
  "chunking.separator": harmless,
  "chunking.sentences": harmless,
  "chunking.sentenceOverlap": harmless,
  "ingest.maxFileMb": harmless,
  "ingest.maxPages": harmless,
  "ingest.encoding": harmless,
  "ingest.followLinks": {
    verdict: "consent",
    asks: ({ ingest }) => (ingest.followLinks ? "follows links to files anywhere on this machine" : null),
  },
  "loaders.*": {
    verdict: "consent",
    asks: ({ loaders }) => {
      const commands = Object.values(loaders);
      return commands.length === 0 ? null : `runs ${commands.map((command) => `"${command}"`).join(", ")}`;
    },
  },
  "urls.*": harmless,
  urlStyle: harmless,
  "search.mode": harmless,
  "search.fusion": harmless,
  "search.topK": harmless,
  "search.minScore": harmless,
  // Judged by its host too, where it is opened. A name on the model hub reads as a path that does not exist.
  "search.rerank": file(({ search }) => {
    const name = rerankerName(search.rerank);
    return name?.provider === "local" ? (name.model ?? undefined) : undefined;
  }),
  "search.rerankCandidates": harmless,
  "search.rerankTimeoutMs": harmless,
  "ask.maxContextChars": harmless,
  // Read when a question is asked, by cli/arguments/prompt-file.ts, which refuses one outside of the project then.
  "ask.prompt": file(() => undefined),
  "ask.strict": harmless,
};
