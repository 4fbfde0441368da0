import { UserError } from "../../errors.ts";
import type { ModeResult } from "./evaluate.ts";

/** A measure that must reach a value, in one mode or in all. */
export interface Minimum {
  mode: string | null;
  measure: string;
  value: number;
}

/** One condition of the gate, and what came of it. */
export interface GateCheck {
  mode: string;
  measure: string;
  /** `null`: there was nothing to measure. */
  value: number | null;
  /** The least value that passes; the most where less is better. */
  required: number;
  reason: "min" | "baseline";
  passed: boolean;
}

/** Measures by mode: what an earlier evaluation printed as `modes`. */
export type Baseline = Record<string, Record<string, number | null>>;

/** Measures of which less is better. */
const lessIsBetter: ReadonlySet<string> = new Set(["falseRefusals"]);
/** Two sums of the same numbers may differ by this much. */
const rounding = 1e-9;

/** Every measure of a mode by its name, those of answers included. */
export function gateMeasures({
  measures,
  answers,
}: Pick<ModeResult, "measures" | "answers">): Record<string, number | null> {
  return { ...measures, ...answers };
}

/**
 * Holds results against the least values asked for and against an earlier evaluation, from which each may be worse by
 * `tolerance`. Throws `UserError` `unknown-measure` where a minimum names a mode or a measure that was not taken.
 */
export function checkGate(
  modes: readonly ModeResult[],
  { minima, baseline, tolerance }: { minima: readonly Minimum[]; baseline: Baseline | null; tolerance: number },
): GateCheck[] {
  for (const minimum of minima) refuseUnknown(minimum, modes);
  const checks: GateCheck[] = [];
  for (const result of modes) {
    const values = gateMeasures(result);
    const check = (measure: string, required: number, reason: GateCheck["reason"]): void => {
      const value = values[measure] ?? null;
      const isReached =
        value !== null && (lessIsBetter.has(measure) ? value <= required + rounding : value >= required - rounding);
      checks.push({ mode: result.mode, measure, value, required, reason, passed: isReached });
    };
    for (const { mode, measure, value } of minima) {
      if (mode === null || mode === result.mode) check(measure, value, "min");
    }
    for (const [measure, value] of Object.entries(baseline?.[result.mode] ?? {})) {
      if (value === null || !Object.hasOwn(values, measure)) continue;
      check(measure, lessIsBetter.has(measure) ? value + tolerance : value - tolerance, "baseline");
    }
  }
  return checks;
}

function refuseUnknown({ mode, measure }: Minimum, modes: readonly ModeResult[]): void {
  const [first] = modes;
  const names = first === undefined ? [] : Object.keys(gateMeasures(first));
  const isKnown = names.includes(measure) && (mode === null || modes.some((result) => result.mode === mode));
  if (isKnown) return;
  const written = mode === null ? measure : `${mode}:${measure}`;
  throw new UserError("unknown-measure", `--min: ${written} was not measured`, {
    hint: `measured: ${names.join(", ")}; in the modes ${modes.map((result) => result.mode).join(", ")} (answers with --answers)`,
  });
}

/** Reads what `rag eval --json` printed. Throws `UserError` `invalid-baseline`. */
export function parseBaseline(text: string, file: string): Baseline {
  const modes = modesIn(text);
  if (modes === null) {
    throw new UserError("invalid-baseline", `${file} is not what rag eval --json prints`, {
      hint: `write one with: rag eval <set> --json > ${file}`,
    });
  }
  return Object.fromEntries(
    Object.entries(modes).map(([mode, values]) => {
      const { answers, ...measures } = values;
      return [mode, { ...numbersIn(measures), ...(isFields(answers) ? numbersIn(answers) : {}) }];
    }),
  );
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function modesIn(text: string): Record<string, Fields> | null {
  try {
    const document: unknown = JSON.parse(text);
    const modes = isFields(document) ? document["modes"] : null;
    return isFields(modes) && Object.values(modes).every(isFields) ? (modes as Record<string, Fields>) : null;
  } catch {
    return null;
  }
}

function numbersIn(fields: Fields): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}
