export interface Range {
  least: number;
  greatest: number;
  /** How many there were. */
  runs: number;
}

/** One measured number, and what it should be. */
export interface Figure {
  name: string;
  value: number;
  unit: "×" | "ms" | "s" | "MB" | "MB/s" | "documents/s" | "chunks/s" | "rows/s" | "recall@10";
  /** Least and greatest of the runs that the value is the median of; left out where it is no median. */
  range?: Range;
  /** What was run, as a person would type it. */
  command?: string;
  /** The bound to keep; `null` where the number is for information. */
  target: { atMost: number } | { atLeast: number } | null;
}

export function atMost(limit: number): Figure["target"] {
  return { atMost: limit };
}

export function atLeast(limit: number): Figure["target"] {
  return { atLeast: limit };
}

/** `null` where there is no target. */
export function isMet({ value, target }: Figure): boolean | null {
  if (target === null) return null;
  return "atMost" in target ? value <= target.atMost : value >= target.atLeast;
}
