import type { Interval } from "../../../pipeline/eval/bootstrap.ts";
import type { Comparison, Evaluation, ModeResult } from "../../../pipeline/eval/evaluate.ts";
import type { GateCheck } from "../../../pipeline/eval/gate.ts";
import type { EvalComparison, EvalDocument, QuestionOutcome } from "../documents.ts";

/** What questions were asked of. */
export interface EvaluatedCollection {
  /** `null`: made for this evaluation, from the set's own corpus. */
  name: string | null;
  documents: number;
}

/** One evaluation, and the one it is compared with. */
export interface EvalReport {
  set: string;
  collection: EvaluatedCollection;
  evaluation: Evaluation;
  /** Each mode against the first one. */
  comparisons: NamedComparison[];
  /** The same questions with the settings of another configuration; each mode against the same mode. */
  other: { config: string; evaluation: Evaluation; comparisons: NamedComparison[] } | null;
  gate: GateCheck[];
  durationMs: number;
}

/** A comparison by every measure, with the names of its two sides. */
export interface NamedComparison {
  from: string;
  to: string;
  measures: Comparison[];
}

/** The JSON document of `rag eval`; with `perQuestion`, also what came of every question. */
export function evalJson(report: EvalReport, { perQuestion }: { perQuestion: boolean }): EvalDocument {
  const { set, collection, evaluation, comparisons, other, gate, durationMs } = report;
  const { questions, judged, k, missing } = evaluation;
  return {
    set,
    questions,
    judged,
    k,
    collection,
    modes: modesJson(evaluation.modes),
    intervals: intervalsJson(evaluation.modes),
    comparisons: comparisons.map(comparisonJson),
    compare:
      other === null
        ? null
        : {
            config: other.config,
            modes: modesJson(other.evaluation.modes),
            intervals: intervalsJson(other.evaluation.modes),
            comparisons: other.comparisons.map(comparisonJson),
          },
    gate: {
      passed: gate.every(({ passed }) => passed),
      failed: gate.filter(({ passed }) => !passed).map(({ passed: _, ...check }) => check),
    },
    missing,
    durationMs,
    ...(perQuestion
      ? { results: Object.fromEntries(evaluation.modes.map((one) => [one.mode, resultsJson(one)])) }
      : {}),
  };
}

function modesJson(modes: readonly ModeResult[]): EvalDocument["modes"] {
  return Object.fromEntries(modes.map(({ mode, measures, answers }) => [mode, { ...measures, answers }]));
}

function intervalsJson(modes: readonly ModeResult[]): Record<string, Record<string, Interval | null>> {
  return Object.fromEntries(modes.map(({ mode, intervals }) => [mode, intervals]));
}

function comparisonJson({ from, to, measures }: NamedComparison): EvalComparison {
  return { from, to, measures: Object.fromEntries(measures.map(({ measure, ...rest }) => [measure, rest])) };
}

function resultsJson({ results }: ModeResult): QuestionOutcome[] {
  return results.map(({ question, measures, documents, answer }) => ({
    id: question.id,
    question: question.text,
    expected: question.references.filter(({ gain }) => gain > 0).map(({ document }) => document),
    found: documents,
    measures,
    answer: answer === null ? null : { text: answer.answer, refused: answer.refused },
  }));
}
