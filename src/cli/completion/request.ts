import type { Argument, Command as Program, Option } from "commander";

/** What a value stands for, as far as it can be completed. */
export type ValueKind = "file" | "collection" | "source" | "embedding" | "llm" | "rerank" | "filter" | "other";

/** What can stand where the cursor is. */
export interface CompletionRequest {
  /** The beginning that is there already. */
  begun: string;
  /** Words of the program itself: subcommands, flags, values that are listed. */
  words: { value: string; description: string }[];
  /** What stands before a value in the same word: a flag and its equals sign, and the first names of a list. */
  before: string;
  /** What else can stand there; `null`: nothing. */
  kind: ValueKind | null;
  /** Flags that were given before, by their long name. */
  given: ReadonlyMap<string, string>;
}

/** Kinds by the placeholder of a flag or argument in the help, or by the flag. */
const kinds: Readonly<Record<string, ValueKind>> = {
  file: "file",
  config: "file",
  paths: "file",
  set: "file",
  uri: "file",
  source: "source",
  place: "source",
  condition: "filter",
  "--collection": "collection",
  "--embedding": "embedding",
  "--llm": "llm",
  "--rerank": "rerank",
  "collections name": "collection",
};

/** Reads an unfinished command line; its last word is the one to complete, and empty after a space. */
export function completionRequest(program: Program, line: readonly string[]): CompletionRequest {
  const begun = line.at(-1) ?? "";
  const given = new Map<string, string>();
  let command = program;
  let position = 0;
  let awaiting: Option | null = null;
  for (const word of line.slice(0, -1)) {
    if (awaiting?.required || (awaiting !== null && !word.startsWith("-"))) {
      given.set(awaiting.long ?? "", word);
      awaiting = null;
      continue;
    }
    awaiting = null;
    if (word.startsWith("-") && word !== "-") {
      const [name = word, value] = word.split(/=(.*)/s);
      const option = optionsOf(command).find(({ short, long }) => short === name || long === name);
      if (option === undefined) continue;
      if (value !== undefined) given.set(option.long ?? "", value);
      else if (option.required || option.optional) awaiting = option;
      continue;
    }
    const child = position === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (child === undefined) position++;
    else command = child;
  }
  // Behind a flag whose value may be left out, another flag can follow.
  if (awaiting?.required || (awaiting !== null && !begun.startsWith("-"))) return ofOption(awaiting, begun, given);
  const assigned = /^(--[^=]+)=(.*)$/s.exec(begun);
  const option = assigned && optionsOf(command).find(({ long }) => long === assigned[1]);
  if (option) {
    const request = ofOption(option, assigned?.[2] ?? "", given);
    // The shell replaces the whole word.
    const flag = `${option.long}=`;
    const words = request.words.map(({ value, description }) => ({ value: flag + value, description }));
    return { ...request, begun, words, before: flag + request.before };
  }
  if (begun.startsWith("-")) return { begun, words: flagsOf(command), before: "", kind: null, given };
  if (position === 0 && command.commands.length > 0)
    return { begun, words: subcommandsOf(command), before: "", kind: null, given };
  const argument = argumentAt(command, position);
  const kind = argument === undefined ? null : kindOfArgument(command, argument);
  const words = (argument?.argChoices ?? []).map((value) => ({ value, description: "" }));
  return { begun, words, before: "", kind, given };
}

function ofOption(option: Option, begun: string, given: CompletionRequest["given"]): CompletionRequest {
  const choices = choicesOf(option);
  const placeholder = /[<[]([^>\]/]+)/.exec(option.flags)?.[1] ?? "";
  const kind = kinds[option.long ?? ""] ?? kinds[placeholder] ?? "other";
  const words = choices.map((value) => ({ value, description: "" }));
  // Several collections are one word, separated by commas.
  const before = kind === "collection" ? begun.slice(0, begun.lastIndexOf(",") + 1) : "";
  return { begun, words, before, kind: choices.length > 0 ? null : kind, given };
}

/** The values that a flag takes, where they are listed. */
function choicesOf(option: Option): readonly string[] {
  const { parseArg } = option as { parseArg?: { choices?: readonly string[] } };
  return option.argChoices ?? parseArg?.choices ?? [];
}

function optionsOf(command: Program): Option[] {
  const above = command.parent === null ? [] : optionsOf(command.parent);
  return [...command.options, ...above].filter(({ hidden }) => !hidden);
}

function flagsOf(command: Program): CompletionRequest["words"] {
  return optionsOf(command).map(({ long, short, description }) => ({ value: long ?? short ?? "", description }));
}

function subcommandsOf(command: Program): CompletionRequest["words"] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ value: one.name(), description: one.summary() || one.description() }));
}

/** The last argument takes all that follows, where it takes several. */
function argumentAt(command: Program, position: number): Argument | undefined {
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  return declared[position] ?? (last?.variadic ? last : undefined);
}

function kindOfArgument(command: Program, argument: Argument): ValueKind {
  const name = argument.name();
  return kinds[`${command.parent?.name()} ${name}`] ?? kinds[name] ?? "other";
}
