import type { ChatModel, ChatUsage } from "../../chat/types.ts";
import { ExitCode, messageOf, UserError } from "../../errors.ts";
import { withoutMeasures } from "../../text/measure-words.ts";
import type { Hit, WordFrequencies } from "../../types.ts";
import type { Citation, CitationChecker, Citations, Quotation } from "./citations.ts";
import { buildContext } from "./context.ts";
import type { Turn } from "./conversation.ts";
import type { DoubtMarks, MarkedPiece } from "./doubt-marks.ts";
import type { PromptTemplate } from "./prompt.ts";
import { createOpening } from "./refusal-opening.ts";

export type AskEvent =
  /** What is searched for in the place of a question that goes on with a conversation. */
  | { type: "standalone"; question: string }
  /** The passages that the answer is made from, before the model is asked; `hits[n - 1]` is the passage `[n]`. */
  | { type: "searched"; hits: Hit[] }
  /** A piece of the answer, to be shown at once. */
  | { type: "text"; text: string }
  /** The passages do not bear out the statement that was shown last, for this reason; stands behind its citation. */
  | { type: "doubt"; why: string }
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
  /** What was searched for, where the question went on with a conversation. */
  standalone?: string;
  /** Where `refused`, the places that come nearest to an answer; else empty. */
  closest: Hit[];
}

export interface AskDependencies {
  search(question: string): Promise<{ hits: Hit[] }>;
  /** How rare the words of a text are in the collection, which a model that only quotes goes by. */
  wordFrequencies?(text: string): Promise<WordFrequencies | null>;
  chat: ChatModel;
  prompt: PromptTemplate;
}

export interface AskRequest {
  question: string;
  /** The conversation that the question goes on with, the oldest turn first. */
  turns?: readonly Turn[] | undefined;
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
  const standalone = await searchedFor(dependencies, request);
  const counted = chat.generative ? null : dependencies.wordFrequencies?.(withoutMeasures(standalone));
  const [found, frequencies = null] = await Promise.all([dependencies.search(standalone), counted]);
  const hits = await buildContext(found.hits, request.maxContextChars);
  onEvent({ type: "searched", hits });

  const continued = request.turns === undefined ? {} : { standalone };
  const result = { question, ...continued, model: chat.name, usage: null, citations: [], hits, closest: [] };
  const refuse = (answer: string, rest: Partial<AskResult> = {}): AskResult => {
    onEvent({ type: "text", text: answer });
    return { ...result, answer, refused: true, closest: nearest(hits), ...rest };
  };
  if (hits.length === 0) return refuse("No context was found for this question.");

  // Loaded while the model thinks.
  const citing = import("./citations.ts");
  const checking = citing.then(({ createCitationChecker }) => createCitationChecker(hits));
  const reply = await readReply(dependencies, request, { standalone, hits, frequencies, checking });
  const { usage } = reply;
  if (reply.refused) return { ...result, answer: reply.text, refused: true, usage, closest: nearest(hits) };
  if (reply.text === "") {
    if (chat.generative) throw emptyAnswer(chat.name, reply.truncated);
    return refuse("The passages that were found do not answer this question.", { usage });
  }
  if (reply.truncated !== null) {
    onEvent({ type: "notice", message: `the answer is cut short: ${reply.truncated}` });
  }

  if (reply.quotes.length > 0) {
    const { quoteCitations } = await citing;
    if (strict) onEvent({ type: "text", text: reply.text });
    return { ...result, answer: reply.text, refused: false, usage, citations: quoteCitations(reply.quotes, hits) };
  }
  const { citations, unknown } = (await checking).citations(reply.text);
  const objection = strict ? objectionTo({ citations, unknown }) : null;
  if (objection !== null) return refuse(objection, { usage, citations });
  if (strict) onEvent({ type: "text", text: reply.text });
  if (unknown.length > 0) {
    onEvent({ type: "notice", message: `the answer cites ${brackets(unknown)}, and no such passage was given` });
  }
  return { ...result, answer: reply.text, refused: false, usage, citations };
}

