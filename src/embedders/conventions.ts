import { UserError, messageOf } from "../errors.ts";

/** How a model's output becomes vectors; what its author says of it, `null` where they do not. */
export interface ModelConventions {
  pooling: "mean" | "cls" | null;
  queryPrefix: string | null;
  documentPrefix: string | null;
}

/** Prefixes that model families were trained with, for models whose files do not say so. */
const familyPrefixes: [RegExp, { query: string; document: string }][] = [
  [/nomic-embed-text/i, { query: "search_query: ", document: "search_document: " }],
  [/(^|[/-])e5-(small|base|large)(?!.*instruct)/i, { query: "query: ", document: "passage: " }],
  [/bge-(small|base|large)-en/i, { query: "Represent this sentence for searching relevant passages: ", document: "" }],
  [/mxbai-embed/i, { query: "Represent this sentence for searching relevant passages: ", document: "" }],
  [/snowflake-arctic-embed/i, { query: "Represent this sentence for searching relevant passages: ", document: "" }],
];

/**
 * Pooling and prefixes from the files that sentence-transformers writes beside a model, else what is known of its family.
 *
 * @param read the content of a file of the model; `null` where it has no such file
 */
export async function readConventions(
  name: string,
  read: (file: string) => Promise<string | null>,
): Promise<ModelConventions> {
  const pooling = parse<Record<string, unknown>>(await read("1_Pooling/config.json"), "1_Pooling/config.json");
  const sentence = parse<{ prompts?: Record<string, unknown> }>(
    await read("config_sentence_transformers.json"),
    "config_sentence_transformers.json",
  );
  const family = familyPrefixes.find(([pattern]) => pattern.test(name))?.[1];
  const prompt = (...keys: string[]) =>
    keys.map((key) => sentence?.prompts?.[key]).find((text) => typeof text === "string");
  return {
    pooling: poolingOf(pooling),
    queryPrefix: prompt("query") ?? family?.query ?? null,
    documentPrefix: prompt("document", "passage") ?? family?.document ?? null,
  };
}

function poolingOf(config: Record<string, unknown> | null): "mean" | "cls" | null {
  if (config === null) return null;
  if (config["pooling_mode_cls_token"] === true) return "cls";
  if (config["pooling_mode_mean_tokens"] === true) return "mean";
  const mode = Object.keys(config).find((key) => key.startsWith("pooling_mode_") && config[key] === true);
  if (mode === undefined) return null;
  throw new UserError("pooling-not-supported", `the model pools with ${mode}, which is not supported`, {
    hint: 'choose another model, or set embedding.pooling to "mean" or "cls"',
  });
}

function parse<Content>(text: string | null, file: string): Content | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as Content;
  } catch (error) {
    throw new UserError("model-damaged", `the model's ${file} is no JSON (${messageOf(error)})`, {
      hint: "fetch the model again",
      cause: error,
    });
  }
}
