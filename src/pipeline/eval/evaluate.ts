import type { ReadableCollection } from "../../stores/types.ts";
import type { Hit, SearchMode } from "../../types.ts";
import type { AskResult } from "../ask/ask.ts";
import { type AnswerMetrics, type AnswerOutcome, answerMetrics } from "./answer-metrics.ts";
import { type Interval, type PairedDifference, meanInterval, pairedDifference } from "./bootstrap.ts";
import { type DocumentMatcher, matchDocuments } from "./match-documents.ts";
import { type Measures, curveCuts, meanMeasures, measureRanking, retrievalMeasures, valuesOf } from "./measure.ts";
import type { EvalQuestion } from "./question-set.ts";
import { type SpanCount, createSpanCounter } from "./span-recall.ts";

export interface EvalParts {
  collection: ReadableCollection;
  /** The first `evalDepth(k)` hits for a question, the best first. */
  search(question: string, mode: SearchMode): Promise<Hit[]>;
  /** Answers a question; `null` where answers are not evaluated. */
  ask: ((question: string, mode: SearchMode) => Promise<AskResult>) | null;
}

export interface EvalRequest {
  questions: readonly EvalQuestion[];
  modes: readonly SearchMode[];
  /** Cut-off of recall, precision and spans. */
  k: number;
  signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/** What one question came to in one mode. */
export interface QuestionResult {
  question: EvalQuestion;
  /** `null` for a question without a relevant document. */
  measures: Measures | null;
  recallCurve: number[] | null;
  /** The first hits, by document, as the set names them. */
  documents: string[];
  hits: Hit[];
  /** `null` where answers are not evaluated. */
  answer: AnswerOutcome | null;
}

export interface ModeResult {
  mode: SearchMode;
  /** Means over the questions that have a relevant document; `null` where none has. */
  measures: Measures;
  intervals: Record<string, Interval | null>;
  /** Mean recall at each of `curveCuts`. */
  recallCurve: number[];
  answers: AnswerMetrics | null;
  results: QuestionResult[];
}

export interface Evaluation {
  questions: number;
  /** Questions with a relevant document: those that retrieval is measured by. */
  judged: number;
  k: number;
  modes: ModeResult[];
  /** Documents that the set names and the collection does not have. */
  missing: string[];
}

/**
 * Hits to ask for where the largest cut-off is `k`: MRR and MAP look at no more. Up to this number a search chooses from
 * the same candidates, so the first hits are those of `rag search`.
 */
export function evalDepth(k: number): number {
  return Math.max(50, 2 * k);
}

/** Hits that a result keeps to be shown. */
const shownHits = 10;
/** Questions in work at the same time: while one waits for a store or a model, another is prepared. */
const concurrency = 4;

/** Asks every question in every mode, on parts that were opened once. Throws what they throw. */
export async function evaluate(parts: EvalParts, request: EvalRequest): Promise<Evaluation> {
  const { questions, modes, k } = request;
  const sources = (await parts.collection.documents()).map(({ source }) => source);
  const matcher = matchDocuments(questions, sources);
  const measured: ModeResult[] = [];
  for (const [index, mode] of modes.entries()) {
    const done = index * questions.length;
    measured.push(await evaluateMode(parts, { ...request, mode, matcher, done }));
  }
  const judged = measured[0]?.results.filter(({ measures }) => measures !== null).length ?? 0;
  return { questions: questions.length, judged, k, modes: measured, missing: matcher.missing() };
}

async function evaluateMode(
  { collection, search, ask }: EvalParts,
  {
    questions,
    modes,
    mode,
    k,
    matcher,
    done,
    signal,
    onProgress,
  }: EvalRequest & {
    mode: SearchMode;
    matcher: DocumentMatcher;
    done: number;
  },
): Promise<ModeResult> {
  // A collection of another program is not read by document.
  const count = collection.foreign === undefined ? createSpanCounter(collection) : null;
  let finished = 0;
  const results = await inParallel(questions, async (question): Promise<QuestionResult> => {
    signal.throwIfAborted();
    const hits = await search(question.text, mode);
    const ranking = measureRanking(question, hits, { matcher, k });
    if (ranking !== null && count !== null) {
      ranking.measures[`spans@${k}`] = await spanRecall(question, hits.slice(0, k), { matcher, count });
    }
    const answered = ask === null ? null : await ask(question.text, mode);
    finished += 1;
    onProgress(done + finished, questions.length * modes.length);
    return {
      question,
      measures: ranking?.measures ?? null,
      recallCurve: ranking?.recallCurve ?? null,
      documents: (ranking?.documents ?? []).slice(0, shownHits),
      hits: hits.slice(0, shownHits),
      answer: answered === null ? null : outcomeOf(question, answered),
    };
  });
  const all = results.flatMap(({ measures }) => (measures === null ? [] : [measures]));
  const names = retrievalMeasures(k);
  const curves = results.flatMap(({ recallCurve }) => (recallCurve === null ? [] : [recallCurve]));
  const means = meanMeasures(all);
  const outcomes = results.flatMap(({ answer }) => (answer === null ? [] : [answer]));
  return {
    mode,
    measures: Object.fromEntries(names.map((name) => [name, means[name] ?? null])),
    intervals: Object.fromEntries(names.map((name) => [name, meanInterval(valuesOf(all, name))])),
    recallCurve: curveCuts.map(
      (_, at) => curves.reduce((sum, curve) => sum + (curve[at] ?? 0), 0) / Math.max(1, curves.length),
    ),
    answers: ask === null ? null : answerMetrics(outcomes),
    results,
  };
}

/** The share of the characters of a question's spans that its first hits show; `null` where it names no lines. */
async function spanRecall(
  { references }: EvalQuestion,
  hits: readonly Hit[],
  { matcher, count }: { matcher: DocumentMatcher; count: ReturnType<typeof createSpanCounter> },
): Promise<number | null> {
  const total: SpanCount = { wanted: 0, found: 0 };
  for (const { document, spans } of references) {
    const source = spans.length === 0 ? null : matcher.sourceOf(document);
    if (source === null) continue;
    const { wanted, found } = await count(source, spans, hits);
    total.wanted += wanted;
    total.found += found;
  }
  return total.wanted === 0 ? null : total.found / total.wanted;
}

function outcomeOf({ unanswerable, answers }: EvalQuestion, { refused, answer, citations }: AskResult): AnswerOutcome {
  return {
    unanswerable,
    refused,
    references: answers,
    answer,
    citations: refused ? 0 : citations.length,
    supported: refused ? 0 : citations.filter(({ verified }) => verified).length,
  };
}

/** The results in the order of the items; the first failure ends the work. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index] as Item);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, run));
  return results;
}

/** One measure of two rankings of the same questions. */
export interface Comparison extends PairedDifference {
  measure: string;
}

/** Compares two results question by question, by every measure that both have; ties included. */
export function compareResults(left: ModeResult, right: ModeResult): Comparison[] {
  const names = Object.keys(left.measures).filter((name) => Object.hasOwn(right.measures, name));
  return names.flatMap((measure) => {
    const pairs = left.results.flatMap(({ measures }, index): [number, number][] => {
      const before = measures?.[measure] ?? null;
      const after = right.results[index]?.measures?.[measure] ?? null;
      return before === null || after === null ? [] : [[before, after]];
    });
    const found = pairedDifference(
      pairs.map(([before]) => before),
      pairs.map(([, after]) => after),
    );
    return found === null ? [] : [{ measure, ...found }];
  });
}
