import { spawn } from "node:child_process";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import { commandWords } from "./command-words.ts";
import { viewerArguments } from "./editors.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** A program with its own arguments. */
interface Viewer {
  program: string;
  options: string[];
}

const usualPagers: readonly Viewer[] = [
  { program: "less", options: [] },
  { program: "more", options: [] },
];

/**
 * Shows a file at a line in the user's editor (`VISUAL`, then `EDITOR`), or else in the pager, and waits until it is
 * closed. The variables are the user's own: no configuration file has a say in what is run, and no shell runs it.
 *
 * Throws `UserError` `invalid-editor`, or `viewer-failed` (exit code 4) where the program cannot be run or fails.
 */
export async function showFile(file: string, line: number | null, variables: Variables): Promise<void> {
  const editor = named("VISUAL", variables) ?? named("EDITOR", variables);
  const viewers = editor === null ? pagers(variables) : [editor];
  await runFirst(viewers, ({ program, options }) => [...options, ...viewerArguments(program, file, line)], null);
}

/** Shows a text in the user's pager (`PAGER`, else `less` or `more`), and waits until it is closed. */
export async function showText(text: string, variables: Variables): Promise<void> {
  await runFirst(pagers(variables), ({ options }) => options, text);
}

function pagers(variables: Variables): readonly Viewer[] {
  const pager = named("PAGER", variables);
  return pager === null ? usualPagers : [pager];
}

function named(name: string, variables: Variables): Viewer | null {
  const [program, ...options] = commandWords(variables[name] ?? "", name);
  return program === undefined ? null : { program, options };
}

/** Runs the first of these programs that is there. */
async function runFirst(
  viewers: readonly Viewer[],
  argumentsOf: (viewer: Viewer) => string[],
  input: string | null,
): Promise<void> {
  for (const [index, viewer] of viewers.entries()) {
    const exitCode = await run(viewer.program, argumentsOf(viewer), input).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && index < viewers.length - 1) return "missing" as const;
      throw new UserError("viewer-failed", `cannot run ${viewer.program}: ${messageOf(error)}`, {
        hint: "set VISUAL or EDITOR to a program that is installed",
        exitCode: ExitCode.backend,
        cause: error,
      });
    });
    if (exitCode === "missing") continue;
    if (exitCode === 0) return;
    throw new UserError("viewer-failed", `${viewer.program} ended with exit code ${exitCode}`, {
      exitCode: ExitCode.backend,
    });
  }
}

/** The program has the terminal, and answers Ctrl-C itself, until it ends. */
async function run(program: string, options: readonly string[], input: string | null): Promise<number> {
  const handlers = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT").on("SIGINT", leaveToViewer);
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(program, options, { stdio: [input === null ? "inherit" : "pipe", "inherit", "inherit"] });
      child.on("error", reject).on("close", (code) => resolve(code ?? 1));
      // A pager may be closed before it has read everything.
      child.stdin?.on("error", () => {}).end(input);
    });
  } finally {
    process.off("SIGINT", leaveToViewer);
    for (const handler of handlers) process.on("SIGINT", handler);
  }
}

function leaveToViewer(): void {}
