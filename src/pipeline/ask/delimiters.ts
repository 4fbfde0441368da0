/** Control tokens of chat formats, which some servers read out of a message's text: `<|im_end|>`, `<end_of_turn>`, `</s>`. */
const controlToken = /<(?=[|｜][^|｜<>\s]{1,40}[|｜]>|(?:start|end)_of_turn>|\/?s>|<\/?SYS>>)/g;
/** Those of Llama 2 and Mistral. */
const instructionToken = /\[(?=\/?INST\])/g;

/**
 * Text of a document in which none of the prompt's own delimiters is left: their `<` becomes `&lt;`, so that a document
 * can neither close the context that it stands in nor open a question of its own.
 */
export function neutralizeDelimiters(text: string, tags: ReadonlySet<string>): string {
  const names = [...tags].map((tag) => [...tag].map(literal).join(String.raw`\p{Cf}*`)).join("|");
  const withoutTokens = text.replaceAll(controlToken, "&lt;").replaceAll(instructionToken, "&#91;");
  if (names === "") return withoutTokens;
  // Invisible characters between the parts of a tag do not save it.
  const gap = String.raw`[\s\p{Cf}]*`;
  return withoutTokens.replaceAll(new RegExp(`<(?=${gap}/?${gap}(?:${names})(?![\\p{L}\\p{N}_-]))`, "giu"), "&lt;");
}

const literal = (character: string): string => character.replace(/[^\p{L}\p{N}_]/u, "\\$&");
