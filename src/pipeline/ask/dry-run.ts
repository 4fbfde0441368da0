import type { ChatMessage } from "../../chat/types.ts";
import type { Hit } from "../../types.ts";
import { estimateTokens } from "../embed/estimate-tokens.ts";
import type { AskDependencies, AskRequest } from "./ask.ts";
import { buildContext } from "./context.ts";

/** What a model would be sent. */
export interface PlannedAnswer {
  question: string;
  messages: ChatMessage[];
  /** Estimated, rather too many than too few: how many there are only the model tells. */
  tokens: number;
  /** The passages in the prompt; `hits[n - 1]` is the passage `[n]`. */
  hits: Hit[];
}

/** Makes the prompt for a question as `ask` does, and asks no model. Throws `UserError` where the search fails. */
export async function planAnswer(
  { search, prompt }: Pick<AskDependencies, "search" | "prompt">,
  { question, maxContextChars }: Pick<AskRequest, "question" | "maxContextChars">,
): Promise<PlannedAnswer> {
  const hits = await buildContext((await search(question)).hits, maxContextChars);
  const messages = prompt.messages(question, hits);
  const tokens = messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  return { question, messages, tokens, hits };
}
