import type { Problem } from "./problem.ts";

const reference = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every string of a configuration by environment variables; `$${` stands
 * for `${`. As in a shell, a default also stands in for a variable that is set to nothing. A string with a variable
 * that is not set and has no default is left out and reported in `problems`.
 */
export function expandVariables(
  value: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
  path: readonly string[] = [],
): unknown {
  if (typeof value === "string") return expandString(value, variables, problems, path);
  if (Array.isArray(value)) {
    return value.map((item, index) => expandVariables(item, variables, problems, [...path, String(index)]));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      expandVariables(item, variables, problems, [...path, key]),
    ]);
    return Object.fromEntries(entries);
  }
  return value;
}

function expandString(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
  path: readonly string[],
): string | undefined {
  const missing = new Set<string>();
  const expanded = text.replaceAll(reference, (_, escaped?: string, name?: string, fallback?: string) => {
    if (escaped !== undefined || name === undefined) return "${";
    const found = variables[name];
    if (fallback !== undefined) return found === undefined || found === "" ? fallback : found;
    if (found === undefined) missing.add(name);
    return found ?? "";
  });
  for (const name of missing) {
    problems.push({
      path: path.join("."),
      message: `the environment variable ${name} is not set; \${${name}:-} allows that`,
    });
  }
  return missing.size === 0 ? expanded : undefined;
}
