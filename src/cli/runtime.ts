import type { ChatModel } from "../chat/types.ts";
import type { Chunker } from "../chunkers/types.ts";
import type { Environment } from "../config/environment.ts";
import { type Override, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Embedder } from "../embedders/types.ts";
import { UserError } from "../errors.ts";
import type { Loader } from "../loaders/types.ts";
import type { Collection, ReadableCollection, Store } from "../stores/types.ts";
import { closest } from "../util/closest.ts";
import { credentialsOf } from "../secrets/secret-variables.ts";
import type { CommandContext } from "./context.ts";
import { checkDocumentPrefix, embeddingMismatch, describe, withCollectionModel } from "./embedding-choice.ts";
import { type CommonFlags, commonOverrides } from "./arguments/flags.ts";

/** Embeds a question with the collection's own model. */
export type QueryEmbedder = (text: string) => Promise<Float32Array>;

/** The loaders, as the pipeline wants them. */
export interface Loaders {
  formats: readonly string[];
  isSupported(path: string): boolean;
  loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
}

/** The parts of one run, each opened on first use. The only place that picks adapters. */
export interface Runtime {
  readonly config: Config;
  readonly environment: Environment;
  store(): Promise<Store>;
  /** Another store than the configured one. */
  otherStore(config: Config): Promise<Store>;
  /** The configured collection. Throws `UserError` `collection-not-found`, which names those that exist. */
  collection(): Promise<ReadableCollection>;
  /**
   * `null` where the collection has no vectors, or where its model cannot be opened and nobody asked for it: a notice
   * then says that text alone serves. Throws `UserError` `embedding-mismatch`.
   */
  queryEmbedder(collection: ReadableCollection): Promise<QueryEmbedder | null>;
  /** Throws `UserError` `embedding-mismatch` where the configuration names another model than the collection's. */
  checkModel(collection: Collection): void;
  /** The model to ingest with: the collection's own where it exists. Throws `UserError` `embedding-mismatch`. */
  documentEmbedder(existing: Collection | null): Promise<Embedder | null>;
  chatModel(): Promise<ChatModel>;
  chunker(): Promise<Chunker>;
  loaders(): Promise<Loaders>;
  /** Gives back whatever was opened; never throws. */
  close(): Promise<void>;
}

