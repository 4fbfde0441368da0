import { existsSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import { ModelError } from "../model-error.ts";
import { modelCache, readFromHub, refuseInsecureHub } from "./hub.ts";
import { type ModelLocation, type Quantization, findWeights, nameBelowRoot, readFrom } from "./model-folder.ts";
import type { Transformers, TransformersModel, TransformersTokenizer } from "./transformers-package.ts";

/** A file of a model that is being fetched from the hub. */
export interface ModelDownload {
  /** As the configuration names it. */
  model: string;
  file: string;
  loadedBytes: number;
  totalBytes: number;
}

export interface PackageOptions {
  onDownload?: (download: ModelDownload) => void;
  /** Loads `@huggingface/transformers`. */
  importPackage?: () => Promise<Transformers>;
}

export interface LocalModelEnvironment {
  variables: Readonly<Record<string, string | undefined>>;
  /** Model folders are relative to it. */
  projectRoot: string;
}

/** A loaded model with what its inputs are made by. */
export interface LoadedModel {
  Tensor: Transformers["Tensor"];
  tokenizer: TransformersTokenizer;
  model: TransformersModel;
  maxTokens: number;
}

/** What a model is used for, in the words of messages. */
export interface ModelKind {
  /** E.g. `local embedding models`. */
  name: string;
  /** As the model hub calls it, e.g. `feature-extraction`. */
  task: string;
  /** The setting that names the model. */
  setting: string;
  /** The setting that names the variant of its weights; `null` where there is none. */
  quantization: string | null;
}

/** A model whose files were found, or are fetched from the hub. */
interface ModelFiles {
  /** The content of a small file of the model; `null` where it has no such file. */
  read(file: string): Promise<string | null>;
  /** Runs a loading with the package, the model's name and settings for it; what fails is explained as a `UserError`. */
  load<Loaded>(
    loading: (transformers: Transformers, name: string, settings: object) => Promise<Loaded>,
  ): Promise<Loaded>;
}

/**
 * Finds a model's weights and prepares the package for where they are. Throws `UserError` where the folder holds no
 * model, or the package is missing.
 */
export async function openModelFiles(
  location: ModelLocation,
  options: PackageOptions & {
    quantization: Quantization | undefined;
    variables: Readonly<Record<string, string | undefined>>;
    kind: ModelKind;
  },
): Promise<ModelFiles> {
  const { kind, quantization, variables } = options;
  const weights =
    location.kind === "folder"
      ? await findWeights(location.path, quantization)
      : { variant: quantization ?? "fp32", subfolder: "onnx" };
  const transformers = await importTransformers(options, kind);
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
    refuseInsecureHub(env.remoteHost);
  }
  const cached = new Set<string>();
  const settings = {
    dtype: weights.variant,
    subfolder: weights.subfolder,
    local_files_only: location.kind === "folder",
    progress_callback: (event: { status: string; file?: string; loaded?: number; total?: number }) => {
      if (location.kind === "folder") return;
      const { file = "", loaded = 0, total = 0 } = event;
      // The package tells the reading of a file that is in its cache like a download.
      if (event.status === "initiate" && existsSync(join(env.cacheDir, name, file))) cached.add(file);
      if (event.status !== "progress" || cached.has(file)) return;
      options.onDownload?.({ model: name, file, loadedBytes: loaded, totalBytes: total });
    },
  };
  const read =
    location.kind === "folder"
      ? readFrom(location.path)
      : readFromHub(location.name, { cache: env.cacheDir, host: env.remoteHost, token: variables["HF_TOKEN"] });
  return {
    read,
    load: async (loading) => {
      try {
        return await loading(transformers, name, settings);
      } catch (error) {
        throw explainLoading(error, location, kind);
      }
    },
  };
}

/** Tokens of one input at most. */
export function longestInput(model: TransformersModel, tokenizer: TransformersTokenizer): number {
  const positions = model.config?.max_position_embeddings ?? 512;
  return Math.min(tokenizer.model_max_length ?? positions, positions);
}

async function importTransformers(options: PackageOptions, kind: ModelKind): Promise<Transformers> {
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
        ? `${kind.name} need the package ${packageName}, which is not installed`
        : `the package ${packageName} cannot be loaded: ${messageOf(error)}`,
      {
        hint: `install it where rag is installed: npm install --global --ignore-scripts ${packageName} (without --global in a project that depends on milvus-rag)`,
        cause: error,
      },
    );
  }
}

function explainLoading(error: unknown, location: ModelLocation, kind: ModelKind): unknown {
  if (error instanceof UserError) return error;
  const said = messageOf(error);
  if (location.kind === "folder") {
    return new UserError("model-damaged", `the model in ${location.path} cannot be loaded: ${said}`, {
      hint: `check that the folder holds a ${kind.task} model in ONNX, and fetch or export it again`,
      exitCode: ExitCode.backend,
      cause: error,
    });
  }
  if (/unauthorized|could not locate file|not found|40[134]/i.test(said)) {
    return new ModelError("not-found", `local (${location.name}): the model hub has no such ONNX model: ${said}`, {
      hint: `check ${kind.setting}: it must have ONNX weights, as the models of Xenova and onnx-community have${kind.quantization === null ? "" : `; ${kind.quantization} must name a variant that it has`}`,
      cause: error,
    });
  }
  return new ModelError("connection", `local (${location.name}): the model cannot be fetched or loaded: ${said}`, {
    hint: 'check the network, set HF_ENDPOINT to a mirror, or put the model into a folder and name that ("./models/…")',
    cause: error,
  });
}
