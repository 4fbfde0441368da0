import type { ChatModel, ChatUsage } from "../../chat/types.ts";
import { ExitCode, messageOf, UserError } from "../../errors.ts";
import type { Hit } from "../../types.ts";
import type { Citation, Citations } from "./citations.ts";
import { fitContext, refusalMarker } from "./prompt.ts";
import type { PromptTemplate } from "./prompt.ts";

export type AskEvent =
  /** The passages that the answer is made from, before the model is asked; `hits[n - 1]` is the passage `[n]`. */
  | { type: "searched"; hits: Hit[] }
  /** A piece of the answer, to be shown at once. */
  | { type: "text"; text: string }
  /** What the reader should know about the answer; one sentence. */
  | { type: "notice"; message: string };

export interface AskResult {
  question: string;
  /** Where `refused`, the reason. */
  answer: string;
  /** The passages do not hold the answer, or (`strict`) do not bear it out. */
  refused: boolean;
  /** `provider/model`. */
  model: string;
  usage: ChatUsage | null;
  citations: Citation[];
  /** The passages as the model saw them; `hits[n - 1]` is the passage `[n]`. */
  hits: Hit[];
}

export interface AskDependencies {
  search(question: string): Promise<{ hits: Hit[] }>;
  chat: ChatModel;
  prompt: PromptTemplate;
}

export interface AskRequest {
  question: string;
  /** Characters of passages that the model is given at most. */
  maxContextChars: number;
  /** Refuse an answer that has no citation, or one that could not be verified. Nothing is shown before it is checked. */
  strict: boolean;
  stream: boolean;
  signal?: AbortSignal;
  onEvent(event: AskEvent): void;
}

/** The model failed in the middle of its answer. What had arrived is kept. */
export class IncompleteAnswerError extends UserError {
  readonly partialAnswer: string;

  constructor(partialAnswer: string, cause: UserError) {
    super("incomplete-answer", `${messageOf(cause).replace(/\.$/, "")}; the answer is incomplete`, {
      exitCode: cause.exitCode,
      cause,
      ...(cause.hint === null ? {} : { hint: cause.hint }),
    });
    this.name = "IncompleteAnswerError";
    this.partialAnswer = partialAnswer;
  }
}

/**
 * Answers a question from the passages that the search finds for it.
 *
 * Refuses without asking the model where nothing is found. Throws `UserError` (exit code 4) where the search or the
 * model fails, `IncompleteAnswerError` where a part of the answer had arrived.
 */
export async function ask(dependencies: AskDependencies, request: AskRequest): Promise<AskResult> {
  const { chat } = dependencies;
  const { question, strict, onEvent } = request;
  const found = await dependencies.search(question);
  const hits = await fitContext(found.hits, request.maxContextChars);
  onEvent({ type: "searched", hits });

  const result = { question, model: chat.name, usage: null, citations: [], hits };
  const refuse = (answer: string, rest: Partial<AskResult> = {}): AskResult => {
    onEvent({ type: "text", text: answer });
    return { ...result, answer, refused: true, ...rest };
  };
  if (hits.length === 0) return refuse("No context was found for this question.");

  // Loaded while the model thinks.
  const citing = import("./citations.ts");
  const reply = await readReply(dependencies, request, hits);
  const { usage } = reply;
  if (reply.refused) return { ...result, answer: reply.text, refused: true, usage };
  if (reply.text === "") {
    if (chat.generative) throw emptyAnswer(chat.name, reply.truncated);
    return refuse("The passages that were found do not answer this question.", { usage });
  }
  if (reply.truncated !== null) {
    onEvent({ type: "notice", message: `the answer is cut short: ${reply.truncated}` });
  }

  const { findCitations } = await citing;
  const { citations, unknown } = findCitations(reply.text, hits);
  const objection = strict ? objectionTo({ citations, unknown }) : null;
  if (objection !== null) return refuse(objection, { usage, citations });
  if (strict) onEvent({ type: "text", text: reply.text });
  if (unknown.length > 0) {
    onEvent({ type: "notice", message: `the answer cites ${brackets(unknown)}, and no such passage was given` });
  }
  return { ...result, answer: reply.text, refused: false, usage, citations };
}

