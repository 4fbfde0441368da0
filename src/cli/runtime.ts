import { join } from "node:path";
import type { ChatModel } from "../chat/types.ts";
import type { Chunker } from "../chunkers/types.ts";
import type { Environment } from "../config/environment.ts";
import { type Override, loadConfig } from "../config/load.ts";
import { rerankerName } from "../config/model-name.ts";
import type { Config } from "../config/schema.ts";
import { cacheFolder } from "../files/user-folders.ts";
import type { OwnLoaders } from "../loaders/program/program-loader.ts";
import type { Loader, LoadingOptions } from "../loaders/types.ts";
import type { DocumentCutter } from "../pipeline/ingest/cut-document.ts";
import type { VectorCacheSettings } from "../pipeline/embed/cache/vector-cache.ts";
import type { ModelRequest, OpenModel } from "../pipeline/embed/open-model.ts";
import { embeddingPrice } from "../models/embedding-price.ts";
import type { LinkOptions } from "../pipeline/links/with-urls.ts";
import type { Reranker } from "../rerankers/types.ts";
import type { Store, StoreUse } from "../stores/types.ts";
import { credentialsOf } from "../secrets/secret-variables.ts";
import type { CommandContext } from "./context.ts";
import { type CommonFlags, commonOverrides } from "./arguments/flags.ts";
import { createDownloadReport } from "./render/terminal/download.ts";

export const bytesPerMegabyte = 1_000_000;

/** The loaders, as the pipeline wants them. */
export interface Loaders {
  formats: readonly string[];
  isSupported(path: string, isAskedFor?: boolean): boolean;
  /** Whether a file of this name and size cannot take long to load, whatever is in it. */
  isQuick(source: string, bytes: Uint8Array): boolean;
  startsThreads(source: string, bytes: Uint8Array): boolean;
  /** What the user says about files, which a loader of another thread needs too. */
  options: LoadingOptions;
  /** Whether a program of the user reads files of this name. */
  hasProgram(path: string): boolean;
  loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
}

/** The parts of one run, each opened on first use. The only place that picks adapters. */
export interface Runtime {
  readonly config: Config;
  readonly environment: Environment;
  store(use: StoreUse): Promise<Store>;
  /** Another store than the configured one, to write to. */
  otherStore(config: Config): Promise<Store>;
  /** Opens the configured model, or the one that made a collection's vectors. */
  openModel: OpenModel;
  /** USD per million tokens of an embedding model; `null` where nobody knows it. `model`: `null` for the provider's own. */
  priceOf(provider: string, model: string | null): number | null;
  /** Where vectors are kept between runs; `null`: nowhere. */
  readonly vectorCache: VectorCacheSettings | null;
  chatModel(): Promise<ChatModel>;
  /** What `search.rerank` names; `null` where it names none. Connects to nothing yet. */
  reranker(): Promise<Reranker | null>;
  chunker(): Promise<Chunker>;
  /**
   * `pdfPassword`: opens encrypted PDFs. Throws `UserError` `unknown-encoding` where the one that is configured does not
   * exist.
   */
  loaders(options?: Pick<LoadingOptions, "pdfPassword">): Promise<Loaders>;
  /** Loads and cuts files in threads, by these loaders. */
  cutter(loaders: Loaders): Promise<DocumentCutter>;
  /** Gives back whatever was opened; never throws. */
  close(): Promise<void>;
}

