import { groupsByLength, toInputs } from "../models/local/inputs.ts";
import { locateModel } from "../models/local/model-folder.ts";
import {
  type LoadedModel,
  type LocalModelEnvironment,
  type ModelKind,
  type PackageOptions,
  longestInput,
  openModelFiles,
} from "../models/local/open-model.ts";
import { ModelError } from "../models/model-error.ts";
import { probability } from "./scores.ts";
import type { Reranker } from "./types.ts";

const kind: ModelKind = {
  name: "local rerankers",
  task: "text-classification (cross-encoder)",
  setting: "search.rerank",
  quantization: null,
};

/**
 * A cross-encoder in ONNX that runs in this process through transformers.js. Nothing is loaded or fetched before the
 * first use. A question and a passage that are together longer than the model takes lose the end of the passage.
 */
export function createLocalReranker(
  name: string,
  environment: LocalModelEnvironment,
  options: PackageOptions = {},
): Reranker {
  let loading: Promise<LoadedModel> | null = null;
  /** One at a time: the runtime uses all cores for one already. */
  let queue: Promise<unknown> = Promise.resolve();

  async function load(): Promise<LoadedModel> {
    const location = await locateModel(name, environment.projectRoot, kind.setting);
    const { variables } = environment;
    const files = await openModelFiles(location, { ...options, quantization: undefined, variables, kind });
    return files.load(async ({ AutoModelForSequenceClassification, AutoTokenizer, Tensor }, model, settings) => {
      // One after the other: the package's settings are shared by the whole process.
      const loaded = await AutoModelForSequenceClassification.from_pretrained(model, settings);
      const tokenizer = await AutoTokenizer.from_pretrained(model, settings);
      return { Tensor, tokenizer, model: loaded, maxTokens: longestInput(loaded, tokenizer) };
    });
  }

  function loaded(): Promise<LoadedModel> {
    if (loading === null) {
      loading = load();
      // What failed may succeed later, e.g. a download.
      loading.catch(() => (loading = null));
    }
    return loading;
  }

  async function run(question: string, passages: readonly string[], signal: AbortSignal | undefined) {
    const { Tensor, tokenizer, model, maxTokens } = await loaded();
    const scores = Array.from<number>({ length: passages.length });
    const lengths = passages.map((passage) => question + passage);
    for (const group of groupsByLength(lengths, maxTokens)) {
      signal?.throwIfAborted();
      const encoded = tokenizer(
        group.map(() => question),
        {
          text_pair: group.map((index) => passages[index] as string),
          // Padded and cut by `toInputs`: versions of transformers.js differ in what they drop when they do it.
          padding: false,
          truncation: false,
          return_tensor: false,
        },
      );
      const inputs = toInputs(encoded, maxTokens, tokenizer.pad_token_id ?? 0, Tensor);
      const { logits } = await model(inputs);
      if (logits === undefined) throw broken(name, "its output holds no scores");
      for (const [row, index] of group.entries()) {
        const score = scoreOf(logits, row);
        if (score === null) throw broken(name, "it gives no score, or several, for a passage");
        scores[index] = score;
      }
    }
    return scores;
  }

  return {
    name: `local/${name}`,
    rerank(question, passages, signal) {
      const result = queue.then(() => run(question, passages, signal));
      queue = result.catch(() => undefined);
      return result;
    },
  };
}

/**
 * What a model says of one pair, 0 to 1; `null` where that is no finite number. A cross-encoder has one logit, or two:
 * for "irrelevant" and "relevant".
 */
function scoreOf({ dims, data }: { dims: readonly number[]; data: Float32Array }, row: number): number | null {
  const [, labels = 1] = dims;
  if (labels > 2) return null;
  const [first = Number.NaN, second = Number.NaN] = data.subarray(row * labels, (row + 1) * labels);
  const score = probability(labels === 1 ? first : second - first);
  return Number.isFinite(score) ? score : null;
}

function broken(name: string, what: string): ModelError {
  return new ModelError("bad-response", `local (${name}): the reranker cannot be used: ${what}`, {
    hint: "choose a cross-encoder, e.g. local/Xenova/ms-marco-MiniLM-L-6-v2",
  });
}
