import type { AskDependencies } from "../../../pipeline/ask/ask.ts";
import { passagesToFind } from "../../../pipeline/ask/context.ts";
import { defaultPrompt, parsePrompt } from "../../../pipeline/ask/prompt.ts";
import type { Filter } from "../../../types.ts";
import type { CollectionPatterns } from "../../arguments/collection-patterns.ts";
import { type RetrievalFlags, given, retrievalOverrides } from "../../arguments/flags.ts";
import { readPromptFile } from "../../arguments/prompt-file.ts";
import type { Override } from "../../../config/load.ts";
import type { CommandContext } from "../../context.ts";
import type { Runtime } from "../../runtime.ts";
import { type Retrieval, openRetrieval } from "../retrieval.ts";
import { openRetrievals } from "../several-collections.ts";

/** What `ask` and `chat` share. */
export interface AnsweringFlags extends RetrievalFlags {
  prompt?: string;
  maxContextChars?: number;
  strict?: boolean;
}

/** What a command adds to the configuration. */
export interface AnsweringRequest {
  flags: AnsweringFlags;
  filters: Filter[];
  several: CollectionPatterns | null;
}

export interface Answering {
  prompt: AskDependencies["prompt"];
  minScore: number | null;
  /** Whether answers are quotes, because no LLM is configured. */
  isQuoting: boolean;
  /** Opens what is searched. */
  retrieval(): Promise<Retrieval>;
}

/** Reads the prompt, and says how passages are found; opens nothing yet. Throws `UserError` for a prompt that is wrong. */
export async function prepareAnswering(
  runtime: Runtime,
  { flags, filters, several }: AnsweringRequest,
  context: CommandContext,
): Promise<Answering> {
  const { config, environment } = runtime;
  const { provider, systemPrompt } = config.llm;
  const file = await readPromptFile(flags.prompt, config.ask.prompt, environment);
  const prompt =
    file === null ? defaultPrompt({ systemPrompt }) : parsePrompt(file.text, { name: file.name, systemPrompt });
  const minScore = config.search.minScore ?? null;
  const isQuoting = provider === "extractive";
  const topK = passagesToFind(config.search.topK, { isGiven: flags.topK !== undefined, isQuoting });
  const request = { filters, minScore, topK, rerank: flags.rerank };
  return {
    prompt,
    minScore,
    isQuoting,
    retrieval: () =>
      several === null ? openRetrieval(runtime, request, context) : openRetrievals(runtime, several, request, context),
  };
}

/** `--prompt` is read from the working folder, so it is no override of a path in the file. */
export function answeringOverrides(flags: AnsweringFlags): Override[] {
  return [
    ...retrievalOverrides(flags),
    ...given([
      ["ask.maxContextChars", flags.maxContextChars, "--max-context-chars"],
      ["ask.strict", flags.strict, "--strict"],
    ]),
  ];
}
