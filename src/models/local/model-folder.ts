import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";

import { UserError } from "../../errors.ts";
import { readRegularText } from "../../files/read-regular-file.ts";

/** Of the small files that say how a model is used. */
export const maxModelFileBytes = 1_000_000;

/** Where a model's files are. */
export type ModelLocation =
  /** A folder on disk; nothing is downloaded. */
  | { kind: "folder"; path: string }
  /** A name on the model hub, e.g. `Xenova/all-MiniLM-L6-v2`. */
  | { kind: "hub"; name: string };

/** Names of the weights' files by variant, as transformers.js knows them. */
const weightFiles = {
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  q8: "model_quantized.onnx",
  int8: "model_int8.onnx",
  uint8: "model_uint8.onnx",
  q4: "model_q4.onnx",
  q4f16: "model_q4f16.onnx",
  bnb4: "model_bnb4.onnx",
} as const;

export type Quantization = keyof typeof weightFiles;

/**
 * A folder where the name is a path or one exists by that name, else a name on the hub. Throws `UserError`.
 *
 * @param root what a relative path starts from
 * @param setting what names the model, for messages
 */
export async function locateModel(model: string, root: string, setting = "embedding.model"): Promise<ModelLocation> {
  const path = resolve(root, model.startsWith("~/") ? join(homedir(), model.slice(2)) : model);
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (isFolder) return { kind: "folder", path };
  if (/^(\.{1,2}|~)([/\\]|$)/.test(model) || isAbsolute(model)) {
    throw new UserError("model-not-found", `there is no model folder ${path}`, {
      hint: `a path in ${setting} is relative to the configuration file's folder`,
    });
  }
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(model)) {
    throw new UserError("model-not-found", `"${model}" is neither a folder nor a name on the model hub`, {
      hint: `names on the hub are owner/model, e.g. Xenova/${basename(model) || "all-MiniLM-L6-v2"}; a folder is written ./${model}`,
    });
  }
  return { kind: "hub", name: model };
}

/**
 * The variant of the weights in a folder, and whether they stand in its `onnx` folder or beside `config.json`.
 * Throws `UserError` where the folder holds no such model.
 */
export async function findWeights(
  folder: string,
  wanted: Quantization | undefined,
): Promise<{ variant: Quantization; subfolder: "onnx" | "" }> {
  const missing: string[] = [];
  for (const name of ["config.json", "tokenizer.json"]) {
    await stat(join(folder, name)).catch(() => missing.push(name));
  }
  if (missing.length > 0) {
    throw new UserError("model-not-found", `${folder} holds no model: ${missing.join(" and ")} missing`, {
      hint: "a model folder has config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx",
    });
  }
  const found: { variant: Quantization; subfolder: "onnx" | "" }[] = [];
  for (const subfolder of ["onnx", ""] as const) {
    const names: string[] = await readdir(join(folder, subfolder)).catch(() => []);
    for (const [variant, file] of Object.entries(weightFiles)) {
      if (names.includes(file)) found.push({ variant: variant as Quantization, subfolder });
    }
  }
  const weights = wanted === undefined ? found[0] : found.find(({ variant }) => variant === wanted);
  if (weights) return weights;
  const variants = [...new Set(found.map(({ variant }) => variant))];
  throw new UserError(
    "model-not-found",
    wanted === undefined || variants.length === 0
      ? `${folder} holds no ONNX weights`
      : `${folder} holds no ${wanted} weights`,
    {
      hint:
        variants.length === 0
          ? "export the model to ONNX first, e.g. with optimum-cli export onnx; the weights are looked for in onnx/model.onnx and model.onnx"
          : `set embedding.quantization to ${variants.join(" or ")}, or leave it out`,
    },
  );
}

/** Reads a model's file from its folder; `null` where it has none. */
export function readFrom(folder: string): (file: string) => Promise<string | null> {
  return (file) => readRegularText(join(folder, file), maxModelFileBytes).catch(() => null);
}

/**
 * A folder as transformers.js takes it: a name below a root. Version 4 checks that the name could be one of the hub,
 * and takes a path where it could not.
 */
export function nameBelowRoot(folder: string, version: string): { root: string; name: string } {
  const name = basename(folder);
  const allowed = version.startsWith("3.") || (/^\w[\w.-]*$/.test(name) && !/\.\.|--|\.git$|\.ipynb$/.test(name));
  return { root: dirname(folder), name: allowed ? name : folder };
}
