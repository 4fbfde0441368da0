import { type ExitCode, UserError } from "../../errors.ts";
import { withoutMeasures } from "../../text/measure-words.ts";
import type { WordFrequencies } from "../../types.ts";
import type { AskResult } from "../ask/ask.ts";
import { inOrder } from "./in-order.ts";
import type { BatchQuestion } from "./questions.ts";

/** Questions that are answered at the same time: enough to keep a model's server busy, few enough for its limits. */
const questionsAtOnce = 4;

/** What became of one question. */
export interface BatchOutcome {
  asked: BatchQuestion;
  /** `null` where it failed. */
  result: AskResult | null;
  /** Why it failed; `null` where it was answered or refused. */
  failure: UserError | null;
  /** Why the answer is poorly supported; `null` where it is not, and where there is none. */
  doubt: string | null;
  /** How rare the words of a refused or poorly supported question are; `null` for others, and where nobody counted. */
  frequencies: WordFrequencies | null;
  /** Milliseconds. */
  durationMs: number;
}

export interface BatchParts {
  /** Answers are quotes: what they show is always in a passage, though the passage may be about something else. */
  isQuoting: boolean;
  ask(asked: BatchQuestion): Promise<AskResult>;
  /** How rare the words of a text are in what is searched; `null` where the store does not tell. */
  wordFrequencies(text: string): Promise<WordFrequencies | null>;
}

export interface BatchTally {
  answered: number;
  refused: number;
  failed: number;
  /** Of those answered. */
  doubtful: number;
  /** The exit code of the first failure; `null` where nothing failed. */
  firstFailure: ExitCode | null;
}

/**
 * Answers the questions, several at the same time, and hands out what became of each in their order. A question that fails
 * with a `UserError` is an outcome, and the rest goes on; anything else, and an abort, ends the batch and is thrown.
 */
export async function runBatch(
  parts: BatchParts,
  questions: readonly BatchQuestion[],
  { signal, onOutcome }: { signal: AbortSignal; onOutcome(outcome: BatchOutcome): Promise<void> },
): Promise<BatchTally> {
  const tally: BatchTally = { answered: 0, refused: 0, failed: 0, doubtful: 0, firstFailure: null };
  const work = async (asked: BatchQuestion): Promise<BatchOutcome> => {
    signal.throwIfAborted();
    const started = performance.now();
    const durationMs = () => Math.round(performance.now() - started);
    try {
      const result = await parts.ask(asked);
      const needsWords = parts.isQuoting || result.refused || uncited(result) !== null;
      const frequencies = needsWords ? await parts.wordFrequencies(withoutMeasures(asked.question)) : null;
      const doubt = result.refused ? null : (uncited(result) ?? (parts.isQuoting ? unheard(frequencies) : null));
      const isGap = result.refused || doubt !== null;
      return {
        asked,
        result,
        failure: null,
        doubt,
        frequencies: isGap ? frequencies : null,
        durationMs: durationMs(),
      };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UserError)) throw error;
      return { asked, result: null, failure: error, doubt: null, frequencies: null, durationMs: durationMs() };
    }
  };
  await inOrder(questions, questionsAtOnce, work, async (outcome) => {
    // What is finished after an interruption is not printed: the order would have a gap.
    signal.throwIfAborted();
    const { result, failure, doubt } = outcome;
    if (failure !== null) {
      tally.failed += 1;
      tally.firstFailure ??= failure.exitCode;
    } else if (result?.refused) tally.refused += 1;
    else tally.answered += 1;
    if (doubt !== null) tally.doubtful += 1;
    await onOutcome(outcome);
  });
  return tally;
}

/** Why an answer is poorly supported: it cites nothing, or what it cites does not bear it out. */
function uncited({ citations }: AskResult): string | null {
  if (citations.length === 0) return "the answer cites no passage";
  return citations.find(({ supported }) => !supported)?.why ?? null;
}

/** Why a quote may be about something else: a word of the question is in no passage at all. */
function unheard(frequencies: WordFrequencies | null): string | null {
  const missing = frequencies?.words.find(({ chunks }) => chunks === 0);
  return missing === undefined ? null : `no passage has the word “${missing.word}”`;
}
