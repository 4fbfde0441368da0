import { type ExitCode, UserError } from "../../errors.ts";

/** What one look at the set-up came to. */
export interface Check {
  /** What was looked at, e.g. `store`. */
  name: string;
  /** `warn`: it works, and not as well as it could. */
  status: "ok" | "warn" | "fail";
  /** What was found, for people. */
  message: string;
  /** What to do; `null` for nothing, or if that is unknown. */
  hint: string | null;
}

export type Finding = Omit<Check, "name">;

/** Something to look at. Throws `UserError` where it fails. */
export interface Examination {
  name: string;
  /** The name of another one that comes before it. Where that one is not ok, this one is left out. */
  after?: string;
  look(): Promise<Finding>;
}

export interface Diagnosis {
  checks: Check[];
  /** Of the first failure; `null` where nothing failed. */
  failedWith: ExitCode | null;
}

export const ok = (message: string): Finding => ({ status: "ok", message, hint: null });

export const warn = (message: string, hint: string | null = null): Finding => ({ status: "warn", message, hint });

/** Looks at one thing after the other; one that fails does not keep the others from being looked at, save those that come `after` it. */
export async function examine(
  examinations: readonly Examination[],
  onCheck: (check: Check) => void = () => {},
): Promise<Diagnosis> {
  const diagnosis: Diagnosis = { checks: [], failedWith: null };
  const unmet = new Set<string>();
  for (const { name, after, look } of examinations) {
    if (after !== undefined && unmet.has(after)) {
      unmet.add(name);
      continue;
    }
    let check: Check;
    try {
      check = { name, ...(await look()) };
    } catch (error) {
      if (!(error instanceof UserError) || error.code === "interrupted") throw error;
      check = { name, status: "fail", message: error.message, hint: error.hint };
      diagnosis.failedWith ??= error.exitCode;
    }
    if (check.status !== "ok") unmet.add(name);
    diagnosis.checks.push(check);
    onCheck(check);
  }
  return diagnosis;
}
