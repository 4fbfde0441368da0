import type { ModeResult, QuestionResult } from "../../../pipeline/eval/evaluate.ts";
import { gateMeasures } from "../../../pipeline/eval/gate.ts";
import { locationOf } from "../location.ts";
import { escapeMarkup } from "./markup.ts";
import { type Series, barPlot, recallPlot } from "./plots.ts";
import type { EvalReport } from "./report.ts";

/** Failing questions that the page lists for each mode at most. */
const mostFailures = 300;
const shownHits = 3;
const snippetChars = 240;

const style = `
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884;vertical-align:top}
td.figure{font-variant-numeric:tabular-nums}svg{max-width:46rem;width:100%;display:block}svg text{font-size:12px;fill:currentColor}
details{margin:.4rem 0}summary{cursor:pointer}.failed{color:#d1242f}.passed{color:#1a7f37}small{opacity:.75}
blockquote{margin:.2rem 0 .6rem;padding-left:.8rem;border-left:3px solid #8886}`;

/** A mode's results with the name that the page gives them. */
interface NamedResult {
  name: string;
  result: ModeResult;
}

/** The evaluation as one page that loads nothing else and runs no script. */
export function evalPage(report: EvalReport): string {
  const { set, evaluation, collection, gate } = report;
  const results: NamedResult[] = [
    ...evaluation.modes.map((result) => ({ name: result.mode, result })),
    ...(report.other?.evaluation.modes ?? []).map((result) => ({
      name: `${result.mode} (${report.other?.config})`,
      result,
    })),
  ];
  const place = collection.name === null ? "a collection made of the set's corpus" : `collection ${collection.name}`;
  const about = `${evaluation.questions} questions, ${evaluation.judged} with relevant documents, asked of ${place} (${collection.documents} documents)`;
  const failures = gate.filter(({ passed }) => !passed);
  const gateText =
    gate.length === 0
      ? ""
      : failures.length === 0
        ? `<p class="passed">Passed: ${gate.length} conditions.</p>`
        : `<ul class="failed">${failures.map(({ mode, measure, value, required }) => `<li>${escapeMarkup(`${mode} ${measure} is ${value === null ? "not measured" : value.toFixed(4)}, ${required.toFixed(4)} required`)}</li>`).join("")}</ul>`;
  const curves: Series[] = results.map(({ name, result }) => ({ name, values: result.recallCurve }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(`Evaluation of ${set}`)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeMarkup(`Evaluation of ${set}`)}</h1>
<p>${escapeMarkup(about)}</p>
${gateText}
<h2>Measures</h2>
${measureTable(results)}
<h2>Recall over k</h2>
${recallPlot(curves)}
<h2>Modes side by side</h2>
${bars(results)}
<h2>Questions that fail</h2>
${results.map((named) => failing(named, evaluation.k)).join("\n")}
</body>
</html>
`;
}

function measured(results: readonly NamedResult[]): string[] {
  const names = results[0] === undefined ? [] : Object.keys(gateMeasures(results[0].result));
  return names.filter((name) => results.some(({ result }) => (gateMeasures(result)[name] ?? null) !== null));
}

function measureTable(results: readonly NamedResult[]): string {
  const head = ["measure", ...results.map(({ name }) => name)].map((title) => `<th>${escapeMarkup(title)}</th>`);
  const rows = measured(results).map((name) => {
    const cells = results.map(({ result }) => {
      const value = gateMeasures(result)[name] ?? null;
      const interval = result.intervals[name] ?? null;
      const range =
        interval === null ? "" : ` <small>[${interval.low.toFixed(4)}, ${interval.high.toFixed(4)}]</small>`;
      return `<td class="figure">${value === null ? "–" : value.toFixed(4)}${range}</td>`;
    });
    return `<tr><th>${escapeMarkup(name)}</th>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>
<p><small>In brackets: 95 % of 1,000 resampled sets of questions.</small></p>`;
}

function bars(results: readonly NamedResult[]): string {
  const names = measured(results);
  const series = results.map(({ name, result }) => {
    const values = gateMeasures(result);
    return { name, values: names.map((measure) => values[measure] ?? null) };
  });
  return barPlot(names, series);
}

function failing({ name, result }: NamedResult, k: number): string {
  const failed = result.results.filter(({ measures }) => measures !== null && measures[`recall@${k}`] === 0);
  const shown = failed.slice(0, mostFailures);
  const rest = failed.length > shown.length ? `, of which the first ${shown.length} are shown` : "";
  return `<section><h3>${escapeMarkup(name)}</h3>
<p>${failed.length} questions have no relevant document among the first ${k}${rest}.</p>
${shown.map(failedQuestion).join("\n")}</section>`;
}

function failedQuestion({ question, hits }: QuestionResult): string {
  const expected = question.references.filter(({ gain }) => gain > 0).map(({ document }) => document);
  const found = hits.slice(0, shownHits).map((hit) => {
    const text = hit.text.replaceAll(/\s+/g, " ").trim();
    const snippet = text.length > snippetChars ? `${text.slice(0, snippetChars)}…` : text;
    return `<li>${escapeMarkup(locationOf(hit))}<blockquote>${escapeMarkup(snippet)}</blockquote></li>`;
  });
  return `<details><summary>${escapeMarkup(question.text)}</summary>
<p>Expected: ${escapeMarkup(expected.join(", "))}. Found instead:</p>
${found.length === 0 ? "<p>nothing</p>" : `<ol>${found.join("")}</ol>`}</details>`;
}
