import type { ChatModel } from "../../chat/types.ts";
import type { Embedder } from "../../embedders/types.ts";
import { ExitCode, UserError } from "../../errors.ts";
import type { Reranker } from "../../rerankers/types.ts";
import { type Examination, type Finding, ok } from "./check.ts";

const sample = "ping";

export interface ModelsToCheck {
  /** Opens the embedding model; `null`: none is configured. */
  openEmbedder: (() => Promise<Embedder>) | null;
  openChatModel(): Promise<ChatModel>;
  /** `null`: none is configured. */
  openReranker(): Promise<Reranker | null>;
  /** Ask no model anything. */
  offline: boolean;
  signal: AbortSignal;
}

/** Whether the models answer: one text to embed, one passage to rank, and the beginning of one answer. */
export function modelExaminations(models: ModelsToCheck): Examination[] {
  return [
    {
      name: "embedding",
      look: async () => {
        if (models.openEmbedder === null) return ok("none is configured: BM25 alone serves");
        const embedder = await models.openEmbedder();
        return models.offline ? notAsked(`${embedder.provider}/${embedder.model}`) : embedSample(embedder, models);
      },
    },
    {
      name: "reranker",
      look: async () => {
        const reranker = await models.openReranker();
        if (reranker === null) return ok("none is configured: hits stay in the order of the search");
        return models.offline ? notAsked(reranker.name) : rankSample(reranker, models);
      },
    },
    {
      name: "llm",
      look: async () => {
        const chat = await models.openChatModel();
        if (!chat.generative) return ok("none is configured: answers are quotes");
        return models.offline ? notAsked(chat.name) : beginAnswer(chat, models);
      },
    },
  ];
}

function notAsked(name: string): Finding {
  return ok(`${name} is configured; it was not asked, because of --offline`);
}

async function embedSample(embedder: Embedder, { signal }: ModelsToCheck): Promise<Finding> {
  const started = performance.now();
  const { provider, model } = embedder;
  const { vectors } = await embedder.embed([sample], signal);
  const took = Math.round(performance.now() - started);
  return ok(`${provider}/${model} answers in ${took} ms with ${vectors[0]?.length ?? 0} dimensions`);
}

async function rankSample(reranker: Reranker, { signal }: ModelsToCheck): Promise<Finding> {
  const started = performance.now();
  await reranker.rerank(sample, [sample], signal);
  return ok(`${reranker.name} answers in ${Math.round(performance.now() - started)} ms`);
}

async function beginAnswer(chat: ChatModel, { signal }: ModelsToCheck): Promise<Finding> {
  const started = performance.now();
  const messages = [{ role: "user", content: "Answer with the word yes." }] as const;
  for await (const event of chat.answer({
    question: sample,
    passages: [],
    frequencies: null,
    messages,
    stream: true,
    signal,
  })) {
    if (event.type !== "text" && event.type !== "reasoning") continue;
    return ok(`${chat.name} begins to answer after ${Math.round(performance.now() - started)} ms`);
  }
  throw new UserError("empty-answer", `${chat.name} gives an empty answer`, {
    exitCode: ExitCode.backend,
    hint: "choose another model: llm.model",
  });
}
