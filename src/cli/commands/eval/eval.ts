import path from "node:path";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { type EvalSet, readEvalSet } from "../../../pipeline/eval/beir-set.ts";
import { type Evaluation, compareResults } from "../../../pipeline/eval/evaluate.ts";
import { type Baseline, type Minimum, checkGate, parseBaseline } from "../../../pipeline/eval/gate.ts";
import { untilAborted } from "../../../util/until-aborted.ts";
import { type CommonFlags, given, rerankSetting } from "../../arguments/flags.ts";
import { readRegularText } from "../../../files/read-regular-file.ts";
import type { CommandContext } from "../../context.ts";
import type { EvalReport, EvaluatedCollection, NamedComparison } from "../../render/eval/report.ts";
import { renderEval } from "../../render/eval/table.ts";
import { withRuntime } from "../../runtime.ts";
import { writeReport } from "../answering/write-report.ts";
import { makeSet } from "./make.ts";
import { type EvalRun, corpusOverrides, openEvaluated, runEvaluation } from "./run.ts";

export interface EvalFlags extends CommonFlags, EvalRun {
  /** As given: a JSONL file or a folder. */
  set: string;
  compare?: string;
  min: Minimum[];
  baseline?: string;
  tolerance?: number;
  junit?: string;
  html?: string;
  make?: number;
}

const usualTolerance = 0.01;

/** `rag eval`: exits with 1 where a measure is below the gate. */
export async function evaluateSet(flags: EvalFlags, context: CommandContext): Promise<ExitCode> {
  if (flags.make !== undefined) return makeSet(flags, flags.make, context);
  const started = performance.now();
  const { workingDirectory, signal } = context;
  const set = await readEvalSet(flags.set, workingDirectory);
  const baseline = flags.baseline === undefined ? null : await readBaseline(flags.baseline, workingDirectory);
  const measured = await untilAborted(measure(set, flags, context), signal);
  const other =
    flags.compare === undefined
      ? null
      : await untilAborted(measure(set, { ...flags, config: flags.compare }, context), signal);
  const { evaluation, collection } = measured;
  const [first, ...rest] = evaluation.modes;
  const report: EvalReport = {
    set: set.name,
    collection,
    evaluation,
    comparisons:
      first === undefined ? [] : rest.map((mode) => named(first.mode, mode.mode, compareResults(first, mode))),
    other: other === null ? null : { config: flags.compare ?? "", ...compared(evaluation, other.evaluation, flags) },
    gate: checkGate(evaluation.modes, { minima: flags.min, baseline, tolerance: flags.tolerance ?? usualTolerance }),
    durationMs: Math.round(performance.now() - started),
  };
  await writeReports(report, flags, context);
  await renderEval(report, context.output);
  return report.gate.every(({ passed }) => passed) ? ExitCode.done : ExitCode.no;
}

/** One evaluation with the settings of one configuration. */
async function measure(
  set: EvalSet,
  flags: EvalFlags,
  context: CommandContext,
): Promise<{ evaluation: Evaluation; collection: EvaluatedCollection }> {
  const corpus = flags.collection === undefined ? set.corpus : null;
  const overrides = [...(corpus === null ? [] : corpusOverrides), ...given(rerankSetting(flags.rerank))];
  return withRuntime(flags, overrides, context, async (runtime) => {
    const opened = await openEvaluated(runtime, corpus, context);
    try {
      const evaluation = await runEvaluation(opened.collection, set.questions, runtime, flags, context);
      return { evaluation, collection: { name: opened.name, documents: opened.documents } };
    } finally {
      await opened.remove();
    }
  });
}

function compared(
  left: Evaluation,
  right: Evaluation,
  { compare = "" }: EvalFlags,
): { evaluation: Evaluation; comparisons: NamedComparison[] } {
  const comparisons = left.modes.flatMap((mode) => {
    const same = right.modes.find((one) => one.mode === mode.mode);
    return same === undefined ? [] : [named(mode.mode, `${mode.mode} (${compare})`, compareResults(mode, same))];
  });
  return { evaluation: right, comparisons };
}

function named(from: string, to: string, measures: NamedComparison["measures"]): NamedComparison {
  return { from, to, measures };
}

/** A baseline of a million questions takes less. */
const maxBaselineBytes = 100_000_000;

async function readBaseline(file: string, workingDirectory: string): Promise<Baseline> {
  const text = await readRegularText(path.resolve(workingDirectory, file), maxBaselineBytes).catch((error: unknown) => {
    throw new UserError("path-not-found", `cannot read the baseline ${file}: ${messageOf(error)}`, {
      hint: `write one with: rag eval <set> --json > ${file}`,
      cause: error,
    });
  });
  return parseBaseline(text, file);
}

async function writeReports(report: EvalReport, flags: EvalFlags, { workingDirectory }: CommandContext): Promise<void> {
  if (flags.junit !== undefined) {
    const { junitReport } = await import("../../render/eval/junit.ts");
    await writeReport(flags.junit, junitReport(report), workingDirectory);
  }
  if (flags.html !== undefined) {
    const { evalPage } = await import("../../render/eval/page.ts");
    await writeReport(flags.html, evalPage(report), workingDirectory);
  }
}
