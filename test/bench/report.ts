import { availableParallelism, cpus, totalmem } from "node:os";
import { type Figure, isMet } from "./figure.ts";

/** What a topic gave: figures, or the reason why there are none. */
export type Outcome = { topic: string; figures: Figure[] } | { topic: string; skipped: string };

interface Report {
  date: string;
  machine: { node: string; platform: string; cpu: string; cpus: number; memoryBytes: number };
  figures: (Figure & { topic: string; met: boolean | null })[];
  skipped: { topic: string; reason: string }[];
}

export function reportOf(outcomes: readonly Outcome[]): Report {
  return {
    date: new Date().toISOString(),
    machine: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
    },
    figures: outcomes.flatMap((outcome) =>
      "figures" in outcome
        ? outcome.figures.map((figure) => ({ topic: outcome.topic, ...figure, met: isMet(figure) }))
        : [],
    ),
    skipped: outcomes.flatMap((outcome) =>
      "skipped" in outcome ? [{ topic: outcome.topic, reason: outcome.skipped }] : [],
    ),
  };
}

/** The figures of one topic in columns: name, value, target. */
export function tableOf(outcome: Outcome): string {
  if ("skipped" in outcome) return `${outcome.topic}\n  not measured: ${outcome.skipped}\n`;
  const rows = outcome.figures.map((figure) => [figure.name, valueOf(figure), targetOf(figure)] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(([name, value, target]) =>
    `  ${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${target}`.trimEnd(),
  );
  return `${outcome.topic}\n${lines.join("\n")}\n`;
}

function valueOf({ value, unit }: Figure): string {
  return `${rounded(value)} ${unit}`;
}

function targetOf(figure: Figure): string {
  const { target, unit } = figure;
  if (target === null) return "";
  const bound = "atMost" in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return `${isMet(figure) ? "✓" : "✗"} ${bound} ${unit}`;
}

/** Three significant digits, and no digits behind the point that mean nothing. */
function rounded(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}
