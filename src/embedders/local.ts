import type { Config } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { groupsByLength, toInputs } from "../models/local/inputs.ts";
import { type ModelLocation, type Quantization, locateModel } from "../models/local/model-folder.ts";
import {
  type LoadedModel,
  type LocalModelEnvironment,
  type ModelKind,
  type PackageOptions,
  longestInput,
  openModelFiles,
} from "../models/local/open-model.ts";
import { ModelError } from "../models/model-error.ts";
import { type ModelConventions, readConventions } from "./conventions.ts";
import { poolTokens } from "./token-vectors.ts";
import type { Embedder, EmbeddingBatch } from "./types.ts";

const kind: ModelKind = {
  name: "local embedding models",
  task: "feature-extraction",
  setting: "embedding.model",
  quantization: "embedding.quantization",
};

export type LocalEmbedderOptions = PackageOptions;

interface LoadedEmbedder extends LoadedModel {
  conventions: ModelConventions;
}

/** Loaded once per process, by where it is from and which weights it has. */
const loadedModels = new Map<string, Promise<LoadedEmbedder>>();

/**
 * A feature-extraction model in ONNX that runs in this process through transformers.js. Nothing is loaded or fetched
 * before the first use. A text longer than the model takes is cut, as sentence-transformers does.
 */
export function createLocalEmbedder(
  settings: Config["embedding"],
  environment: LocalModelEnvironment,
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

  async function load(): Promise<LoadedEmbedder> {
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
    // The files of a model's folder may change while its name stays.
    keepsVectorsAs: null,
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
  environment: LocalModelEnvironment,
  options: LocalEmbedderOptions,
): Promise<LoadedEmbedder> {
  const files = await openModelFiles(location, { ...options, quantization, variables: environment.variables, kind });
  return files.load(async ({ AutoModel, AutoTokenizer, Tensor }, name, settings) => {
    const conventions = await readConventions(name, files.read);
    // One after the other: the package's settings are shared by the whole process.
    // The model is opened before the tokenizer: its error tells more clearly that the model does not exist.
    const model = await AutoModel.from_pretrained(name, settings);
    const tokenizer = await AutoTokenizer.from_pretrained(name, settings);
    return { Tensor, tokenizer, model, maxTokens: longestInput(model, tokenizer), conventions };
  });
}

function broken(name: string, what: string): ModelError {
  return new ModelError("bad-response", `local (${name}): the model cannot be used: ${what}`, {
    hint: "choose a feature-extraction model, or another embedding.quantization",
  });
}
