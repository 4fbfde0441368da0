import type { EncodedTexts, Transformers, TransformersInputs } from "./transformers-package.ts";

/** Tokens, padding included, that go through a model at once: bounds the memory it takes. */
const tokensAtOnce = 8192;
const textsAtOnce = 32;

/** Indexes of texts of similar length, the longest first, so that little of what goes through the model is padding. */
export function groupsByLength(texts: readonly string[], maxTokens: number): number[][] {
  const length = (index: number) => texts[index]?.length ?? 0;
  const order = texts.map((_, index) => index).sort((a, b) => length(b) - length(a));
  const groups: number[][] = [];
  let group: number[] = [];
  for (const index of order) {
    // The first text of a group is its longest, and all are padded to it. A token has a character at least.
    const longest = Math.min(maxTokens, length(group[0] ?? index) + 2);
    if (group.length === textsAtOnce || (group.length + 1) * longest > tokensAtOnce) {
      if (group.length > 0) groups.push(group);
      group = [];
    }
    group.push(index);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/**
 * A model's inputs, padded to the longest text and cut to `maxTokens`: a longer text keeps its first tokens and its
 * very last, which ends a text in models of the BERT family.
 */
export function toInputs(
  encoded: EncodedTexts,
  maxTokens: number,
  padding: number,
  Tensor: Transformers["Tensor"],
): TransformersInputs {
  const rows = encoded.input_ids.length;
  const width = Math.min(maxTokens, Math.max(...encoded.input_ids.map((ids) => ids.length)));
  const tensors = Object.entries(encoded).map(([name, lists]) => {
    const values = new BigInt64Array(rows * width).fill(BigInt(name === "input_ids" ? padding : 0));
    for (const [row, list] of lists.entries()) {
      const kept = list.length > width ? [...list.slice(0, width - 1), list.at(-1) ?? 0] : list;
      for (const [index, value] of kept.entries()) values[row * width + index] = BigInt(value);
    }
    return [name, new Tensor("int64", values, [rows, width])];
  });
  return Object.fromEntries(tensors) as TransformersInputs;
}
