import { setImmediate as nextTurn } from "node:timers/promises";
import { ExitCode, messageOf } from "../../errors.ts";
import { ask as askQuestion } from "../../pipeline/ask/ask.ts";
import { planAnswer } from "../../pipeline/ask/dry-run.ts";
import { withUrls } from "../../pipeline/links/with-urls.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import { type CollectionPatterns, collectionPatterns, withoutCollection } from "../arguments/collection-patterns.ts";
import { parseFilter } from "../arguments/filters.ts";
import { keepConversation, keeperOf, readConversation, turnOf } from "../conversation/kept-conversation.ts";
import { readQuery } from "../arguments/input.ts";
import type { CommandContext } from "../context.ts";
import { type AnswerRenderer, createAnswerRenderer } from "../render/answer.ts";
import { renderPlannedAnswer } from "../render/planned-answer.ts";
import { type Runtime, linkOptions, withRuntime } from "../runtime.ts";
import { type AnsweringFlags, answeringOverrides, prepareAnswering } from "./answering/prepare-answering.ts";

export interface AskFlags extends AnsweringFlags {
  /** As given; `-` stands for standard input. */
  question: string;
  /** `false` with `--no-stream`. */
  stream: boolean;
  showContext?: boolean;
  /** Print the prompt, and ask no model. */
  dryRun?: boolean;
  /** Go on with the last conversation about the project, or begin one. Without it, nothing is kept. */
  continue?: boolean;
}

/** `rag ask`: exits with 1 where the documents do not answer the question. */
export async function ask(flags: AskFlags, context: CommandContext): Promise<ExitCode> {
  const asked: Asked = {
    flags,
    filters: flags.filter.map(parseFilter),
    question: await readQuery(flags.question, context),
    several: collectionPatterns(flags.collection, flags.boost),
  };
  const common = asked.several === null ? flags : withoutCollection(flags);
  return withRuntime(common, answeringOverrides(flags), context, async (runtime) => {
    const renderer = createAnswerRenderer(
      { showContext: flags.showContext ?? false, folders: runtime.environment },
      context.output,
    );
    try {
      return await untilAborted(answer(asked, renderer, runtime, context), context.signal);
    } catch (error) {
      const over = renderer.breakOff();
      // After Ctrl-C the command does not wait for a reader that has stopped reading.
      await (context.signal.aborted ? Promise.race([over, nextTurn()]) : over);
      throw error;
    }
  });
}

interface Asked {
  flags: AskFlags;
  filters: ReturnType<typeof parseFilter>[];
  question: string;
  several: CollectionPatterns | null;
}

async function answer(
  { flags, filters, question, several }: Asked,
  renderer: AnswerRenderer,
  runtime: Runtime,
  context: CommandContext,
): Promise<ExitCode> {
  const started = performance.now();
  const { config } = runtime;
  const { prompt, minScore, retrieval: open } = await prepareAnswering(runtime, { flags, filters, several }, context);
  if (flags.dryRun) {
    const { search } = await open();
    const planned = await planAnswer({ search, prompt }, { question, maxContextChars: config.ask.maxContextChars });
    const { provider, model } = config.llm;
    await renderPlannedAnswer({ ...planned, model: [provider, model].filter(Boolean).join("/") }, context.output);
    return planned.hits.length === 0 ? ExitCode.no : ExitCode.done;
  }
  const keeper = keeperOf(runtime, context);
  const before = flags.continue ? await readConversation(keeper) : [];
  if (flags.continue && before.length === 0) context.output.notice("there is no conversation yet: this begins one");
  const chat = await runtime.chatModel();
  const retrieval = await open();
  const answering = performance.now();
  let searched = answering;
  const result = await askQuestion(
    { search: retrieval.search, wordFrequencies: retrieval.wordFrequencies, chat, prompt },
    {
      question,
      ...(flags.continue ? { turns: before } : {}),
      maxContextChars: config.ask.maxContextChars,
      strict: config.ask.strict,
      stream: flags.stream,
      signal: context.signal,
      onEvent: (event) => {
        if (event.type === "standalone") context.output.stage("rewrite", performance.now() - answering, event.question);
        if (event.type === "searched") searched = performance.now();
        renderer.onEvent(event);
      },
    },
  );
  const answered = performance.now();
  await renderer.finish(
    { ...result, ...(await withUrls(result, linkOptions(runtime))) },
    Math.round(answered - started),
  );
  context.output.stage("answer", answered - searched, chat.name);
  renderer.advise(result, {
    collection: retrieval.collection,
    conditions: { filters: flags.filter, minScore },
    isGenerative: chat.generative,
  });
  if (flags.continue) {
    await keepConversation([...before, turnOf(result)], keeper).catch((error: unknown) =>
      context.output.warn(`the conversation is not kept: ${messageOf(error)}`),
    );
  }
  return result.refused ? ExitCode.no : ExitCode.done;
}
