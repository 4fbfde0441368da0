import { readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import { ExitCode, messageOf, UserError } from "../../errors.ts";
import { ask as askQuestion } from "../../pipeline/ask/ask.ts";
import { defaultPrompt, parsePrompt } from "../../pipeline/ask/prompt.ts";
import type { PromptTemplate } from "../../pipeline/ask/prompt.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import type { CommandContext } from "../context.ts";
import { parseFilter } from "../arguments/filters.ts";
import { askOverrides } from "../arguments/flags.ts";
import type { AskFlags } from "../arguments/flags.ts";
import { readQuery } from "../arguments/input.ts";
import { createAnswerRenderer } from "../render/answer.ts";
import type { AnswerRenderer } from "../render/answer.ts";
import { describeConditions } from "../render/conditions.ts";
import { openRetrieval } from "../retrieval.ts";
import { withRuntime } from "../runtime.ts";
import type { Runtime } from "../runtime.ts";

/** `rag ask`: exits with 1 where the documents do not answer the question. */
export async function ask(flags: AskFlags, context: CommandContext): Promise<ExitCode> {
  const filters = flags.filter.map(parseFilter);
  const question = await readQuery(flags.question, context);
  return withRuntime(flags, askOverrides(flags), context, async (runtime) => {
    const renderer = createAnswerRenderer({ showContext: flags.showContext ?? false }, context.output);
    try {
      return await untilAborted(answer(question, filters, renderer, flags, runtime, context), context.signal);
    } catch (error) {
      const over = renderer.breakOff();
      // Whoever interrupts does not wait for a reader that has stopped reading.
      await (context.signal.aborted ? Promise.race([over, nextTurn()]) : over);
      throw error;
    }
  });
}

async function answer(
  question: string,
  filters: ReturnType<typeof parseFilter>[],
  renderer: AnswerRenderer,
  flags: AskFlags,
  runtime: Runtime,
  context: CommandContext,
): Promise<ExitCode> {
  const started = performance.now();
  const { config } = runtime;
  const prompt = await openPrompt(flags, runtime, context);
  const chat = await runtime.chatModel();
  const minScore = config.search.minScore ?? null;
  const retrieval = await openRetrieval(runtime, { filters, minScore }, context);
  let asked = performance.now();
  const result = await askQuestion(
    { search: (text) => retrieval.search(text), chat, prompt },
    {
      question,
      maxContextChars: config.ask.maxContextChars,
      strict: config.ask.strict,
      stream: flags.stream,
      signal: context.signal,
      onEvent: (event) => {
        if (event.type === "searched") asked = performance.now();
        renderer.onEvent(event);
      },
    },
  );
  const answered = performance.now();
  await renderer.finish(result, Math.round(answered - started));
  context.output.stage("answer", answered - asked, chat.name);
  const conditions = describeConditions({ filters: flags.filter, minScore });
  if (result.hits.length === 0 && conditions !== "") {
    context.output.notice(`nothing found in collection ${retrieval.collection}${conditions}`);
  }
  if (!chat.generative && result.hits.length > 0) {
    context.output.notice(
      "no LLM is configured: these are the passages' own sentences; to have a model answer: rag ask --llm openai …, or set llm in .ragrc (see docs/providers.md)",
    );
  }
  return result.refused ? ExitCode.no : ExitCode.done;
}

/** The prompt of `--prompt`, of the configuration, or the built-in one. */
async function openPrompt(flags: AskFlags, runtime: Runtime, context: CommandContext): Promise<PromptTemplate> {
  const { config, environment } = runtime;
  const { systemPrompt } = config.llm;
  const name = flags.prompt ?? config.ask.prompt;
  if (name === undefined) return defaultPrompt({ systemPrompt });
  const isOwn = flags.prompt !== undefined || environment.configIsTrusted;
  const folder = flags.prompt === undefined ? environment.projectRoot : context.workingDirectory;
  const text = await readPrompt(path.resolve(folder, name), name, isOwn ? null : environment.projectRoot);
  return parsePrompt(text, { name, systemPrompt });
}

/** `within`: the only folder that the file may lie in, since what it holds is sent to a model. */
async function readPrompt(file: string, name: string, within: string | null): Promise<string> {
  try {
    if (within !== null) {
      const relative = path.relative(await realpath(within), await realpath(file));
      if (relative.startsWith("..") || path.isAbsolute(relative)) {
        throw new UserError("invalid-prompt", `ask.prompt of the project names a file outside of it: ${name}`, {
          hint: "move the file into the project, or name it yourself with --prompt",
        });
      }
    }
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("path-not-found", `cannot read the prompt ${name}: ${messageOf(error)}`, {
      hint: "--prompt is relative to the working folder, ask.prompt to the configuration file",
      cause: error,
    });
  }
}
