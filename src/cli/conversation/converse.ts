import { setImmediate as nextTurn } from "node:timers/promises";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import { ask } from "../../pipeline/ask/ask.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import { type AnsweringFlags, prepareAnswering } from "../commands/answering/prepare-answering.ts";
import { interrupted } from "../interruption.ts";
import { createAnswerRenderer } from "../render/answer.ts";
import type { LineInput } from "../render/conversation/line-input.ts";
import type { Output } from "../render/output.ts";
import type { Runtime } from "../runtime.ts";
import { keepConversation, keepTypedLines, keeperOf, turnOf } from "./kept-conversation.ts";
import { createMessageReader } from "./message-reader.ts";
import { type ChatWork, runSlashCommand, slashCommand } from "./slash-commands.ts";

/** What a conversation needs beside its state. */
export interface Conversation extends ChatWork {
  input: LineInput;
  /** What the search and the model have to say is said once. */
  asking: Output;
  flags: AnsweringFlags;
}

const prompts = { first: "› ", next: "… " };

/**
 * Answers what is asked until the input ends. A question that fails is said, and the chat goes on: it ends with 0, from a
 * pipe with 3 where a question failed, and with 130 after Ctrl-C twice at the prompt.
 */
export async function converse(conversation: Conversation): Promise<ExitCode> {
  const { input, context } = conversation;
  const message = createMessageReader();
  let wasInterrupted = false;
  let hasFailed = false;
  for (;;) {
    const entry = await input.next(message.isOpen ? prompts.next : prompts.first);
    if (entry.type === "interrupt") {
      const isSecond = wasInterrupted && entry.isEmpty && !message.isOpen;
      if (isSecond) return ExitCode.interrupted;
      wasInterrupted = entry.isEmpty && !message.isOpen;
      message.end();
      if (wasInterrupted) context.output.notice("press Ctrl-C again, or Ctrl-D, to end the chat");
      continue;
    }
    wasInterrupted = false;
    const text = entry.type === "line" ? message.read(entry.text) : message.end();
    if (text !== null && text !== "") {
      const outcome = await input.during(...interruptible(conversation, text));
      if (outcome === "exit") break;
      if (outcome === "failed") hasFailed = true;
    }
    if (entry.type === "end") {
      // The cursor stands behind the prompt.
      if (input.isTerminal) await context.output.messages.write("\n");
      break;
    }
  }
  return hasFailed && !input.isTerminal ? ExitCode.partial : ExitCode.done;
}

type Outcome = "exit" | "failed" | "done";

/** What Ctrl-C does, and the work that it ends. */
function interruptible(conversation: Conversation, text: string): [() => void, () => Promise<Outcome>] {
  const stop = new AbortController();
  const { context } = conversation;
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const work = async (): Promise<Outcome> => {
    const command = slashCommand(text);
    try {
      if (command === null)
        await answer({ ...conversation, context: { ...context, output: conversation.asking, signal } }, text);
      else if ((await untilAborted(runSlashCommand(command, conversation), signal)) === "exit") return "exit";
      return "done";
    } catch (error) {
      context.signal.throwIfAborted();
      if (stop.signal.aborted) {
        context.output.notice("interrupted");
        return "done";
      }
      if (!(error instanceof UserError)) throw error;
      await context.output.error(error);
      return "failed";
    } finally {
      await keepTyped(conversation);
    }
  };
  return [() => stop.abort(interrupted()), work];
}

/** Answers a question, shows it as it comes, and adds it to the conversation. Throws as `ask` does. */
async function answer({ state, session, context, flags }: Conversation, question: string): Promise<void> {
  const { output, signal } = context;
  await session.use(async (opened) => {
    const runtime = withCollection(opened, state.collection);
    const renderer = createAnswerRenderer({ showContext: false, folders: runtime.environment }, output);
    try {
      await untilAborted(show(runtime), signal);
    } catch (error) {
      const over = renderer.breakOff();
      await (signal.aborted ? Promise.race([over, nextTurn()]) : over);
      throw error;
    }

    async function show(runtime: Runtime): Promise<void> {
      const { config } = runtime;
      const filters = state.filters.map(({ filter }) => filter);
      const { several } = state;
      const prepared = await prepareAnswering(runtime, { flags, filters, several }, context);
      // Opened for each question, so that it sees what was ingested meanwhile; the store and the models stay open.
      const retrieval = await prepared.retrieval();
      const chat = await runtime.chatModel();
      const started = performance.now();
      const result = await ask(
        { search: retrieval.search, wordFrequencies: retrieval.wordFrequencies, chat, prompt: prepared.prompt },
        {
          question,
          turns: state.turns,
          maxContextChars: config.ask.maxContextChars,
          strict: config.ask.strict,
          stream: true,
          signal,
          onEvent: (event) => {
            if (event.type === "standalone") output.stage("rewrite", performance.now() - started, event.question);
            renderer.onEvent(event);
          },
        },
      );
      await renderer.finish(result, Math.round(performance.now() - started));
      await output.results.write("\n");
      state.turns = [...state.turns, turnOf(result)];
      state.results = [...state.results, result];
      await keepConversation(state.turns, keeperOf(runtime, context)).catch((error: unknown) =>
        output.warn(`the conversation is not kept: ${messageOf(error)}`),
      );
    }
  });
}

function withCollection(runtime: Runtime, collection: string | null): Runtime {
  return collection === null ? runtime : { ...runtime, config: { ...runtime.config, collection } };
}

/** Keeps what was typed; a chat that cannot keep it goes on. */
async function keepTyped({ input, session, context }: Conversation): Promise<void> {
  if (!input.isTerminal) return;
  await session.use((runtime) => keepTypedLines(input.typed, keeperOf(runtime, context)).catch(() => {}));
}
