import { spawn } from "node:child_process";
import { UserError, messageOf } from "../../errors.ts";
import { looksSecret } from "../../secrets/secret-variables.ts";

/** A program to run, and what it may take. */
export interface ProgramRun {
  /** The program and its arguments; no shell reads them. */
  words: readonly string[];
  /** Absolute folder that it runs in. */
  folder: string;
  /** Given to it on standard input. */
  input: Uint8Array;
  timeoutMs: number;
  /** Of its output. */
  maxBytes: number;
  /** Those named like secrets are kept from it. */
  variables: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** Characters of what a program says on standard error that are told. */
const saidChars = 300;

/**
 * Runs a program to its end and returns what it wrote to standard output. On abort, and where it takes more than it may,
 * it is killed with every process that it started.
 *
 * Throws `UserError` `program-missing`, `program-failed`, `program-timeout`, `program-output`, and the signal's reason.
 */
export async function runProgram(run: ProgramRun): Promise<Uint8Array> {
  const [program = "", ...programArguments] = run.words;
  run.signal.throwIfAborted();
  const isPosix = process.platform !== "win32";
  const child = spawn(program, programArguments, {
    cwd: run.folder,
    env: Object.fromEntries(Object.entries(run.variables).filter(([name]) => !looksSecret(name))),
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, so that all that it starts can be killed with it.
    detached: isPosix,
    windowsHide: true,
  });
  const kill = (): void => {
    try {
      if (isPosix && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      else child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  const output: Buffer[] = [];
  let size = 0;
  let said = "";
  let failure: UserError | null = null;
  const stop = (error: UserError): void => {
    failure ??= error;
    kill();
  };
  const timer = setTimeout(() => {
    stop(new UserError("program-timeout", `${program} took more than ${Math.round(run.timeoutMs / 1000)} s`));
  }, run.timeoutMs);
  run.signal.addEventListener("abort", kill);
  try {
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= run.maxBytes) output.push(chunk);
      else stop(tooMuch(program, run.maxBytes));
    });
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4 * saidChars);
    });
    // A program that reads its file by name closes standard input.
    child.stdin.on("error", () => {});
    child.stdin.end(run.input);
    const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on("error", (error) => reject(cannotRun(program, error)));
      child.on("close", (...end) => resolve(end));
    });
    run.signal.throwIfAborted();
    if (failure !== null) throw failure;
    if (exitCode !== 0) throw failedWith(program, exitCode ?? signal ?? "an error", said);
    return Buffer.concat(output);
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener("abort", kill);
    // What it left running in the background would hold on to the file.
    kill();
  }
}

function tooMuch(program: string, maxBytes: number): UserError {
  return new UserError("program-output", `${program} wrote more than ${Math.round(maxBytes / 1e6)} MB`);
}

function cannotRun(program: string, cause: NodeJS.ErrnoException): UserError {
  const reason = cause.code === "ENOENT" ? "there is no such program" : messageOf(cause);
  return new UserError("program-missing", `${program} cannot be run: ${reason}`, {
    hint: "look at loaders in the configuration; the program is looked for in PATH",
    cause,
  });
}

function failedWith(program: string, end: number | string, said: string): UserError {
  const last = said.trim().split("\n").at(-1)?.trim().slice(0, saidChars) ?? "";
  return new UserError("program-failed", `${program} ended with ${end}${last === "" ? "" : `: ${last}`}`);
}
