/** A model as it is written on the command line: `provider` or `provider/model`. */
export interface ModelName {
  provider: string;
  model: string | null;
}

/** Splits at the first slash, as models contain slashes themselves; `null` where one side is empty. */
export function parseModelName(text: string): ModelName | null {
  const slash = text.indexOf("/");
  if (slash === -1) return text === "" ? null : { provider: text, model: null };
  const provider = text.slice(0, slash);
  const model = text.slice(slash + 1);
  return provider === "" || model === "" ? null : { provider, model };
}

/** The value of `search.rerank` that names none. */
export const noReranker = "off";

/** What `search.rerank` names; `null` where it names none, or is not written as a model is. */
export function rerankerName(setting: string | undefined): ModelName | null {
  return setting === undefined || setting === noReranker ? null : parseModelName(setting);
}
