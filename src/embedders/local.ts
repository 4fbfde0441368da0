import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Config } from "../config/schema.ts";
import { makeFolder } from "../files/make-folder.ts";
import { readRegularText } from "../files/read-regular-file.ts";
import { cacheFolder } from "../files/user-folders.ts";
import { ExitCode, UserError, messageOf } from "../errors.ts";
import { ModelError } from "../models/model-error.ts";
import {
  findWeights,
  locateModel,
  maxModelFileBytes,
  nameBelowRoot,
  readConventions,
  readFrom,
} from "./local-model.ts";
import type { ModelConventions, ModelLocation, Quantization } from "./local-model.ts";
import { groupsByLength, poolTokens, toInputs } from "./token-vectors.ts";
import type { Transformers, TransformersModel, TransformersTokenizer } from "./transformers-package.ts";
import type { Embedder, EmbeddingBatch } from "./types.ts";

/** A file of a model that is being fetched from the hub. */
export interface ModelDownload {
  file: string;
  loadedBytes: number;
  totalBytes: number;
}

export interface LocalEmbedderOptions {
  onDownload?: (download: ModelDownload) => void;
  /** Loads `@huggingface/transformers`. */
  importPackage?: () => Promise<Transformers>;
}

export interface LocalEmbedderEnvironment {
  variables: Readonly<Record<string, string | undefined>>;
  /** Model folders are relative to it. */
  projectRoot: string;
}

interface LoadedModel {
  Tensor: Transformers["Tensor"];
  tokenizer: TransformersTokenizer;
  model: TransformersModel;
  maxTokens: number;
  conventions: ModelConventions;
}

/** Loaded once per process, by where it is from and which weights it has. */
const loadedModels = new Map<string, Promise<LoadedModel>>();

/**
 * A feature-extraction model in ONNX that runs in this process through transformers.js. Nothing is loaded or fetched
 * before the first use. A text longer than the model takes is cut, as sentence-transformers does.
 */
export function createLocalEmbedder(
  settings: Config["embedding"],
  environment: LocalEmbedderEnvironment,
  options: LocalEmbedderOptions = {},
): Embedder {
  const name = settings.model;
  if (name === undefined) {
    throw new UserError("model-not-set", "the local provider needs a model, and embedding.model is not set", {
      hint: 'name one from the model hub, which is then downloaded ("Xenova/all-MiniLM-L6-v2"), or a folder ("./models/all-MiniLM-L6-v2")',
    });
  }
  /** One at a time: the runtime uses all cores for one already. */
  let queue: Promise<unknown> = Promise.resolve();

  async function load(): Promise<LoadedModel> {
    const location = await locateModel(name as string, environment.projectRoot);
    const key = JSON.stringify([location, settings.quantization]);
    let loading = loadedModels.get(key);
    if (!loading) {
      loading = loadModel(location, settings.quantization, environment, options);
      loadedModels.set(key, loading);
      // What failed may succeed later, e.g. a download.
      loading.catch(() => loadedModels.delete(key));
    }
    return loading;
  }

  async function run(texts: readonly string[], signal: AbortSignal | undefined): Promise<EmbeddingBatch> {
    const loaded = await load();
    const pooling = settings.pooling ?? loaded.conventions.pooling ?? "mean";
    const vectors = Array.from<Float32Array>({ length: texts.length });
    let tokens = 0;
    for (const group of groupsByLength(texts, loaded.maxTokens)) {
      signal?.throwIfAborted();
      const encoded = loaded.tokenizer(
        group.map((index) => texts[index] as string),
        // Padded and cut here: versions of transformers.js differ in what they drop when they do it.
        { padding: false, truncation: false, return_tensor: false },
      );
      const inputs = toInputs(encoded, loaded.maxTokens, loaded.tokenizer.pad_token_id ?? 0, loaded.Tensor);
      const outputs = await loaded.model(inputs);
      const states = outputs["last_hidden_state"] ?? outputs["token_embeddings"];
      if (!states) throw broken(name as string, "its output holds no token vectors");
      const mask = inputs.attention_mask.data;
      for (const value of mask) tokens += Number(value);
      for (const [row, index] of group.entries()) {
        const vector = poolTokens(states, mask, row, pooling);
        if (!vector) throw broken(name as string, "a vector is zero or holds no finite number");
        vectors[index] = vector;
      }
    }
    return { vectors, tokens };
  }

  function enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = queue.then(work, work);
    queue = result.catch(() => undefined);
    return result;
  }

  return {
    provider: "local",
    model: name,
    limits: { maxBatch: 64, maxTokensPerText: Number.MAX_SAFE_INTEGER, maxTokensPerBatch: 65_536 },
    pricePerMillionTokens: null,
    async identity(signal) {
      const [{ vectors }, { conventions }] = await Promise.all([enqueue(() => run(["dimensions"], signal)), load()]);
      return {
        provider: "local",
        model: name,
        dimensions: vectors[0]?.length ?? 0,
        queryPrefix: settings.queryPrefix ?? conventions.queryPrefix ?? "",
        documentPrefix: settings.documentPrefix ?? conventions.documentPrefix ?? "",
      };
    },
    embed: (texts, signal) => enqueue(() => run(texts, signal)),
    // The model stays for the process: another embedder may use it.
    close: () => Promise.resolve(),
  };
}

