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

/** Where a program shows what it shows, as a file descriptor: 2 where stdout is for a JSON document alone. */
type Screen = typeof stdout | typeof stderr;

const stdout = 1;
const stderr = 2;

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
export async function showFile(
  file: string,
  line: number | null,
  variables: Variables,
  screen: Screen = stdout,
): Promise<void> {
  const editor = named("VISUAL", variables) ?? named("EDITOR", variables);
  const viewers = editor === null ? pagers(variables) : [editor];
  const argumentsOf = ({ program, options }: Viewer) => [...options, ...viewerArguments(program, file, line)];
  await runFirst(viewers, argumentsOf, null, screen);
}

/** Shows a text in the user's pager (`PAGER`, else `less` or `more`), and waits until it is closed. */
export async function showText(text: string, variables: Variables, screen: Screen = stdout): Promise<void> {
  await runFirst(pagers(variables), ({ options }) => options, text, screen);
}

/**
 * Shows a text that is longer than the screen in the user's pager, as `git` does: an empty `PAGER` means none, and
 * `less` gets `FRX` (colours, and the text stays on the screen) where `LESS` does not say otherwise. `false` where no
 * pager could be run, and nothing was shown.
 */
export async function pageText(text: string, variables: Variables): Promise<boolean> {
  if (variables["PAGER"]?.trim() === "" || variables["TERM"] === "dumb") return false;
  const environment = { ...variables, LESS: variables["LESS"] ?? "FRX", LV: variables["LV"] ?? "-c" };
  for (const { program, options } of pagers(variables)) {
    const isThere = await run(program, options, text, environment).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
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
  screen: Screen,
): Promise<void> {
  for (const [index, viewer] of viewers.entries()) {
    const running = run(viewer.program, argumentsOf(viewer), input, process.env, screen);
    const exitCode = await running.catch((error: NodeJS.ErrnoException) => {
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
async function run(
  program: string,
  options: readonly string[],
  input: string | null,
  environment: Variables,
  screen: Screen = stdout,
): Promise<number> {
  const handlers = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT").on("SIGINT", leaveToViewer);
  try {
    return await new Promise((resolve, reject) => {
      const stdin = input === null ? "inherit" : "pipe";
      const child = spawn(program, options, { stdio: [stdin, screen, "inherit"], env: environment });
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
