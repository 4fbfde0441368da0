import { UserError } from "../errors.ts";

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where: `embedding.dimensions`, or the flag or variable that said it. */
  path: string;
  /** What was expected and what was there. Never holds a secret. */
  message: string;
}

/** All that is wrong, in one error of code `invalid-config`. */
export function invalidConfig(problems: readonly Problem[], file: string | null): UserError {
  const lines = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const place = file === null ? "the configuration" : file;
  const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
  return new UserError("invalid-config", [`${place} has ${count}`, ...lines.map((line) => `  ${line}`)].join("\n"), {
    hint: "every setting is described in docs/configuration.md",
  });
}
