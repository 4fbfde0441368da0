import type { Problem } from "./problem.ts";

const reference = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** No setting lies deeper than four levels; what is nested without end would exhaust the stack. */
const deepest = 32;

/** An environment variable whose value went into a setting. */
export interface Expansion {
  /** E.g. `embedding.apiKey`. */
  path: string;
  variable: string;
}

/** What `expandVariables` found on its way. */
export interface ExpansionReport {
  problems: Problem[];
  expansions: Expansion[];
  /** Paths of values that are made of variables and nothing else, as `${TOP_K:-5}` is. */
  fromVariables: Set<string>;
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every string of a configuration by environment variables; `$${` stands
 * for `${`. As in a shell, a default also stands in for a variable that is set to nothing. A string with a variable
 * that is not set and has no default is left out and reported in `problems`; values that went in, in `expansions`.
 */
export function expandVariables(
  value: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  report: ExpansionReport,
  path: readonly string[] = [],
): unknown {
  if (path.length > deepest) {
    report.problems.push({ path: path.slice(0, 3).join("."), message: `nested deeper than ${deepest} levels` });
    return undefined;
  }
  if (typeof value === "string") return expandString(value, variables, report, path);
  if (Array.isArray(value)) {
    return value.map((item, index) => expandVariables(item, variables, report, [...path, String(index)]));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      expandVariables(item, variables, report, [...path, key]),
    ]);
    return Object.fromEntries(entries);
  }
  return value;
}

function expandString(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
  report: ExpansionReport,
  path: readonly string[],
): string | undefined {
  const missing = new Set<string>();
  const at = path.join(".");
  if (text !== "" && text.replaceAll(reference, (written) => (written.startsWith("$$") ? written : "")) === "") {
    report.fromVariables.add(at);
  }
  const expanded = text.replaceAll(reference, (_, escaped?: string, name?: string, fallback?: string) => {
    if (escaped !== undefined || name === undefined) return "${";
    const found = variables[name];
    if (found) report.expansions.push({ path: at, variable: name });
    if (fallback !== undefined) return found === undefined || found === "" ? fallback : found;
    if (found === undefined) missing.add(name);
    return found ?? "";
  });
  for (const name of missing) {
    report.problems.push({
      path: at,
      message: `the environment variable ${name} is not set; \${${name}:-} allows that`,
    });
  }
  return missing.size === 0 ? expanded : undefined;
}