interface Reply {
  text: string;
  /** The model said that the passages do not hold the answer; `text` is how it said so. */
  refused: boolean;
  usage: ChatUsage | null;
  truncated: string | null;
}

/** Asks the model, and passes on its text as it comes; in strict mode only a refusal, once it is complete. */
async function readReply(
  { chat, prompt }: AskDependencies,
  { question, strict, stream, signal, onEvent }: AskRequest,
  hits: Hit[],
): Promise<Reply> {
  const opening = createOpening();
  const reply: Reply = { text: "", refused: false, usage: null, truncated: null };
  const show = (text: string) => {
    if (text === "") return;
    reply.text += text;
    if (!strict) onEvent({ type: "text", text });
  };
  try {
    const events = chat.answer({
      question,
      passages: hits,
      messages: prompt.messages(question, hits),
      stream,
      ...(signal === undefined ? {} : { signal }),
    });
    for await (const event of events) {
      if (event.type === "text") show(opening.read(event.text));
      else if (event.type === "usage") reply.usage = event.usage;
      else if (event.type === "truncated") reply.truncated = event.reason;
    }
    show(opening.end());
  } catch (error) {
    const partial = reply.text + opening.end();
    if (!(error instanceof UserError) || partial.trim() === "" || signal?.aborted) throw error;
    throw new IncompleteAnswerError(partial, error);
  }
  reply.text = reply.text.trim();
  reply.refused = opening.refused;
  if (reply.refused && reply.text === "") show("The passages that were found do not answer this question.");
  if (reply.refused && strict) onEvent({ type: "text", text: reply.text });
  return reply;
}

/** What models put around the marker. */
const decoration = /^[\s*_`"'“”.:,;()[\]–—-]+/;

/**
 * Recognises a refusal by its first word. Holds text back only while it can still be the beginning of the marker:
 * the first piece of any other answer passes at once.
 */
function createOpening(): { read(text: string): string; end(): string; readonly refused: boolean } {
  let state: "open" | "answer" | "refusal" | "refusal-text" = "open";
  let held = "";
  return {
    get refused() {
      return state === "refusal" || state === "refusal-text";
    },
    read(text) {
      if (state === "answer" || state === "refusal-text") return text;
      held += text;
      const bare = held.replace(decoration, "");
      if (state === "open" && bare.startsWith(refusalMarker)) {
        state = "refusal";
        held = bare.slice(refusalMarker.length);
      } else if (state === "open") {
        if (refusalMarker.startsWith(bare)) return "";
        state = "answer";
        return held.trimStart();
      }
      const sentence = held.replace(decoration, "");
      if (sentence === "") return "";
      state = "refusal-text";
      return sentence;
    },
    end() {
      const rest = state === "open" ? held.trimStart() : "";
      held = "";
      return rest;
    },
  };
}

function objectionTo({ citations, unknown }: Citations): string | null {
  const unverified = citations.filter(({ verified }) => !verified).map(({ n }) => n);
  if (citations.length === 0) return "The answer was withheld: it cites no passage.";
  if (unknown.length > 0)
    return `The answer was withheld: it cites ${brackets(unknown)}, and no such passage was given.`;
  if (unverified.length === 0) return null;
  return `The answer was withheld: what it says with ${brackets(unverified)} could not be verified in the passage.`;
}

const brackets = (numbers: readonly number[]) => numbers.map((n) => `[${n}]`).join(", ");

function emptyAnswer(model: string, truncated: string | null): UserError {
  return new UserError("empty-answer", `${model} gave an empty answer${truncated === null ? "" : `: ${truncated}`}`, {
    exitCode: ExitCode.backend,
    hint:
      truncated === null
        ? "ask again, or choose another model with --llm"
        : "a model that reasons first needs room for both: raise llm.maxTokens",
  });
}