/** Loads the configuration; connects to nothing yet. Throws `UserError` where the configuration is wrong. */
async function openRuntime(
  flags: CommonFlags,
  overrides: readonly Override[],
  context: CommandContext,
): Promise<Runtime> {
  const started = performance.now();
  const { config, environment, notices } = await loadConfig({
    variables: context.variables,
    workingDirectory: context.workingDirectory,
    homeDirectory: context.homeDirectory,
    configFile: flags.config ?? null,
    overrides: [...commonOverrides(flags), ...overrides],
  });
  context.output.hide(secretsOf(config, environment));
  for (const notice of notices) context.output.notice(notice);
  context.output.stage("configuration", performance.now() - started, environment.configFile ?? "no file");

  const opened: (() => Promise<void>)[] = [];
  const keep = <Part extends { close(): Promise<void> }>(part: Part): Part => {
    opened.push(() => part.close());
    return part;
  };
  const openEmbedderFor = async (wanted: Config, collectionDimensions?: number): Promise<Embedder | null> => {
    const { openEmbedder } = await import("../embedders/index.ts");
    const embedder = await openEmbedder(wanted, environment, { collectionDimensions });
    return embedder === null ? null : keep(embedder);
  };

  const openStoreOf = async (wanted: Config): Promise<Store> => {
    const { openStore } = await import("../stores/index.ts");
    const onNotice = (text: string): void => context.output.notice(text);
    return keep(await openStore(wanted, environment, { onNotice }));
  };
  const store = once(() => openStoreOf(config));

  /** Opens the model that made a collection's vectors, at their dimensions. */
  const openCollectionModel = async (collection: ReadableCollection, wanted: Config): Promise<Embedder | null> => {
    const made = collection.manifest.embedding;
    const dimensions = made?.dimensions ?? undefined;
    const embedder = await openEmbedderFor(wanted, dimensions);
    if (embedder === null || dimensions === undefined) return null;
    const { embedderIdentity } = await import("../pipeline/embed/embed.ts");
    const offered = await embedderIdentity(embedder, context.signal);
    if (offered.dimensions === dimensions) return embedder;
    const shortened = await openEmbedderFor({
      ...wanted,
      embedding: { ...wanted.embedding, dimensions },
    }).catch((error: unknown) => {
      // The model cannot make them as short: that is what the mismatch says, in terms that the user has set.
      if (error instanceof UserError && error.code === "dimensions-fixed") return null;
      throw error;
    });
    const shortenedIdentity = shortened && (await embedderIdentity(shortened, context.signal));
    if (shortenedIdentity?.dimensions === dimensions) return shortened;
    const hint = collection.foreign && "configure the model that made its vectors";
    throw embeddingMismatch(collection.name, describe(made), describe(offered), hint);
  };

  /** The configuration to ingest with; `null` where the collection has no vectors. */
  const modelOf = (collection: Collection): Config | null => {
    const made = collection.manifest.embedding;
    if (made !== null) {
      checkDocumentPrefix(config, collection.name, made);
      return withCollectionModel(config, collection.name, made);
    }
    const { provider, model } = config.embedding;
    if (provider === undefined) return null;
    throw embeddingMismatch(collection.name, describe(null), model === undefined ? provider : `${provider}/${model}`);
  };

  return {
    config,
    environment,
    store,
    otherStore: async (wanted) => {
      context.output.hide(secretsOf(wanted, environment));
      return openStoreOf(wanted);
    },
    collection: async () => findCollection(await store(), config.collection),
    queryEmbedder: async (collection) => {
      const made = collection.manifest.embedding;
      if (made === null || made.dimensions === null) return null;
      // Of a collection that another program made nobody knows the model: it is the configured one.
      const wanted = made.provider === null ? config : withCollectionModel(config, collection.name, made);
      const embedder = await openCollectionModel(collection, wanted).catch((error: unknown) => {
        if (config.embedding.provider !== undefined || !(error instanceof UserError)) throw error;
        const hint = error.hint === null ? "" : `; ${error.hint}`;
        context.output.notice(`searching by text only: ${describe(made)} is not available (${error.message}${hint})`);
        return null;
      });
      if (embedder === null) return null;
      const { embedQuery } = await import("../pipeline/embed/embed.ts");
      return (text) => embedQuery(embedder, text, context.signal);
    },
    checkModel: (collection) => void modelOf(collection),
    documentEmbedder: async (existing) => {
      if (existing === null) return openEmbedderFor(config);
      const wanted = modelOf(existing);
      return wanted === null ? null : openCollectionModel(existing, wanted);
    },
    chatModel: once(async () => {
      const { openChatModel } = await import("../chat/index.ts");
      return openChatModel(config, environment);
    }),
    chunker: once(async () => {
      const { chunkerFor } = await import("../chunkers/index.ts");
      return chunkerFor(config.chunking.strategy);
    }),
    loaders: () => import("../loaders/index.ts"),
    close: async () => {
      await Promise.allSettled(opened.splice(0).map((close) => close()));
    },
  };
}

/** Opens a runtime for the length of one call, and closes it whatever happens. */
export async function withRuntime<Result>(
  flags: CommonFlags,
  overrides: readonly Override[],
  context: CommandContext,
  body: (runtime: Runtime) => Promise<Result>,
): Promise<Result> {
  const runtime = await openRuntime(flags, overrides, context);
  try {
    return await body(runtime);
  } finally {
    await runtime.close();
  }
}

/** Calls it at most once, however often it is asked. */
function once<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let opened: Promise<Value> | null = null;
  return () => (opened ??= open());
}

/** Throws `UserError` `collection-not-found`, which names those that exist. */
export async function findCollection(store: Store, name: string): Promise<ReadableCollection> {
  const collection = await store.open(name);
  if (collection !== null) return collection;
  const names = await store.list();
  const meant = closest(name, names);
  const existing = names.length === 0 ? "it holds no collection yet" : `it holds: ${names.join(", ")}`;
  throw new UserError("collection-not-found", `there is no collection ${name} in ${store.location}; ${existing}`, {
    hint:
      names.length === 0
        ? "make one with: rag ingest <paths...>"
        : `name it with --collection${meant === null ? "" : ` (did you mean ${meant}?)`}, or make it with: rag ingest <paths...>`,
  });
}

/** Values that no output may show, beside those of the environment. */
function secretsOf(config: Config, environment: Environment): (string | undefined)[] {
  const named = Object.values(config.providers).map(({ keyVariable = "" }) => environment.variables[keyVariable]);
  const { embedding, llm, milvus } = config;
  return [...named, embedding.apiKey, llm.apiKey, milvus.token, ...credentialsOf(milvus.uri ?? "")];
}
