import type { ScoredChunk } from "../../../stores/types.ts";
import type { ParsedQuery } from "../../../text/query/parse-query.ts";
import { searchTerms } from "../../../text/search-terms.ts";
import type { StageQuery } from "../stage.ts";
import { corrected, mistypedWords } from "./mistyped.ts";

/** A question has many short words that a collection need not hold, and that are like others. */
const leastLetters = { query: 4, question: 5 };

interface Retrieval {
  retrieve(query: StageQuery): Promise<ScoredChunk[]>;
  isQuestion: boolean;
  isHeldElsewhere(word: string): Promise<boolean>;
  /** Told where something else was searched for than was written. */
  onNotice(message: string): void;
}

/**
 * The hits of a query, and the query as it was understood: with the words that were meant in the place of those that
 * the collection does not hold. What stands in quotation marks is meant as it is written.
 */
export async function understand(
  asked: StageQuery,
  { phrases }: ParsedQuery,
  { retrieve, isQuestion, isHeldElsewhere, onNotice }: Retrieval,
): Promise<{ query: StageQuery; hits: ScoredChunk[] }> {
  const hits = await retrieve(asked);
  const corrections = await mistypedWords(asked.collection, {
    text: asked.text,
    hits,
    literal: phrases,
    leastLetters: isQuestion ? leastLetters.question : leastLetters.query,
    isHeldElsewhere,
  });
  if (corrections.length === 0) return { query: asked, hits };
  for (const { word, meant } of corrections) onNotice(`nothing holds "${word}"; searched for "${meant}"`);
  const text = corrected(asked.text, corrections);
  const query = { ...asked, text, terms: searchTerms(text) };
  return { query, hits: await retrieve(query) };
}
