import { parseModelName } from "../../config/model-name.ts";
import { UserError } from "../../errors.ts";
import type { Metadata, MetadataScalar } from "../../types.ts";
import { closest } from "../../util/closest.ts";

/** How the parser reads the value of one flag; every refusal is a `UserError` `invalid-value` that names the flag. */
type Read<Value> = (text: string, previous?: Value) => Value;

function refuse(flag: string, expected: string, text: string, hint?: string): UserError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new UserError("invalid-value", `${flag}: expected ${expected}, got ${JSON.stringify(shown)}`, {
    hint: hint ?? "see the command's --help",
  });
}

export function integer(flag: string, minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Read<number> {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw refuse(flag, minimum === 1 && range.startsWith("of") ? "a positive integer" : `an integer ${range}`, text);
  };
}

/** How far the text around a passage reaches: `section`, or passages in either direction. */
export function extent(flag: string): Read<number | "section"> {
  return (text) => {
    if (text === "section") return text;
    if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= mostNeighbours) return Number(text);
    throw refuse(flag, `section, or an integer from 1 to ${mostNeighbours}`, text);
  };
}

const mostNeighbours = 100;

export function decimal(flag: string): Read<number> {
  return (text) => {
    if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
    throw refuse(flag, "a number", text);
  };
}

export function amount(flag: string): Read<number> {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
    throw refuse(flag, "an amount of at least 0", text);
  };
}

/** The parser knows its choices, for the completion of command lines. */
export function oneOf<const Choice extends string>(
  flag: string,
  choices: readonly Choice[],
): Read<Choice> & { choices: readonly Choice[] } {
  const read: Read<Choice> = (text) => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    const meant = closest(text, choices);
    throw refuse(flag, `one of ${choices.join(", ")}`, text, meant === null ? undefined : `did you mean ${meant}?`);
  };
  return Object.assign(read, { choices });
}

/** `auto` is `true` and `never` is `false`, as a flag without a value would be. */
export function when(flag: string): Read<boolean | "always"> & { choices: readonly string[] } {
  const choices = ["auto", "always", "never"] as const;
  const name = oneOf(flag, choices);
  const meanings = { auto: true, always: "always", never: false } as const;
  return Object.assign((text: string) => meanings[name(text)], { choices });
}

export function filled(flag: string): Read<string> {
  return (text) => {
    if (text.trim() !== "") return text;
    throw refuse(flag, "something", text);
  };
}

export function model(flag: string): Read<string> {
  return (text) => {
    if (parseModelName(text) !== null) return text;
    throw refuse(flag, "a provider, or provider/model", text, `e.g. ${flag} ollama, or ${flag} ollama/name-of-a-model`);
  };
}

export function repeatable(flag: string): Read<string[]> {
  return (text, previous = []) => [...previous, filled(flag)(text)];
}

/** Text that may be given several times, or comma-separated; joined by commas. */
export function listed(flag: string): Read<string> {
  return (text, previous) => (previous === undefined ? filled(flag)(text) : `${previous},${filled(flag)(text)}`);
}

/** `name=1.5`, repeatable: numbers above 0 by names. */
export function weights(flag: string): Read<Map<string, number>> {
  return (text, previous = new Map()) => {
    const [, name, value] = /^([^=\s]+)\s*=\s*(\d*\.?\d+)$/.exec(text.trim()) ?? [];
    if (name === undefined || !(Number(value) > 0)) {
      throw refuse(flag, "collection=number", text, `e.g. ${flag} docs=1.5`);
    }
    return new Map([...previous, [name, Number(value)]]);
  };
}

/** Names from a list, comma-separated, each once. */
export function someOf<const Choice extends string>(flag: string, choices: readonly Choice[]): Read<Choice[]> {
  const read = oneOf(flag, choices);
  return (text) => [...new Set(text.split(",").map((name) => read(name.trim())))];
}

/** A measure and the value that it has to reach. */
export interface WrittenMinimum {
  /** `null`: every mode. */
  mode: string | null;
  measure: string;
  value: number;
}

/** `ndcg@10=0.8`, or `text:ndcg@10=0.8` for one mode; repeatable. */
export function minimum(flag: string): Read<WrittenMinimum[]> {
  return (text, previous = []) => {
    const [, mode = null, measure, value] = /^(?:([a-z]+):)?([^=:\s]+)\s*=\s*([\d.]+)$/.exec(text.trim()) ?? [];
    if (measure === undefined || !Number.isFinite(Number(value))) {
      throw refuse(flag, "measure=value", text, `e.g. ${flag} "ndcg@10=0.8"`);
    }
    return [...previous, { mode, measure, value: Number(value) }];
  };
}

/** `\n`, `\t`, `\r` and `\\` as in a string literal: a shell cannot easily pass the characters themselves. */
export function escaped(flag: string): Read<string> {
  const characters: Record<string, string> = { n: "\n", t: "\t", r: "\r", "\\": "\\" };
  return (text) => {
    if (text === "") throw refuse(flag, "at least one character", text);
    return text.replaceAll(/\\([ntr\\])/g, (written, letter: string) => characters[letter] ?? written);
  };
}

/** `key=value`, repeatable; a key given twice holds a list. Numbers, `true` and `false` keep their type. */
export function metadata(flag: string): Read<Metadata> {
  return (text, previous = {}) => {
    const [, key, value] = /^([^=\s][^=]*)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) throw refuse(flag, "key=value", text);
    const name = key.trim();
    const earlier = Object.hasOwn(previous, name) ? previous[name] : undefined;
    const scalar = typed(value);
    return { ...previous, [name]: earlier === undefined ? scalar : [earlier, scalar].flat() };
  };
}

function typed(text: string): MetadataScalar {
  if (text === "true" || text === "false") return text === "true";
  // Only numbers in their usual form count: 007 and 1e3 are names more often than numbers.
  return String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text;
}
