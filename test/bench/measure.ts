import type { Figure, Range } from "./figure.ts";

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return (percentile(values, 0.5) + percentile(values, 0.5, "higher")) / 2;
}

/** The value at or next to a share of the sorted values (nearest rank). */
export function percentile(values: readonly number[], share: number, side: "lower" | "higher" = "lower"): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const value = sorted[side === "lower" ? Math.floor(position) : Math.ceil(position)];
  if (value === undefined) throw new Error("there is nothing to take a percentile of");
  return value;
}

/** How long a call takes, in milliseconds. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/** Two ways to do something, measured in turn, so that a machine that slows down slows both. */
export interface Comparison {
  /** Medians, in milliseconds. */
  milliseconds: number;
  yardstick: number;
  /** The median of the ratios of neighbouring runs. */
  ratio: number;
  /** Of each of them. */
  ranges: Record<"milliseconds" | "yardstick" | "ratio", Range>;
}

/** Runs A B A B …; each call returns its own time in milliseconds. The first pair warms up and is not counted. */
export async function compare(
  rounds: number,
  measured: () => Promise<number> | number,
  yardstick: () => Promise<number> | number,
): Promise<Comparison> {
  await measured();
  await yardstick();
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) pairs.push([await measured(), await yardstick()]);
  const samples = {
    milliseconds: pairs.map(([a]) => a),
    yardstick: pairs.map(([, b]) => b),
    ratio: pairs.map(([a, b]) => a / b),
  };
  return {
    milliseconds: median(samples.milliseconds),
    yardstick: median(samples.yardstick),
    ratio: median(samples.ratio),
    ranges: {
      milliseconds: rangeOf(samples.milliseconds),
      yardstick: rangeOf(samples.yardstick),
      ratio: rangeOf(samples.ratio),
    },
  };
}

function rangeOf(values: readonly number[]): Range {
  return { least: Math.min(...values), greatest: Math.max(...values), runs: values.length };
}

/** What two commands are called in a report, as a person would type them. */
interface Compared {
  name: string;
  command: string;
  yardstick: string;
  yardstickCommand: string;
}

/** A comparison as three figures: both times, and the ratio, which alone has a target. */
export function comparisonFigures(
  { milliseconds, yardstick, ratio, ranges }: Comparison,
  compared: Compared,
  target: Figure["target"],
): Figure[] {
  const { name, command } = compared;
  return [
    { name, value: milliseconds, unit: "ms", range: ranges.milliseconds, command, target: null },
    {
      name: `${name}: ${compared.yardstick}`,
      value: yardstick,
      unit: "ms",
      range: ranges.yardstick,
      command: compared.yardstickCommand,
      target: null,
    },
    { name: `${name} against ${compared.yardstick}`, value: ratio, unit: "×", range: ranges.ratio, target },
  ];
}
