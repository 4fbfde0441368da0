import { UserError } from "../../errors.ts";
import { matchingNames } from "../../pipeline/collections/matching-names.ts";
import { closest } from "../../util/closest.ts";
import { collectionPatterns } from "../arguments/collection-patterns.ts";
import { parseFilter } from "../arguments/filters.ts";
import { writeReport } from "../commands/answering/write-report.ts";
import type { CommandContext } from "../context.ts";
import { contextText, sourcesText } from "../render/answer.ts";
import { renderTranscript } from "../render/conversation/transcript.ts";
import { linksFor } from "../render/places/hyperlink.ts";
import { terminalText } from "../render/terminal-text.ts";
import type { Runtime } from "../runtime.ts";
import type { Session } from "../session.ts";
import { type ChatState, collectionsOf } from "./chat-state.ts";

/** What a command of the chat works on. */
export interface ChatWork {
  state: ChatState;
  session: Session;
  context: CommandContext;
}

interface SlashCommand {
  /** What stands behind the name. */
  takes: string;
  does: string;
  /** Throws `UserError`, which is said and ends nothing. */
  run(argument: string, work: ChatWork): Promise<void>;
}

const commands: Readonly<Record<string, SlashCommand>> = {
  sources: {
    takes: "",
    does: "the sources of the last answer",
    run: async (_, work) => showLast(work, sourcesText, "the last answer cites nothing"),
  },
  context: {
    takes: "",
    does: "the passages that the last answer was made from",
    run: async (_, work) =>
      showLast(work, ({ hits }, ...rest) => contextText(hits, ...rest), "nothing was found for it"),
  },
  filter: {
    takes: "[condition|off]",
    does: "search only where the condition holds too; off removes them all, nothing shows them",
    run: changeFilters,
  },
  collection: {
    takes: "[names]",
    does: "search other collections (names and globs, by commas); nothing shows them",
    run: changeCollection,
  },
  new: {
    takes: "",
    does: "forget the conversation, and begin another one",
    run: async (_, { state, context }) => {
      state.turns = [];
      context.output.notice("a new conversation begins");
    },
  },
  save: {
    takes: "<file>",
    does: "write the conversation to a new file: Markdown, or JSON where its name ends in .json",
    run: save,
  },
};

/** Those that the conversation itself understands. */
const others = { help: "this list", exit: "end the chat; so do Ctrl-D, and Ctrl-C twice" };
const names = [...Object.keys(commands), ...Object.keys(others), "quit"];

/** A command is a slash and one word; a path is none. */
const written = /^\/([a-z?]+)(?:\s+(.*))?$/is;

/** The name and the rest of a line that is a command; `null` for a question. */
export function slashCommand(message: string): { name: string; argument: string } | null {
  const [, name, argument = ""] = written.exec(message) ?? [];
  return name === undefined ? null : { name: name.toLowerCase(), argument: argument.trim() };
}

/** Runs one; `"exit"` where it ends the chat. Throws `UserError` for an unknown one, and what the command is refused with. */
export async function runSlashCommand(
  { name, argument }: { name: string; argument: string },
  work: ChatWork,
): Promise<"exit" | null> {
  if (name === "exit" || name === "quit") return "exit";
  if (name === "help" || name === "?") {
    await work.context.output.results.write(helpText());
    return null;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const meant = closest(name, names);
    throw new UserError("usage", `there is no command /${name}`, {
      hint: meant === null ? "/help lists the commands" : `did you mean /${meant}?`,
    });
  }
  await command.run(argument, work);
  return null;
}

function helpText(): string {
  const lines = [
    ...Object.entries(commands).map(([name, { takes, does }]) => [`/${name} ${takes}`.trim(), does] as const),
    ...Object.entries(others).map(([name, does]) => [`/${name}`, does] as const),
  ];
  const width = Math.max(...lines.map(([usage]) => usage.length));
  const more =
    'A backslash at the end of a line goes on with the next one; """ begins and ends a text of several lines.';
  return `${lines.map(([usage, does]) => `${usage.padEnd(width)}  ${does}\n`).join("")}\n${more}\n`;
}

/** Shows a part of the last answer of this run, or says why there is none. */
async function showLast(
  { state, session, context: { output } }: ChatWork,
  textOf: typeof sourcesText,
  nothing: string,
): Promise<void> {
  const last = state.results.at(-1);
  if (last === undefined) return output.notice("nothing was answered yet");
  const folders = await session.use(async ({ environment }) => environment);
  const text = textOf(last, output.results, await linksFor(output.results, folders));
  if (text === "") output.notice(nothing);
  else await output.results.write(text.replace(/^\n/, ""));
}

async function changeFilters(argument: string, { state, context: { output } }: ChatWork): Promise<void> {
  if (argument === "off") state.filters = [];
  else if (argument !== "") state.filters = [...state.filters, { written: argument, filter: parseFilter(argument) }];
  const shown = state.filters.map(({ written }) => written).join(", ");
  output.notice(shown === "" ? "no filter" : `filters: ${terminalText(shown)}`);
}

async function changeCollection(argument: string, { state, session, context: { output } }: ChatWork): Promise<void> {
  await session.use(async (runtime: Runtime) => {
    const store = await runtime.store("looking");
    if (argument !== "") {
      const several = collectionPatterns(argument);
      await matchingNames(store, several?.patterns ?? [argument]);
      state.several = several;
      state.collection = several === null ? argument : null;
    }
    const all = argument === "" ? `; the store holds: ${(await store.list()).join(", ") || "none"}` : "";
    output.notice(`collection ${collectionsOf(state, runtime.config.collection)}${all}`);
  });
}

async function save(argument: string, { state, context }: ChatWork): Promise<void> {
  const { output, workingDirectory } = context;
  if (argument === "") throw new UserError("usage", "/save needs the name of a file", { hint: "/save answers.md" });
  if (state.results.length === 0) return output.notice("nothing was answered yet");
  const text = output.masked(renderTranscript(state.results, argument));
  await writeReport(argument, text, workingDirectory, { isNew: true });
  output.notice(`written to ${argument}`);
}
