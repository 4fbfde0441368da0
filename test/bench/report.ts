import { availableParallelism, cpus, totalmem } from "node:os";
import { type Figure, isMet } from "./figure.ts";

/** What a topic gave: figures, or the reason why there are none. */
export type Outcome = { topic: string; figures: Figure[] } | { topic: string; skipped: string };

/** All that one run measured: its JSON document. */
export interface Report {
  /** ISO 8601. */
  date: string;
  /** As it was typed. */
  command: string;
  machine: { node: string; platform: string; cpu: string; cpus: number; memoryBytes: number };
  /** Of the tool, and of the packages that decide its speed. */
  versions: Record<string, string>;
  figures: (Figure & { topic: string; met: boolean | null })[];
  skipped: { topic: string; reason: string }[];
}

export function reportOf(outcomes: readonly Outcome[], command: string, versions: Report["versions"]): Report {
  return {
    date: new Date().toISOString(),
    command,
    versions,
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

/** One page for people: where it was measured, then a table a topic. */
export function markdownOf(report: Report): string {
  const { machine, date, command, versions, figures, skipped } = report;
  const gigabytes = Math.round(machine.memoryBytes / 2 ** 30);
  const head = [
    "# Benchmarks",
    "",
    `- ${date}: \`${command}\``,
    `- ${machine.cpu}, ${machine.cpus} cores, ${gigabytes} GB; ${machine.platform}, Node ${machine.node}`,
    `- ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
    "",
    "Values are medians where a range (least to greatest of so many runs) stands beside them. Pairs are run in turn, so that a",
    "machine that slows down slows both; a ratio is the median of the ratios of neighbouring runs.",
  ];
  const topics = [...new Set(figures.map(({ topic }) => topic))].map((topic) => {
    const rows = figures.filter((figure) => figure.topic === topic).map(markdownRow);
    return `\n## ${topic}\n\n| what | value | range | target | command |\n| --- | --: | --: | --- | --- |\n${rows.join("\n")}`;
  });
  const left = skipped.map(({ topic, reason }) => `- ${topic}: ${reason}`);
  const end = left.length === 0 ? "" : `\n\n## Not measured\n\n${left.join("\n")}`;
  return `${head.join("\n")}\n${topics.join("\n")}${end}\n`;
}

function markdownRow(figure: Figure): string {
  const { name, range, command } = figure;
  const spread = range === undefined ? "" : `${rounded(range.least)} to ${rounded(range.greatest)}, ${range.runs} runs`;
  const cells = [name, valueOf(figure), spread, targetOf(figure), command === undefined ? "" : `\`${command}\``];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** A ratio that is worse than it was. */
export interface Worsening {
  topic: string;
  name: string;
  before: number;
  now: number;
}

/**
 * The ratios (unit `×`, less is better) that are worse than in an earlier report by more than a share; times are left out,
 * because they are another machine's. Throws where the reports have no ratio in common, or a ratio was not measured again.
 *
 * @param tolerance 0.15: up to 15 % more is not worse
 */
export function worsenings(
  before: Pick<Report, "figures">,
  now: Pick<Report, "figures">,
  tolerance: number,
): Worsening[] {
  const ratiosOf = ({ figures }: Pick<Report, "figures">) => figures.filter(({ unit }) => unit === "×");
  const old = ratiosOf(before);
  if (old.length === 0) throw new Error("the earlier report holds no ratio");
  return old.flatMap(({ topic, name, value }) => {
    const again = ratiosOf(now).find((figure) => figure.topic === topic && figure.name === name);
    if (again === undefined)
      throw new Error(`${topic}: "${name}" is in the earlier report, and was not measured again`);
    return again.value > value * (1 + tolerance) ? [{ topic, name, before: value, now: again.value }] : [];
  });
}

/** Three significant digits, and no digits behind the point that mean nothing. */
function rounded(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}
