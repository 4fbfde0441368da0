import { UserError } from "../errors.ts";

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where: `embedding.dimensions`. */
  path: string;
  /** What was expected and what was there. Never holds a secret. */
  message: string;
  /** Other settings that it depends on. */
  about?: readonly string[];
  /** What to write instead. */
  hint?: string;
  /** The error's code where a flag or a variable is all that is wrong; `invalid-config` where it is not set. */
  code?: string;
}

/**
 * All that is wrong, in one error: of code `invalid-config`, or the problem's own where it is a single one. `origins`
 * has the flag or variable of each path that the file does not decide.
 */
export function invalidConfig(
  problems: readonly Problem[],
  file: string | null,
  origins: ReadonlyMap<string, string> = new Map(),
): UserError {
  const described = "every setting is described in docs/configuration.md";
  const named = problems.map(({ path, message, ...rest }) => {
    const place = origins.get(path) ?? path;
    return { ...rest, message: place === "" ? message : `${place}: ${message}` };
  });
  const isOfFile = file !== null && problems.some(({ path }) => !origins.has(path));
  const [only] = named;
  if (only !== undefined && named.length === 1 && !isOfFile) {
    return new UserError(only.code ?? "invalid-config", only.message, { hint: only.hint ?? described });
  }
  const lines = named.map(({ message, hint }) => (hint === undefined ? message : `${message}; ${hint}`));
  const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
  const title = `${isOfFile ? file : "the configuration"} has ${count}`;
  return new UserError("invalid-config", [title, ...lines.map((line) => `  ${line}`)].join("\n"), { hint: described });
}
