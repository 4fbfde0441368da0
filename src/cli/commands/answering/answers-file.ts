import { randomUUID } from "node:crypto";
import { appendFile, rename, rm, writeFile } from "node:fs/promises";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { readRegularText } from "../../../files/read-regular-file.ts";
import type { AskResult } from "../../../pipeline/ask/ask.ts";
import type { BatchQuestion } from "../../../pipeline/batch/questions.ts";

/** A file of answers, one JSON line each, that an earlier run may have begun. */
export interface AnswersFile {
  /** The answer that an earlier run has written for the question; a failure counts as none. */
  answerTo(asked: BatchQuestion): AskResult | null;
  /** Appends the line of a question, which ends without a line break. */
  append(asked: BatchQuestion, line: string): Promise<void>;
  /** Brings the lines into the order of the questions; what belongs to none of them stays behind them. */
  putInOrder(questions: readonly BatchQuestion[]): Promise<void>;
}

/** Bytes of a file that is read. */
const maxFileBytes = 1_000_000_000;

/**
 * Opens a file of answers, which need not be there yet. Failures of an earlier run are taken out, and a last line that was
 * cut off. Throws `UserError` `invalid-answers` where the file holds anything else than answers, so that no other file is
 * changed, and `output-failed` where it cannot be written.
 */
export async function openAnswersFile(file: string, name: string): Promise<AnswersFile> {
  const lines = new Map<string, string>();
  const answers = new Map<string, AskResult>();
  const text = await readRegularText(file, maxFileBytes).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw outputFailed(name, error);
  });
  const written = text.split("\n");
  // Empty where the last line is complete.
  const cutOff = written.pop() ?? "";
  let isClean = cutOff === "";
  for (const [index, line] of written.entries()) {
    const read = readLine(line);
    if (read === null) throw invalid(name, index + 1);
    if (read.result === null) {
      isClean = false;
      continue;
    }
    lines.set(read.key, line);
    answers.set(read.key, read.result);
  }
  // A file without any complete line may be anything.
  if (cutOff !== "" && written.length === 0) throw invalid(name, 1);

  const write = (work: Promise<unknown>) =>
    work.catch((error: unknown) => {
      throw outputFailed(name, error);
    });
  const rewrite = (kept: readonly string[]) => write(replaceFile(file, kept.map((line) => `${line}\n`).join("")));
  if (isClean) await write(appendFile(file, ""));
  else await rewrite([...lines.values()]);

  return {
    answerTo: (asked) => answers.get(keyOf(asked)) ?? null,
    async append(asked, line) {
      lines.set(keyOf(asked), line);
      await write(appendFile(file, `${line}\n`));
    },
    async putInOrder(questions) {
      const asked = new Set(questions.map(keyOf));
      const ordered = [...asked, ...[...lines.keys()].filter((key) => !asked.has(key))];
      const kept = ordered.filter((key) => lines.has(key));
      if (kept.join("\n") === [...lines.keys()].join("\n")) return;
      await rewrite(kept.map((key) => lines.get(key) as string));
    },
  };
}

/** Equal for two questions that one answer serves. */
function keyOf({ id, question, filters }: BatchQuestion): string {
  return JSON.stringify([id, question, filters]);
}

/** Reads one line; `result` is `null` for a failure. Returns `null` for a line that no batch wrote. */
function readLine(line: string): { key: string; result: AskResult | null } | null {
  try {
    const { id = null, filter = [], error, ...result } = JSON.parse(line) as Record<string, unknown>;
    if (typeof result["question"] !== "string" || !isList(filter, (one) => typeof one === "string")) return null;
    const key = keyOf({ id: id as BatchQuestion["id"], question: result["question"], filters: filter as string[] });
    if (error !== undefined) return { key, result: null };
    const { answer, refused, citations, hits, closest } = result;
    const isAnswer =
      typeof answer === "string" &&
      typeof refused === "boolean" &&
      isList(citations, isObject) &&
      isList(hits, isPlace) &&
      isList(closest, isPlace);
    return isAnswer ? { key, result: result as unknown as AskResult } : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isPlace = (value: unknown) =>
  isObject(value) && typeof value["source"] === "string" && Array.isArray(value["heading"]);
const isList = (value: unknown, test: (one: unknown) => boolean) => Array.isArray(value) && value.every(test);

async function replaceFile(file: string, content: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { flag: "wx" });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

function invalid(name: string, line: number): UserError {
  return new UserError("invalid-answers", `${name}:${line}: this is no answer of a batch`, {
    hint: "name a new file with --output, or one that an earlier run has written",
  });
}

function outputFailed(name: string, error: unknown): UserError {
  return new UserError("output-failed", `cannot write ${name}: ${messageOf(error)}`, {
    hint: "name a file in a folder that exists",
    exitCode: ExitCode.backend,
    cause: error,
  });
}
