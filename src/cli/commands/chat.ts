import { type ExitCode, UserError } from "../../errors.ts";
import { collectionPatterns, withoutCollection } from "../arguments/collection-patterns.ts";
import { parseFilter } from "../arguments/filters.ts";
import type { CommandContext } from "../context.ts";
import { type ChatState, collectionsOf } from "../conversation/chat-state.ts";
import { converse } from "../conversation/converse.ts";
import { keeperOf, readConversation, readTypedLines } from "../conversation/kept-conversation.ts";
import { sayingOnce } from "../conversation/saying-once.ts";
import { openLineInput } from "../render/conversation/line-input.ts";
import { terminalText } from "../render/terminal-text.ts";
import { openRuntime } from "../runtime.ts";
import { createSession } from "../session.ts";
import { type AnsweringFlags, answeringOverrides, prepareAnswering } from "./answering/prepare-answering.ts";

export interface ChatFlags extends AnsweringFlags {
  /** Go on with the last conversation about the project. */
  continue?: boolean;
}

/** `rag chat`: a conversation on the terminal, or line by line from a pipe. */
export async function chat(flags: ChatFlags, context: CommandContext): Promise<ExitCode> {
  if (flags.json) {
    throw new UserError("usage", "chat prints no JSON", {
      hint: "rag ask --continue --json goes on with a conversation",
    });
  }
  const several = collectionPatterns(flags.collection, flags.boost);
  const filters = flags.filter.map((written) => ({ written, filter: parseFilter(written) }));
  const common = several === null ? flags : withoutCollection(flags);
  const state: ChatState = { collection: null, several, filters, turns: [], results: [] };
  const quiet = { ...context, output: sayingOnce(context.output) };
  const session = createSession(() => openRuntime(common, answeringOverrides(flags), quiet));
  try {
    const { typed, model, collection } = await session.use(async (runtime) => {
      // A collection or a model that is not there is said before the first question.
      const request = { flags, several, filters: filters.map(({ filter }) => filter) };
      const { retrieval } = await prepareAnswering(runtime, request, quiet);
      const [{ name, generative }] = await Promise.all([runtime.chatModel(), retrieval()]);
      const keeper = keeperOf(runtime, context);
      if (flags.continue) state.turns = await readConversation(keeper);
      return {
        typed: await readTypedLines(keeper),
        model: generative ? name : "quotes, as no LLM is configured",
        collection: collectionsOf(state, runtime.config.collection),
      };
    });
    const input = openLineInput(context, typed);
    try {
      const before = flags.continue ? `; goes on after ${state.turns.length} questions` : "";
      if (input.isTerminal) {
        context.output.notice(terminalText(`${collection}, ${model}${before}; /help lists the commands, Ctrl-D ends`));
      }
      return await converse({ state, session, context, asking: quiet.output, flags, input });
    } finally {
      input.close();
    }
  } finally {
    await session.close();
  }
}
