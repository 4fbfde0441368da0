import type { CommanderError, Command as Program } from "commander";
import { UserError } from "../../errors.ts";
import { closest } from "../../util/closest.ts";

/** The parser's refusal in the tool's own form; `command` is the one that it came to. */
export function usageError(error: CommanderError, command: Program): UserError {
  if (error.code === "commander.help") return withoutCommand(command);
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = /\((.*)\)/.exec(rest.join(" "))?.[1];
  const hint =
    otherWord(first, command) ?? hintFor(error.code, first, suggestion, command) ?? `see ${fullName(command)} --help`;
  return new UserError("usage", first, { hint: `${hint.slice(0, 1).toLowerCase()}${hint.slice(1)}` });
}

/** What other programs call it, or people would: a command or flag of this tool. */
const otherWords: Record<"commands" | "collections" | "flags", Readonly<Partial<Record<string, string>>>> = {
  commands: {
    ls: "collections list",
    list: "collections list",
    show: "collections show",
    sources: "collections sources",
    rm: "collections drop",
    remove: "collections drop",
    delete: "collections drop",
    drop: "collections drop",
    cp: "collections copy",
    copy: "collections copy",
    add: "ingest",
    index: "ingest",
    import: "ingest",
    load: "ingest",
    sync: "ingest",
    update: "ingest",
    query: "search",
    find: "search",
    grep: "search",
    answer: "ask",
    read: "get",
    cat: "get",
    edit: "open",
    status: "doctor",
    check: "doctor",
    config: "init",
    serve: "mcp",
    evaluate: "eval",
  },
  collections: { ls: "list", rm: "drop", remove: "drop", delete: "drop", info: "show", describe: "show", cp: "copy" },
  flags: {
    "--limit": "--top-k",
    "--top": "--top-k",
    "--count": "--top-k",
    "--results": "--top-k",
    "--where": "--filter",
    "--model": "--llm",
    "--db": "--uri",
    "--url": "--uri",
    "--host": "--uri",
    "--output": "--format",
    "--threshold": "--min-score",
    "--chunk-size": "--max-chars",
    "--chunk-overlap": "--overlap-chars",
    "--overlap": "--overlap-chars",
    "--delete": "--prune",
    "--force": "--recreate",
    "--context": "--show-context",
    "--silent": "--quiet",
    "--colour": "--color",
    "--no-colour": "--no-color",
  },
};

/** Our name for what other programs call differently; `null`: the parser guesses. */
function otherWord(message: string, command: Program): string | null {
  const [, kind, name = ""] = /^unknown (command|option) '(.*)'$/.exec(message) ?? [];
  const [flag = name] = name.split("=");
  if (kind === "option") {
    const meant = Object.hasOwn(otherWords.flags, flag) ? otherWords.flags[flag] : undefined;
    const isKnown =
      meant !== undefined && [...command.options, ...rootOf(command).options].some(({ long }) => long === meant);
    return isKnown ? `did you mean ${meant}?` : null;
  }
  if (kind !== "command") return null;
  const words = command.name() === "collections" ? otherWords.collections : otherWords.commands;
  const meant = Object.hasOwn(words, name) ? words[name] : undefined;
  return meant === undefined ? null : `did you mean ${fullName(command)} ${meant}?`;
}

/** A command that has others below it was given none of them. */
function withoutCommand(command: Program): UserError {
  const names = command.commands.map((below) => below.name());
  const hint = `${fullName(command)} --help lists the commands: ${names.join(", ")}`;
  // Only `help` takes the name of a command that there is not this far.
  const [, unknown] = command.args;
  if (unknown === undefined) return new UserError("usage", "no command given", { hint });
  const meant = otherWords.commands[unknown] ?? closest(unknown, names);
  return new UserError("usage", `unknown command '${unknown}'`, {
    hint: meant === null ? hint : `did you mean ${fullName(command)} help ${meant}?`,
  });
}

/** `null` where there is nothing better to do than to look at the help. */
function hintFor(code: string, message: string, suggestion: string | undefined, command: Program): string | null {
  if (code === "commander.excessArguments") return excessHint(command);
  const [, flag] = /^unknown option '(.*)'$/.exec(message) ?? [];
  if (flag === undefined) return suggestion ?? null;
  const owner = ownerOf(flag, rootOf(command));
  if (owner !== null) return `${flag} belongs to ${fullName(owner)}`;
  if (suggestion !== undefined || !takesText(command)) return suggestion ?? null;
  return `text that begins with a dash comes after --, as in: ${fullName(command)} -- "${flag}"`;
}

function excessHint(command: Program): string {
  if (takesText(command)) return "put text of several words in quotes";
  return command.registeredArguments.length === 0
    ? `see ${fullName(command)} --help`
    : `${fullName(command)} takes one collection: run it once for each`;
}

/** Whether a command's argument is what a person would write in several words. */
function takesText(command: Program): boolean {
  return ["query", "question"].includes(command.registeredArguments[0]?.name() ?? "");
}

/** The command that has this very flag. */
function ownerOf(flag: string, command: Program): Program | null {
  if (command.options.some(({ long, short }) => flag === long || flag === short)) return command;
  for (const below of command.commands) {
    const owner = ownerOf(flag, below);
    if (owner !== null) return owner;
  }
  return null;
}

function rootOf(command: Program): Program {
  return command.parent === null ? command : rootOf(command.parent);
}

/** As it is typed: `rag collections drop`. */
function fullName(command: Program): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
