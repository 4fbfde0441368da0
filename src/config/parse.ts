import { UserError } from "../errors.ts";

/**
 * Parsers of configuration files. Their errors say where, but quote nothing: the line beside a slip of the pen may
 * hold a token.
 */

/** Throws `UserError` `invalid-config`. */
export function parseJson(file: string, content: string): unknown {
  const text = withoutByteOrderMark(content);
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const token = /Unexpected token '(.)'/u.exec(String(error))?.[1];
    const what = token === undefined ? "JSON" : `JSON (unexpected '${token}')`;
    throw malformed(file, what, position === undefined ? null : lineAndColumn(text, Number(position)));
  }
}

/** Throws `UserError` `invalid-config`. */
export async function parseYaml(file: string, content: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = withinStack(file, () => parseDocument(withoutByteOrderMark(content), { prettyErrors: true }));
  const [error] = document.errors;
  if (error !== undefined) {
    const start = error.linePos?.[0];
    throw malformed(file, "YAML", start === undefined ? null : { line: start.line, column: start.col });
  }
  // All of it is commented out.
  if (document.contents === null) return {};
  return withinStack(file, () => document.toJS({ maxAliasCount: 100 }) as unknown);
}

/** The parser calls itself for every level, and aliases can stand for a tree without end. */
function withinStack<Result>(file: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError || error instanceof ReferenceError) throw malformed(file, "YAML", null);
    throw error;
  }
}

/** A file whose name does not tell: JSON where it begins like JSON, else YAML. */
export async function parseJsonOrYaml(file: string, content: string): Promise<unknown> {
  return withoutByteOrderMark(content).trimStart().startsWith("{")
    ? parseJson(file, content)
    : parseYaml(file, content);
}

function withoutByteOrderMark(content: string): string {
  return content.startsWith("\uFEFF") ? content.slice(1) : content;
}

function lineAndColumn(text: string, position: number): { line: number; column: number } {
  const before = text.slice(0, position).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function malformed(file: string, format: string, at: { line: number; column: number } | null): UserError {
  const place = at === null ? file : `${file}:${at.line}:${at.column}`;
  return new UserError("invalid-config", `${place}: this is not valid ${format}`, {
    hint: "look for a missing comma, quote or bracket there or just before",
  });
}