/** The question as it is searched for: by itself it may not say what it is about. */
async function searchedFor(
  { chat, wordFrequencies }: AskDependencies,
  { question, turns = [], signal, onEvent }: AskRequest,
): Promise<string> {
  if (turns.length === 0) return question;
  const { standaloneQuestion } = await import("./standalone-question.ts");
  const onNotice = (message: string) => onEvent({ type: "notice", message });
  const standalone = await standaloneQuestion({ chat, wordFrequencies }, question, turns, { signal, onNotice });
  onEvent({ type: "standalone", question: standalone });
  return standalone;
}

/** Places that a refusal names. */
const namedPlaces = 3;

function nearest(hits: readonly Hit[]): Hit[] {
  return hits.slice(0, namedPlaces);
}

interface Reply {
  text: string;
  /** What it shows word for word, where the model only quotes. */
  quotes: Quotation[];
  /** The model said that the passages do not hold the answer; `text` is how it said so. */
  refused: boolean;
  usage: ChatUsage | null;
  truncated: string | null;
}

/** What a reply is made of. */
interface Material {
  /** The question, understood without the conversation. */
  standalone: string;
  hits: Hit[];
  frequencies: WordFrequencies | null;
  checking: Promise<CitationChecker>;
}

/** Asks the model, and passes on its text as it comes; in strict mode only a refusal, once it is complete. */
async function readReply(
  { chat, prompt }: AskDependencies,
  { question, turns, strict, stream, signal, onEvent }: AskRequest,
  { standalone, hits, frequencies, checking }: Material,
): Promise<Reply> {
  const opening = createOpening();
  const reply: Reply = { text: "", quotes: [], refused: false, usage: null, truncated: null };
  const showAtOnce = (text: string) => {
    if (!strict && text !== "") onEvent({ type: "text", text });
  };
  const marks = lazyMarks(checking, (piece) => {
    if (strict) return;
    onEvent("text" in piece ? { type: "text", text: piece.text } : { type: "doubt", why: piece.why });
  });
  const show = async (text: string): Promise<void> => {
    reply.text += text;
    await marks.read(text);
  };
  try {
    const events = chat.answer({
      // A model that quotes compares words with this one. A generative one gets the question as asked, and the conversation.
      question: standalone,
      passages: hits,
      frequencies,
      messages: prompt.messages(question, hits, turns),
      stream,
      ...(signal === undefined ? {} : { signal }),
    });
    for await (const event of events) {
      if (event.type === "text") await show(opening.read(event.text));
      else if (event.type === "quote") {
        const { text, passage, quoted, line, endLine } = event;
        reply.text += text;
        reply.quotes.push({ passage, quoted, line, endLine });
        showAtOnce(text);
      } else if (event.type === "usage") reply.usage = event.usage;
      else if (event.type === "truncated") reply.truncated = event.reason;
    }
    await show(opening.end());
    await marks.end();
  } catch (error) {
    await marks.end();
    const partial = reply.text + opening.end();
    if (!(error instanceof UserError) || partial.trim() === "" || signal?.aborted) throw error;
    throw new IncompleteAnswerError(partial, error);
  }
  reply.text = reply.text.trim();
  reply.refused = opening.refused;
  if (reply.refused && reply.text === "") {
    reply.text = "The passages that were found do not answer this question.";
    showAtOnce(reply.text);
  }
  if (reply.refused && strict) onEvent({ type: "text", text: reply.text });
  return reply;
}

/** `createDoubtMarks`, which the first text with a bracket loads: what comes before passes at once. */
function lazyMarks(
  checking: Promise<CitationChecker>,
  pass: (piece: MarkedPiece) => void,
): { read(text: string): Promise<void>; end(): Promise<void> } {
  let passed = "";
  let marks: DoubtMarks | null = null;
  return {
    async read(text) {
      if (text === "") return;
      if (marks === null && !/[[［【〔]/.test(text)) {
        passed += text;
        pass({ text });
        return;
      }
      if (marks === null) {
        const [{ createDoubtMarks }, { objectionAt }] = await Promise.all([import("./doubt-marks.ts"), checking]);
        marks = createDoubtMarks(objectionAt, passed);
      }
      for (const piece of marks.read(text)) pass(piece);
    },
    async end() {
      for (const piece of marks?.end() ?? []) pass(piece);
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
