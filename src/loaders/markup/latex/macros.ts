import { splitArgument, verbatimSpan } from "./arguments.ts";

/** A command that the document defines for itself. */
interface Macro {
  /** With `#1` where the first argument belongs. */
  body: string;
  /** Number of arguments. */
  count: number;
  /** The first argument where none is given in brackets; `null` where the first one stands in braces. */
  optional: string | null;
}

/** The commands that a document defines. */
export interface Macros {
  /** Indices of the lines that hold the definitions. */
  lines: ReadonlySet<number>;
  /** A line with every command of the document replaced by what it stands for. */
  expand(line: string): string;
}

const definition =
  /\\(?:(?:newcommand|providecommand|DeclareRobustCommand)\*?\s*(?:\{\\([A-Za-z]+)\}|\\([A-Za-z]+))\s*(?:\[(\d)\])?\s*(?:\[([^\]\n]{0,200})\])?|def\s*\\([A-Za-z]+)((?:#\d)*))\s*\{/g;

/** Replacements in a line: commands may be made of others, or of themselves. */
const maxReplacements = 200;
/** A line does not grow beyond this: a few commands made of each other can stand for more text than memory holds. */
const maxLineChars = 20_000;

/**
 * Reads the commands that a document defines (`\newcommand`, `\def`), so that its text can be read with what they stand
 * for. Commands of packages and changes of known commands are not read. `lines`: without those that are code.
 */
export function readMacros(lines: readonly string[]): Macros {
  const text = lines.join("\n");
  const macros = new Map<string, Macro>();
  const held = new Set<number>();
  let line = 0;
  let counted = 0;
  for (const match of text.matchAll(definition)) {
    const [head, braced, bare, count, optional, defined, places = ""] = match;
    const start = match.index + head.length;
    const { argument: body, isClosed } = splitArgument(text.slice(start, start + 4000));
    if (!isClosed) continue;
    for (; counted < match.index; counted += 1) if (text[counted] === "\n") line += 1;
    const height = `${head}${body}`.split("\n").length;
    for (let at = line; at < line + height; at += 1) held.add(at);
    // Commands of the inner workings and conditions are no text.
    if (/@|\\(?:if|def|let|begin|csname)/.test(body)) continue;
    macros.set(braced ?? bare ?? defined ?? "", {
      body: body
        .replaceAll(/(?<!\\)%[^\n]*/g, "")
        .replaceAll(/\s+/g, " ")
        .trim(),
      count: defined === undefined ? Number(count ?? 0) : places.length / 2,
      optional: optional ?? null,
    });
  }
  if (macros.size === 0) return { lines: held, expand: (written) => written };
  const use = new RegExp(String.raw`${verbatimSpan.source}|\\(${[...macros.keys()].join("|")})(?![A-Za-z@])`, "g");
  return { lines: held, expand: (written) => expandLine(written, macros, use) };
}

function expandLine(line: string, macros: ReadonlyMap<string, Macro>, use: RegExp): string {
  let text = line;
  let from = 0;
  for (let time = 0; time < maxReplacements && text.length < maxLineChars; time += 1) {
    use.lastIndex = from;
    const match = use.exec(text);
    if (match === null) return text;
    const macro = macros.get(match[3] ?? "");
    const read = macro === undefined ? null : readArguments(text.slice(match.index + match[0].length), macro);
    // Printed as it is written, or what belongs to the command stands on the next line.
    if (macro === undefined || read === null) from = match.index + match[0].length;
    else {
      const body = macro.body.replaceAll(/#(\d)/g, (_, digit: string) => read.values[Number(digit) - 1] ?? "");
      text = `${text.slice(0, match.index)}${body}${read.rest}`;
      from = match.index;
    }
  }
  return text;
}

function readArguments(text: string, { count, optional }: Macro): { values: string[]; rest: string } | null {
  if (count === 0) return { values: [], rest: text.replace(/^\{\}/, "") };
  const values: string[] = [];
  let rest = text;
  if (optional !== null) {
    const given = /^\s*\[([^\]]*)\]/.exec(rest);
    values.push(given?.[1] ?? optional);
    rest = rest.slice(given?.[0].length ?? 0);
  }
  while (values.length < count) {
    const open = /^\s*\{/.exec(rest);
    if (open === null) return null;
    const { argument, rest: behind, isClosed } = splitArgument(rest.slice(open[0].length));
    if (!isClosed) return null;
    values.push(argument);
    rest = behind;
  }
  return { values, rest };
}