async function loadModel(
  location: ModelLocation,
  quantization: Quantization | undefined,
  environment: LocalEmbedderEnvironment,
  options: LocalEmbedderOptions,
): Promise<LoadedModel> {
  const weights =
    location.kind === "folder"
      ? await findWeights(location.path, quantization)
      : { variant: quantization ?? "fp32", subfolder: "onnx" };
  const transformers = await importTransformers(options);
  const { variables } = environment;
  const { env } = transformers;
  env.cacheDir = modelCache(variables);
  env.allowLocalModels = location.kind === "folder";
  env.allowRemoteModels = location.kind === "hub";
  let name: string;
  if (location.kind === "folder") {
    const below = nameBelowRoot(location.path, env.version);
    env.localModelPath = below.root;
    name = below.name;
  } else {
    name = location.name;
    // The model hub's own variable for a mirror.
    if (variables["HF_ENDPOINT"]) env.remoteHost = variables["HF_ENDPOINT"];
  }
  const settings = {
    dtype: weights.variant,
    subfolder: weights.subfolder,
    local_files_only: location.kind === "folder",
    progress_callback: (event: { status: string; file?: string; loaded?: number; total?: number }) => {
      if (event.status !== "progress" || location.kind === "folder") return;
      const { file = "", loaded = 0, total = 0 } = event;
      options.onDownload?.({ file, loadedBytes: loaded, totalBytes: total });
    },
  };
  try {
    const read =
      location.kind === "folder"
        ? readFrom(location.path)
        : readFromHub(location.name, { cache: env.cacheDir, host: env.remoteHost, token: variables["HF_TOKEN"] });
    const conventions = await readConventions(name, read);
    // One after the other: the package's settings are shared by the whole process.
    // The model first: where it does not exist, that is told more clearly than by its tokenizer.
    const model = await transformers.AutoModel.from_pretrained(name, settings);
    const tokenizer = await transformers.AutoTokenizer.from_pretrained(name, settings);
    const positions = model.config?.max_position_embeddings ?? 512;
    const maxTokens = Math.min(tokenizer.model_max_length ?? positions, positions);
    return { Tensor: transformers.Tensor, tokenizer, model, maxTokens, conventions };
  } catch (error) {
    throw explainLoading(error, location);
  }
}

