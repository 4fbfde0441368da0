/** One measured number, and what it should be. */
export interface Figure {
  name: string;
  value: number;
  unit: "×" | "ms" | "s" | "MB" | "MB/s" | "documents/s" | "chunks/s" | "rows/s" | "recall@10";
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
