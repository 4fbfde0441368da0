import type { EvalDocument } from "../documents.ts";
import type { Comparison, ModeResult, QuestionResult } from "../../../pipeline/eval/evaluate.ts";
import { gateMeasures } from "../../../pipeline/eval/gate.ts";
import { counted, formatDuration } from "../format.ts";
import type { Channel, Output } from "../output.ts";
import { table } from "../table.ts";
import { terminalText } from "../terminal-text.ts";
import { type EvalReport, type NamedComparison, evalJson } from "./report.ts";

/** Documents named that a set asks for and the collection does not have. */
const namedMissing = 3;

/** Prints an evaluation: a table for people, or the JSON document. */
export async function renderEval(report: EvalReport, output: Output): Promise<void> {
  const { options, results } = output;
  warnOfMissing(report, output);
  if (options.json) return output.writeJson<EvalDocument>(evalJson(report, { perQuestion: options.verbose }));
  const perQuestion = options.verbose ? report.evaluation.modes.map((mode) => questionLines(mode, report)) : [];
  const parts = [
    ...perQuestion,
    measureTable(report.evaluation.modes, results),
    ...(report.other === null
      ? []
      : [`with ${terminalText(report.other.config)}\n${measureTable(report.other.evaluation.modes, results)}`]),
    [...report.comparisons, ...(report.other?.comparisons ?? [])].map(comparisonLines).join(""),
    gateLines(report, results),
  ];
  await results.write(parts.filter((part) => part !== "").join("\n"));
  output.notice(summaryOf(report));
}

function warnOfMissing({ evaluation: { missing } }: EvalReport, output: Output): void {
  if (missing.length === 0) return;
  const named = missing.slice(0, namedMissing).join(", ");
  const rest = missing.length > namedMissing ? `, and ${missing.length - namedMissing} more` : "";
  output.warn(
    terminalText(
      `the collection does not have ${counted(missing.length, "document")} of the set: ${named}${rest}; they count as not found`,
    ),
  );
}

function summaryOf({ evaluation, collection, durationMs }: EvalReport): string {
  const { questions, judged } = evaluation;
  const asked = `${counted(questions, "question")}, ${judged} of them with relevant documents`;
  const made = `a collection made of the set's ${counted(collection.documents, "document")}, each one passage, and removed again`;
  const place = collection.name === null ? made : `collection ${collection.name}`;
  return `${asked}; asked of ${place}; ${formatDuration(durationMs)}; in brackets: 95 % of resampled sets of questions`;
}

function measureTable(modes: readonly ModeResult[], { columns, colors }: Channel): string {
  const names = Object.keys(modes[0] === undefined ? {} : gateMeasures(modes[0]));
  const rows = names
    .filter((name) => modes.some((mode) => gateMeasures(mode)[name] !== null))
    .map((name) => [name, ...modes.map((mode) => cell(mode, name))]);
  const heads = [{ title: "measure" }, ...modes.map(({ mode }) => ({ title: mode }))];
  return table(heads, rows, columns, colors.bold);
}

function cell(mode: ModeResult, name: string): string {
  const value = gateMeasures(mode)[name] ?? null;
  if (value === null) return "–";
  const interval = mode.intervals[name] ?? null;
  return interval === null ? figure(value) : `${figure(value)} [${figure(interval.low)}, ${figure(interval.high)}]`;
}

/** Four digits, as in tables of the field: `.9690` is written `0.9690`. */
function figure(value: number): string {
  return value.toFixed(4);
}

function comparisonLines({ from, to, measures }: NamedComparison): string {
  return measures
    .filter(({ measure }) => measure.startsWith("ndcg") || measure.startsWith("recall"))
    .map((comparison) => `${terminalText(`${to} against ${from}`)}, ${describe(comparison)}\n`)
    .join("");
}

function describe({ measure, difference, interval, wins, losses, ties }: Comparison): string {
  const sign = difference < 0 ? "" : "+";
  const isNoise = interval.low <= 0 && interval.high >= 0;
  const verdict = isNoise ? "; within what chance makes" : "";
  return `${measure}: ${sign}${figure(difference)} [${figure(interval.low)}, ${figure(interval.high)}], ${wins} better, ${losses} worse, ${ties} equal${verdict}`;
}

/** One line a question: the rank of the first relevant document, nDCG, and the question. */
function questionLines({ mode, results }: ModeResult, { evaluation: { k } }: EvalReport): string {
  const lines = results.map((result) => `${mode}  ${rankOf(result)}  ${result.question.text}${instead(result, k)}`);
  return `${lines.map(terminalText).join("\n")}\n`;
}

function rankOf({ measures, answer }: QuestionResult): string {
  const reciprocal = measures?.["mrr"] ?? null;
  const rank = reciprocal === null ? "–" : reciprocal === 0 ? "none" : `#${Math.round(1 / reciprocal)}`;
  return answer === null ? rank : `${rank} ${answer.refused ? "refused" : "answered"}`;
}

function instead({ measures, documents }: QuestionResult, k: number): string {
  if (measures === null || measures[`recall@${k}`] !== 0) return "";
  return `\n    found instead: ${documents.slice(0, 3).join(", ") || "nothing"}`;
}

function gateLines({ gate }: EvalReport, { colors }: Channel): string {
  const failed = gate.filter(({ passed }) => !passed);
  if (gate.length === 0) return "";
  if (failed.length === 0) return `${colors.green("passed")}: ${counted(gate.length, "condition")}\n`;
  return failed
    .map(({ mode, measure, value, required, reason }) => {
      const measured = value === null ? "not measured" : figure(value);
      return `${colors.red("below the gate")}: ${mode} ${measure} is ${measured}, ${figure(required)} required (${reason})\n`;
    })
    .join("");
}