async function importTransformers(options: LocalEmbedderOptions): Promise<Transformers> {
  // Not a literal: the package is optional, and the compiler must not look for it.
  const packageName = "@huggingface/transformers";
  try {
    return await (options.importPackage?.() ?? (import(packageName) as Promise<Transformers>));
  } catch (error) {
    const absent =
      (error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND" && messageOf(error).includes(packageName);
    throw new UserError(
      absent ? "package-missing" : "package-broken",
      absent
        ? `local embedding models need the package ${packageName}, which is not installed`
        : `the package ${packageName} cannot be loaded: ${messageOf(error)}`,
      {
        hint: `install it where rag is installed: npm install --global --ignore-scripts ${packageName} (without --global in a project that depends on milvus-rag)`,
        cause: error,
      },
    );
  }
}

/** Where models from the hub are kept: they outlive an update of the package, whose own folder is its default. */
function modelCache(variables: Readonly<Record<string, string | undefined>>): string {
  return variables["RAG_MODEL_CACHE"] || join(cacheFolder(variables), "models");
}

/** Milliseconds that a small file may take. */
const hubTimeoutMs = 60_000;

/**
 * Reads a small file of a model on the hub through the cache; `null` where the model has no such file. That it has none
 * is remembered where the hub says exactly that (404): any other refusal may pass, and to go on without the file would
 * make other vectors. Throws where the file cannot be had.
 */
export function readFromHub(
  model: string,
  hub: { cache: string; host: string; token?: string | undefined },
): (file: string) => Promise<string | null> {
  return async (file) => {
    const path = join(hub.cache, model, file);
    const cached = await readRegularText(path, maxModelFileBytes).catch(() => null);
    if (cached !== null) return cached === "" ? null : cached;
    const address = new URL(`${model}/resolve/main/${file}`, hub.host.replace(/\/?$/, "/"));
    const response = await fetch(address, {
      headers: hub.token && isHub(address) ? { authorization: `Bearer ${hub.token}` } : {},
      signal: AbortSignal.timeout(hubTimeoutMs),
    });
    if (!response.ok && response.status !== 404) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status} for ${file}`);
    }
    const content = response.ok ? await smallText(response, file) : "";
    await makeFolder(dirname(path));
    const draft = `${path}.${randomUUID()}`;
    try {
      await writeFile(draft, content);
      // Another command never reads a half of it.
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    return content === "" ? null : content;
  };
}

/** The user's token for the hub goes to no mirror. */
function isHub({ protocol, host }: URL): boolean {
  return protocol === "https:" && (host === "huggingface.co" || host === "hf.co");
}

async function smallText(response: Response, file: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > maxModelFileBytes) throw new Error(`${file} is larger than ${maxModelFileBytes / 1e6} MB`);
  }
  return text + decoder.decode();
}

function explainLoading(error: unknown, location: ModelLocation): unknown {
  if (error instanceof UserError) return error;
  const said = messageOf(error);
  if (location.kind === "folder") {
    return new UserError("model-damaged", `the model in ${location.path} cannot be loaded: ${said}`, {
      hint: "check that the folder holds a feature-extraction model in ONNX, and fetch or export it again",
      exitCode: ExitCode.backend,
      cause: error,
    });
  }
  if (/unauthorized|could not locate file|not found|40[134]/i.test(said)) {
    return new ModelError("not-found", `local (${location.name}): the model hub has no such ONNX model: ${said}`, {
      hint: "check embedding.model: it must have ONNX weights, as the models of Xenova and onnx-community have; embedding.quantization must name a variant that it has",
      cause: error,
    });
  }
  return new ModelError("connection", `local (${location.name}): the model cannot be fetched or loaded: ${said}`, {
    hint: 'check the network, set HF_ENDPOINT to a mirror, or put the model into a folder and name that ("./models/…")',
    cause: error,
  });
}

function broken(name: string, what: string): ModelError {
  return new ModelError("bad-response", `local (${name}): the model cannot be used: ${what}`, {
    hint: "choose a feature-extraction model, or another embedding.quantization",
  });
}
