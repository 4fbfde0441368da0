import type { BatchLine } from "../../render/documents.ts";
import path from "node:path";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { readRegularText } from "../../../files/read-regular-file.ts";
import { ask as askQuestion } from "../../../pipeline/ask/ask.ts";
import { type BatchOutcome, type BatchTally, runBatch } from "../../../pipeline/batch/batch.ts";
import { findGaps } from "../../../pipeline/batch/gaps.ts";
import { type BatchQuestion, parseBatch } from "../../../pipeline/batch/questions.ts";
import type { Filter } from "../../../types.ts";
import { untilAborted } from "../../../util/until-aborted.ts";
import { collectionPatterns, withoutCollection } from "../../arguments/collection-patterns.ts";
import { parseFilter } from "../../arguments/filters.ts";
import { sayingOnce } from "../../conversation/saying-once.ts";
import { readQuery } from "../../arguments/input.ts";
import type { CommandContext } from "../../context.ts";
import { resumable } from "../../interruption.ts";
import { batchDocument, lineOf, summarizeBatch } from "../../render/batch/lines.ts";
import { type GapsFormat, gapsFormat, renderGaps } from "../../render/batch/gaps.ts";
import { type Runtime, withRuntime } from "../../runtime.ts";
import { type AnswersFile, openAnswersFile } from "./answers-file.ts";
import { type AnsweringFlags, answeringOverrides, prepareAnswering } from "./prepare-answering.ts";
import { refuseLeadingOut, writeReport } from "./write-report.ts";

export interface BatchFlags extends AnsweringFlags {
  /** The file with the questions; `-` stands for standard input. */
  batch: string;
  /** The file that gets the answers instead of standard output. */
  output?: string;
  /** The file that gets the list of what the documents lack. */
  gaps?: string;
}

/** Bytes of a file of questions. */
const maxBatchBytes = 64_000_000;

/**
 * `rag ask --batch`: exits with 0 where every question was answered or refused, with 3 where some failed, and with the
 * code of the first failure where all did.
 */
export async function askBatch(flags: BatchFlags, context: CommandContext): Promise<ExitCode> {
  const several = collectionPatterns(flags.collection, flags.boost);
  const request = { flags, filters: flags.filter.map(parseFilter), several };
  const format = flags.gaps === undefined ? null : gapsFormat(flags.gaps);
  const questions = await readBatch(flags.batch, context);
  const filters = new Map(questions.map((asked) => [asked, asked.filters.map(parseFilter)]));
  const common = several === null ? flags : withoutCollection(flags);
  const run = withRuntime(common, answeringOverrides(flags), context, async (runtime) => {
    const name = flags.output;
    if (name !== undefined) await refuseLeadingOut(name, context.workingDirectory);
    const file = name === undefined ? null : await openAnswersFile(path.resolve(context.workingDirectory, name), name);
    return untilAborted(answerAll({ request, questions, filters, file, format }, runtime, context), context.signal);
  });
  return flags.output === undefined ? run : resumable(run, context.signal);
}

interface Batch {
  request: Parameters<typeof prepareAnswering>[1];
  questions: readonly BatchQuestion[];
  /** The conditions of each question, understood. */
  filters: ReadonlyMap<BatchQuestion, Filter[]>;
  file: AnswersFile | null;
  format: GapsFormat | null;
}

async function answerAll(batch: Batch, runtime: Runtime, context: CommandContext): Promise<ExitCode> {
  const { questions, file, format } = batch;
  const started = performance.now();
  const asking = await openAsking(batch, runtime, context);
  const { output, signal } = context;
  const outcomes: BatchOutcome[] = [];
  let taken = 0;
  const tally = await runBatch(
    {
      ...asking,
      ask: async (asked) => file?.answerTo(asked) ?? asking.ask(asked),
    },
    questions,
    {
      signal,
      onOutcome: async (outcome) => {
        if (format !== null && (outcome.result?.refused || outcome.doubt !== null)) outcomes.push(outcome);
        const isKnown = outcome.result !== null && file?.answerTo(outcome.asked) === outcome.result;
        if (isKnown) taken += 1;
        else if (file === null) await output.writeJson<BatchLine>(batchDocument(outcome));
        else await file.append(outcome.asked, output.masked(lineOf(outcome)));
      },
    },
  );
  await file?.putInOrder(questions);
  const { gaps } = batch.request.flags as BatchFlags;
  if (gaps !== undefined && format !== null) {
    const report = renderGaps({ gaps: findGaps(outcomes), questions: questions.length }, format);
    await writeReport(gaps, output.masked(report), context.workingDirectory);
  }
  output.notice(summarizeBatch(tally, { taken, durationMs: performance.now() - started }));
  return exitCodeOf(tally, questions.length);
}

/** What answers a question; the store and the models are opened once, and say once what they have to say. */
async function openAsking({ request, filters }: Batch, runtime: Runtime, context: CommandContext) {
  const quiet = sayingLittle(context);
  const { prompt, isQuoting, retrieval: open } = await prepareAnswering(runtime, request, quiet.context);
  const chat = await runtime.chatModel();
  const retrieval = await open();
  quiet.begin();
  const { maxContextChars, strict } = runtime.config.ask;
  return {
    isQuoting,
    wordFrequencies: retrieval.wordFrequencies,
    ask: (asked: BatchQuestion) =>
      askQuestion(
        {
          search: (query) => retrieval.search(query, { filters: filters.get(asked) ?? [] }),
          wordFrequencies: retrieval.wordFrequencies,
          chat,
          prompt,
        },
        { question: asked.question, maxContextChars, strict, stream: false, signal: context.signal, onEvent: () => {} },
      ),
  };
}

/** The context with notices about single questions left out, once the questions begin, and each warning given once. */
function sayingLittle(context: CommandContext): { context: CommandContext; begin(): void } {
  const output = sayingOnce(context.output);
  let hasBegun = false;
  const notice = (text: string) => {
    if (!hasBegun) context.output.notice(text);
  };
  return { context: { ...context, output: { ...output, notice } }, begin: () => void (hasBegun = true) };
}

async function readBatch(given: string, context: CommandContext): Promise<BatchQuestion[]> {
  if (given === "-") return parseBatch(await readQuery("-", context), "standard input");
  const file = path.resolve(context.workingDirectory, given);
  const text = await readRegularText(file, maxBatchBytes).catch((error: unknown) => {
    throw new UserError("path-not-found", `cannot read the questions ${given}: ${messageOf(error)}`, {
      hint: "check the path given to --batch; what a pipe delivers is read from standard input: --batch -",
      cause: error,
    });
  });
  return parseBatch(text, given);
}

function exitCodeOf({ failed, firstFailure }: BatchTally, questions: number): ExitCode {
  if (failed === 0) return ExitCode.done;
  return failed === questions && firstFailure !== null ? firstFailure : ExitCode.partial;
}
