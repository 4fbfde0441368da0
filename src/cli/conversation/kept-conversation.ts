import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../../files/make-folder.ts";
import { readRegularText } from "../../files/read-regular-file.ts";
import { stateFolder } from "../../files/user-folders.ts";
import type { AskResult } from "../../pipeline/ask/ask.ts";
import type { Turn } from "../../pipeline/ask/conversation.ts";
import { shortHash } from "../../util/ids.ts";
import type { CommandContext } from "../context.ts";
import type { Runtime } from "../runtime.ts";

/** The project of the conversation: only the last one of each project is kept. */
export interface Keeper {
  /** Absolute. */
  projectRoot: string;
  variables: Readonly<Record<string, string | undefined>>;
  /** Takes out known secrets. */
  masked(text: string): string;
}

/** The keeper of the conversations about the runtime's project. */
export function keeperOf({ environment }: Pick<Runtime, "environment">, { output }: CommandContext): Keeper {
  const { projectRoot, variables } = environment;
  return { projectRoot, variables, masked: (text) => output.masked(text) };
}

/** What a conversation keeps of an answer. */
export function turnOf({ question, standalone = question, answer }: AskResult): Turn {
  return { question, standalone, answer };
}

/** Limits of a kept conversation; lengths in characters. */
const kept = { turns: 20, question: 2_000, answer: 4_000 };
/** What is kept of what was typed. */
const keptLines = { count: 500, length: 1_000 };
/** Bytes of either file that are read: more than either can have. */
const maxFileBytes = 2_000_000;

/** The last conversation about a project, the oldest turn first; empty where there is none that can be read. */
export async function readConversation(keeper: Keeper): Promise<Turn[]> {
  const turns = (await readList(fileOf(keeper, "conversations"))) as Partial<Turn>[];
  return turns.filter(
    (turn): turn is Turn =>
      typeof turn?.question === "string" && typeof turn.standalone === "string" && typeof turn.answer === "string",
  );
}

/** Keeps the last turns of a conversation, for this user alone. Throws the system's error. */
export async function keepConversation(turns: readonly Turn[], keeper: Keeper): Promise<void> {
  const cut = (text: string, length: number) => keeper.masked(text).slice(0, length).toWellFormed();
  const last = turns.slice(-kept.turns).map(({ question, standalone, answer }) => ({
    question: cut(question, kept.question),
    standalone: cut(standalone, kept.question),
    answer: cut(answer, kept.answer),
  }));
  await writePrivate(fileOf(keeper, "conversations"), last);
}

/** The lines that were typed into the chat about a project, the latest first. */
export async function readTypedLines(keeper: Keeper): Promise<string[]> {
  return (await readList(fileOf(keeper, "typed"))).filter((line) => typeof line === "string");
}

/** Keeps the latest lines, for this user alone. Throws the system's error. */
export async function keepTypedLines(lines: readonly string[], keeper: Keeper): Promise<void> {
  const latest = lines.slice(0, keptLines.count).map((line) => keeper.masked(line).slice(0, keptLines.length));
  await writePrivate(fileOf(keeper, "typed"), latest);
}

function fileOf({ projectRoot, variables }: Keeper, kind: "conversations" | "typed"): string {
  return path.join(stateFolder(variables), kind, `${shortHash(projectRoot)}.json`);
}

async function readList(file: string): Promise<unknown[]> {
  try {
    const list: unknown = JSON.parse(await readRegularText(file, maxFileBytes));
    return Array.isArray(list) ? list : [];
  } catch {
    // Missing, or left by something else: there is nothing to go on with.
    return [];
  }
}

async function writePrivate(file: string, list: readonly unknown[]): Promise<void> {
  await makeFolder(path.dirname(file), { mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(list)}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
