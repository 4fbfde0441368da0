import { plainMarkdown } from "../../../markdown/plain-markdown.ts";
import type { ScoredChunk } from "../../../stores/types.ts";
import { literalHyphenatedWords, literalWords } from "../../../text/query/literal-words.ts";
import type { ParsedQuery } from "../../../text/query/parse-query.ts";

/** Whether a passage holds what a query puts in quotation marks, and nothing of what it excludes. */
export type Constraint = (hit: ScoredChunk) => boolean;

/**
 * `null` where the query asks for nothing of the kind. A phrase stands in the passage, or in what the passage stands
 * under, with or without marks of Markdown; words are compared as they are written, but for capitals and accents. A word
 * that is excluded may stand behind a hyphen: `tar -xzf` finds the option.
 */
export function constraintOf({ phrases, excluded }: Pick<ParsedQuery, "phrases" | "excluded">): Constraint | null {
  if (phrases.length + excluded.length === 0) return null;
  const wanted = phrases.map(literalWords);
  const unwanted = excluded.map(literalHyphenatedWords);
  return ({ chunk }) => {
    const written = chunk.context + chunk.text;
    const plain = plainMarkdown(written);
    const words = wanted.length === 0 ? [] : [literalWords(written), literalWords(plain)];
    if (!wanted.every((phrase) => words.some((text) => text.includes(phrase)))) return false;
    if (unwanted.length === 0) return true;
    const hyphenated = literalHyphenatedWords(plain);
    return !unwanted.some((phrase) => hyphenated.includes(phrase));
  };
}