/** Loads the configuration; connects to nothing yet. Throws `UserError` where the configuration is wrong. */
export async function openRuntime(
  flags: CommonFlags,
  overrides: readonly Override[],
  context: CommandContext,
): Promise<Runtime> {
  const { config, environment } = await readSettings(flags, overrides, context);
  const opened: (() => Promise<void>)[] = [];
  const keep = <Part extends { close(): Promise<void> }>(part: Part): Part => {
    opened.push(() => part.close());
    return part;
  };
  const openStoreOf = async (wanted: Config, use: StoreUse): Promise<Store> => {
    const { openStore } = await import("../stores/index.ts");
    const onNotice = (text: string): void => context.output.notice(text);
    return keep(await openStore(wanted, environment, { use, onNotice }));
  };
  const stores = {
    writing: once(() => openStoreOf(config, "writing")),
    looking: once(() => openStoreOf(config, "looking")),
  };

  const onDownload = createDownloadReport(context.output);

  const chatModel = once(async () => {
    const { openChatModel } = await import("../chat/index.ts");
    return openChatModel(config, environment);
  });

  const programs = once(async () => {
    if (Object.keys(config.loaders).length === 0) return null;
    const { ownLoaders } = await import("../loaders/program/program-loader.ts");
    const { projectRoot: folder, variables } = environment;
    return ownLoaders(config.loaders, { folder, variables, signal: context.signal });
  });

  return {
    config,
    environment,
    store: (use) => stores[use](),
    otherStore: async (wanted) => {
      context.output.maskSecrets(secretsOf(wanted, environment));
      return openStoreOf(wanted, "writing");
    },
    openModel: async ({ collectionDimensions, ...model }) => {
      const { openEmbedder } = await import("../embedders/index.ts");
      const embedder = await openEmbedder(withModel(config, model), environment, {
        collectionDimensions: collectionDimensions ?? undefined,
        onDownload,
      });
      if (embedder === null) throw new Error("a model was to be opened, and the configuration names none");
      return keep(embedder);
    },
    priceOf: (provider, model) => config.embedding.price ?? embeddingPrice(provider, model, config.providers),
    vectorCache: config.embedding.cache
      ? {
          folder: join(cacheFolder(environment.variables), "embeddings"),
          maxBytes: config.embedding.cacheMb * bytesPerMegabyte,
        }
      : null,
    chatModel,
    reranker: once(async () => {
      const name = rerankerName(config.search.rerank);
      if (name === null) return null;
      if (name.provider === "llm") {
        const { createJudge } = await import("../pipeline/search/rerank/judge.ts");
        return createJudge(await chatModel(), name.model);
      }
      const { openReranker } = await import("../rerankers/index.ts");
      return openReranker(name, config, environment, { onDownload });
    }),
    chunker: once(async () => {
      const { chunkerFor } = await import("../chunkers/index.ts");
      return chunkerFor(config.chunking.strategy);
    }),
    loaders: async (given = {}) => {
      const { encoding } = config.ingest;
      if (encoding !== undefined) await (await import("../files/decode-text.ts")).requireEncoding(encoding);
      return assembleLoaders({ ...given, encoding }, await programs());
    },
    cutter: async (loaders) => {
      const { openCutter } = await import("./loading/open-cutter.ts");
      const { chunkerFor } = await import("../chunkers/index.ts");
      const cutter = keep(openCutter(loaders, await chunkerFor(config.chunking.strategy), config.chunking));
      // At once: the files that wait would take the time that the store needs to be closed in.
      context.signal.addEventListener("abort", () => void cutter.close(), { once: true });
      return cutter;
    },
    close: async () => {
      await Promise.allSettled(opened.splice(0).map((close) => close()));
    },
  };
}

async function readSettings(
  flags: CommonFlags,
  overrides: readonly Override[],
  context: CommandContext,
): Promise<Pick<Runtime, "config" | "environment">> {
  const started = performance.now();
  const { config, environment, notices } = await loadConfig({
    variables: context.variables,
    workingDirectory: context.workingDirectory,
    homeDirectory: context.homeDirectory,
    configFile: flags.config ?? null,
    overrides: [...commonOverrides(flags), ...overrides],
  });
  context.output.maskSecrets(secretsOf(config, environment));
  for (const notice of notices) context.output.notice(notice);
  context.output.stage(
    "configuration",
    performance.now() - started,
    environment.configFile ?? `no file, in ${environment.projectRoot}`,
  );
  return { config, environment };
}

/** Puts the loaders that come with the tool behind the programs of the user. `programs`: `null` where there are none. */
async function assembleLoaders(options: LoadingOptions, programs: OwnLoaders | null): Promise<Loaders> {
  const builtIn = await import("../loaders/loader-for-file.ts");
  const { formats } = await import("../loaders/index.ts");
  const hasProgram = (path: string): boolean => (programs?.loaderFor(path) ?? null) !== null;
  return {
    formats: [...new Set([...formats, ...(programs?.formats ?? [])])],
    isSupported: (path, isAskedFor) => hasProgram(path) || builtIn.isSupported(path, isAskedFor),
    isQuick: builtIn.isQuick,
    startsThreads: builtIn.startsThreads,
    hasProgram,
    options,
    loaderFor: async (source, bytes) => programs?.loaderFor(source) ?? builtIn.loaderFor(source, bytes, options),
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

/** What it takes to link hits and citations to where they are published. */
export function linkOptions({ config: { urls, urlStyle }, environment: { projectRoot } }: Runtime): LinkOptions {
  return { urls, urlStyle, projectRoot };
}

/** Whether Milvus Lite could run on this machine. */
export async function hasPython(variables: CommandContext["variables"]): Promise<boolean> {
  const { findPython } = await import("../stores/milvus/lite/installer.ts");
  return (await findPython(variables)) !== null;
}

/** Calls it at most once, however often it is asked. */
function once<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let opened: Promise<Value> | null = null;
  return () => (opened ??= open());
}

/** The configuration that opens a model: a collection's own model and prefixes, at the length that is asked for. */
function withModel(config: Config, { identity, dimensions }: Omit<ModelRequest, "collectionDimensions">): Config {
  const { embedding } = config;
  const { provider, model, documentPrefix, queryPrefix } = { ...embedding, ...identity };
  return {
    ...config,
    embedding: {
      ...embedding,
      provider,
      model,
      documentPrefix,
      // Nothing of the question's prefix is stored, so the configured one may differ from the collection's.
      queryPrefix: embedding.queryPrefix ?? queryPrefix,
      ...(dimensions === null ? {} : { dimensions }),
    },
  };
}

/** Values that no output may show, beside those of the environment. */
function secretsOf(config: Config, environment: Environment): (string | undefined)[] {
  const named = Object.values(config.providers).map(({ keyVariable = "" }) => environment.variables[keyVariable]);
  const { embedding, llm, milvus } = config;
  return [...named, embedding.apiKey, llm.apiKey, milvus.token, ...credentialsOf(milvus.uri ?? "")];
}
