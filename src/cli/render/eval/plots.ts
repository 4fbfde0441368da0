import { curveCuts } from "../../../pipeline/eval/measure.ts";
import { escapeMarkup } from "./markup.ts";

/** A named row of values, 0 to 1; `null` where there is none. */
export interface Series {
  name: string;
  values: readonly (number | null)[];
}

/** In units of the drawing, which the page scales. */
const width = 640;
const height = 300;
const margin = { left: 44, right: 12, top: 12, bottom: 62 };
const plotWidth = width - margin.left - margin.right;
const plotHeight = height - margin.top - margin.bottom;
const colors = ["#1f6feb", "#d1242f", "#1a7f37", "#8250df", "#9a6700", "#57606a"];

const xOf = (share: number): number => margin.left + share * plotWidth;
const yOf = (value: number): number => margin.top + (1 - value) * plotHeight;
const colorOf = (index: number): string => colors[index % colors.length] ?? "#57606a";
const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Lines of recall over the cut-offs of `curveCuts`, which stand at equal distances. */
export function recallPlot(series: readonly Series[]): string {
  const share = (index: number): number => index / (curveCuts.length - 1);
  const lines = series.map(({ name, values }, at) => {
    const points = values.map((value, index) => `${round(xOf(share(index)))},${round(yOf(value ?? 0))}`);
    const dots = values.map((value, index) => {
      const place = `cx="${round(xOf(share(index)))}" cy="${round(yOf(value ?? 0))}"`;
      const label = `${name}: recall@${curveCuts[index]} ${(value ?? 0).toFixed(4)}`;
      return `<circle ${place} r="3.5" fill="${colorOf(at)}"><title>${escapeMarkup(label)}</title></circle>`;
    });
    return `<polyline fill="none" stroke="${colorOf(at)}" stroke-width="2" points="${points.join(" ")}"/>${dots.join("")}`;
  });
  const labels = curveCuts.map((cut, index) => text(xOf(share(index)), yOf(0) + 18, String(cut), "middle"));
  return drawing("Recall over k", [...grid(), ...lines, ...labels, ...legend(series)]);
}

/** Groups of bars: one group a measure, one bar a series. */
export function barPlot(measures: readonly string[], series: readonly Series[]): string {
  const group = plotWidth / Math.max(1, measures.length);
  const bar = (group * 0.8) / Math.max(1, series.length);
  const bars = series.flatMap(({ name, values }, at) =>
    values.map((value, index) => {
      const x = margin.left + index * group + group * 0.1 + at * bar;
      const size = `width="${round(bar * 0.92)}" height="${round((value ?? 0) * plotHeight)}"`;
      const label = `${name}: ${measures[index]} ${value === null ? "not measured" : value.toFixed(4)}`;
      return `<rect x="${round(x)}" y="${round(yOf(value ?? 0))}" ${size} fill="${colorOf(at)}"><title>${escapeMarkup(label)}</title></rect>`;
    }),
  );
  const labels = measures.map((name, index) => text(margin.left + (index + 0.5) * group, yOf(0) + 18, name, "middle"));
  return drawing("Modes side by side", [...grid(), ...bars, ...labels, ...legend(series)]);
}

function drawing(title: string, parts: readonly string[]): string {
  const head = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(title)}" xmlns="http://www.w3.org/2000/svg">`;
  return `${head}${parts.join("")}</svg>`;
}

function grid(): string[] {
  return [0, 0.25, 0.5, 0.75, 1].map((value) => {
    const y = round(yOf(value));
    const line = `<line x1="${margin.left}" y1="${y}" x2="${width - margin.right}" y2="${y}" stroke="#8884" />`;
    return line + text(margin.left - 6, yOf(value) + 4, value.toFixed(2), "end");
  });
}

function legend(series: readonly Series[]): string[] {
  const room = plotWidth / Math.max(1, series.length);
  return series.map(({ name }, index) => {
    const x = margin.left + index * room;
    const square = `<rect x="${round(x)}" y="${height - 22}" width="10" height="10" fill="${colorOf(index)}"/>`;
    return square + text(x + 16, height - 13, name, "start");
  });
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeMarkup(content)}</text>`;
}
