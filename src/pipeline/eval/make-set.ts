import type { ChatModel } from "../../chat/types.ts";
import { sectionNames } from "../../filters/heading-names.ts";
import { UserError } from "../../errors.ts";
import { readableBlocks, textOf } from "../../markdown/readable-blocks.ts";
import type { Collection } from "../../stores/types.ts";
import { contentWords } from "../../text/content-words.ts";
import type { Hit, StoredChunk } from "../../types.ts";
import { compareCodePoints } from "../../util/compare-code-points.ts";

/** A question as a line of a set. */
export interface MadeQuestion {
  question: string;
  source: string;
  lines?: [number, number];
  answer?: string;
}

export interface MakeRequest {
  /** Questions to make at most. */
  count: number;
  signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/** What stands under one heading of a document. */
interface Section {
  heading: string;
  source: string;
  /** `null` where the document has no lines. */
  firstLine: number | null;
  lastLine: number | null;
  /** Something stands between this heading and the next. */
  hasText: boolean;
}

/** Levels of headings with a mark of their own; below them are lines that only look like headings. */
const lastMarkedLevel = 6;
/** Documents that are read together. */
const documentsAtOnce = 64;
/** A heading of fewer words that carry a subject ("Overview") asks nothing. */
const leastHeadingWords = 2;
/** A passage of fewer characters says too little to ask about. */
const leastPassageChars = 120;

/**
 * Makes a first set of questions from a collection, for a person to correct. Without a model that writes, headings serve
 * as questions: those that name a subject and occur once. They come from all documents in turn. Throws `UserError`
 * `nothing-to-ask` where there is none, and what the store and the model throw.
 */
export async function makeQuestions(
  { collection, chat }: { collection: Collection; chat: ChatModel },
  request: MakeRequest,
): Promise<MadeQuestion[]> {
  const documents = await chunksByDocument(collection);
  const made = chat.generative
    ? await askForQuestions(inTurn(documents), chat, request)
    : headingQuestions(inTurn(documents.map(sectionsOf))).slice(0, request.count);
  if (made.length > 0) return made;
  throw new UserError("nothing-to-ask", `no question could be made from collection ${collection.name}`, {
    hint: chat.generative
      ? "the model gave no question in the form it was asked for; try another one with --llm"
      : "its documents have no headings that name a subject; with --llm <provider/model> a model writes questions",
  });
}

/** The chunks of each document in their order; the documents by source. */
async function chunksByDocument(collection: Collection): Promise<StoredChunk[][]> {
  const documents = (await collection.documents()).sort((a, b) => compareCodePoints(a.source, b.source));
  const chunks: StoredChunk[][] = [];
  for (let start = 0; start < documents.length; start += documentsAtOnce) {
    const batch = documents.slice(start, start + documentsAtOnce);
    const found = await collection.chunksOf(batch.map(({ docId }) => docId));
    for (const { docId } of batch) {
      chunks.push(found.filter((chunk) => chunk.docId === docId).sort((a, b) => a.ordinal - b.ordinal));
    }
  }
  return chunks;
}

/** The first of each list, then the second of each. */
function inTurn<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const most = lists.reduce((longest, { length }) => Math.max(longest, length), 0);
  return Array.from({ length: most }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1))).flat();
}

/** The sections of one document: a chunk may hold several of them, and a section several chunks. */
function sectionsOf(chunks: readonly StoredChunk[]): Section[] {
  const sections: Section[] = [];
  for (const { source, heading, text, startLine, endLine, format } of chunks) {
    const lineAt = (line: number): number | null => (startLine === null ? null : startLine + line);
    const blocks = format === "markdown" ? readableBlocks(text) : [];
    let section = sections.at(-1);
    const open = (name: string, line: number): Section => {
      const opened = { heading: name, source, firstLine: lineAt(line), lastLine: endLine, hasText: false };
      sections.push(opened);
      return opened;
    };
    section ??= open(heading.at(-1) ?? "", 0);
    for (const { kind, level, lines } of blocks) {
      if (kind !== "heading" || level > lastMarkedLevel) {
        section.hasText = true;
        continue;
      }
      const line = lines[0]?.line ?? 0;
      const above = lineAt(line - 1);
      // A chunk may repeat the end of the one before.
      if (above !== null && section.firstLine !== null) section.lastLine = Math.max(section.firstLine, above);
      section = open(textOf(lines), line);
    }
    section.lastLine = endLine;
  }
  return sections;
}

function headingQuestions(sections: readonly Section[]): MadeQuestion[] {
  const counts = new Map<string, number>();
  const keyOf = ({ heading }: Section): string => contentWords(heading).join(" ");
  for (const section of sections) counts.set(keyOf(section), (counts.get(keyOf(section)) ?? 0) + 1);
  return sections
    .filter((section) => section.hasText && counts.get(keyOf(section)) === 1)
    .filter(({ heading }) => new Set(contentWords(heading)).size >= leastHeadingWords)
    .map(({ heading, source, firstLine, lastLine }) => ({
      question: heading,
      source,
      ...(firstLine === null || lastLine === null ? {} : { lines: [firstLine, lastLine] }),
    }));
}

const instruction = `You write questions that test a search engine. You are given one passage of a document. Write one question that a reader of the document could have, that this passage answers, in the language of the passage, in words of your own where you can. Do not mention the passage or the document. Answer with one JSON object and nothing else: {"question": "…", "answer": "…"}; the answer is as short as it can be, taken word for word from the passage.`;

async function askForQuestions(
  chunks: readonly StoredChunk[],
  chat: ChatModel,
  { count, signal, onProgress }: MakeRequest,
): Promise<MadeQuestion[]> {
  const made: MadeQuestion[] = [];
  for (const chunk of chunks.filter(({ text }) => text.length >= leastPassageChars)) {
    if (made.length === count) break;
    signal.throwIfAborted();
    const written = readQuestion(await replyTo(chunk, chat, signal));
    const { startLine, endLine, source } = chunk;
    const lines = startLine === null || endLine === null ? {} : { lines: [startLine, endLine] as [number, number] };
    if (written !== null) made.push({ ...written, source, ...lines });
    onProgress(made.length, count);
  }
  return made;
}

async function replyTo(chunk: StoredChunk, chat: ChatModel, signal: AbortSignal): Promise<string> {
  let reply = "";
  const passage: Hit = {
    ...chunk,
    headings: sectionNames(chunk),
    rank: 1,
    score: 1,
    scores: { dense: null, text: null, rerank: null },
  };
  const messages = [
    { role: "system" as const, content: instruction },
    { role: "user" as const, content: chunk.text },
  ];
  const request = { question: instruction, passages: [passage], frequencies: null, messages, stream: false, signal };
  for await (const event of chat.answer(request)) if (event.type === "text") reply += event.text;
  return reply;
}

/** The object in a model's reply, whatever it wrote around it; `null` where there is none with a question. */
function readQuestion(reply: string): Pick<MadeQuestion, "question" | "answer"> | null {
  try {
    const { question, answer } = JSON.parse(
      reply.slice(reply.indexOf("{"), reply.lastIndexOf("}") + 1) || "{}",
    ) as Record<string, unknown>;
    if (typeof question !== "string" || question.trim() === "") return null;
    return { question, ...(typeof answer === "string" && answer !== "" ? { answer } : {}) };
  } catch {
    return null;
  }
}
