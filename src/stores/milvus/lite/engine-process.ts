import { type ChildProcess, spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { UserError } from "../../../errors.ts";
import { backend } from "../wire/errors.ts";
import type { LitePython } from "./environment.ts";

const START_SECONDS = 60;
/** What an engine says before it ends may arrive after the news that it has ended. */
const LAST_WORDS_MS = 50;

/** A process to start. Paths are absolute. */
export interface EngineLaunch {
  python: LitePython;
  /** Real path of the database. */
  database: string;
  /** Where the engine writes how it is reached. */
  pointer: string;
  log: string;
  /** `null`: it listens on a loopback port. */
  socket: string | null;
  token: string | null;
  /** Seconds without a request after which it ends; 0 ends it with this process. */
  idleSeconds: number;
  variables: Readonly<Record<string, string | undefined>>;
}

/** What the first line of an engine says; `error` is a code of server.py, or one of this file. */
type LaunchOutcome = { address: string } | LaunchError;

interface LaunchError {
  error: string;
  message: string;
}

/** Starts the engine so that it outlives this process, unless it is to end with it, and waits for its first line. */
export async function launchEngine(launch: EngineLaunch): Promise<LaunchOutcome> {
  const { python, database, pointer, log, socket, token, idleSeconds, variables } = launch;
  const settings = ["--database", database, "--pointer", pointer, "--idle-seconds", String(idleSeconds)];
  if (socket !== null) settings.push("--socket", socket);
  const { outcome } = await launchProcess({
    python,
    script: fileURLToPath(new URL("./server.py", import.meta.url)),
    settings,
    workingFolder: dirname(database),
    log,
    isFed: idleSeconds === 0,
    variables: { ...variables, ...(token === null ? {} : { MILVUS_LITE_TOKEN: token }) },
  });
  return outcome;
}

/** A script that serves a database, and says so in its first line. */
interface ProcessLaunch {
  python: LitePython;
  script: string;
  settings: readonly string[];
  workingFolder: string;
  /** Where its standard error goes. */
  log: string;
  /** Whether it has a standard input, whose end tells it that this process has ended. */
  isFed: boolean;
  variables: Readonly<Record<string, string | undefined>>;
}

export interface LaunchedProcess {
  outcome: LaunchOutcome;
  /** Closes its standard input, and waits until it has ended. */
  end(): Promise<void>;
}

/** Starts a process that does not keep this one from ending, and waits for its first line. */
export async function launchProcess(launch: ProcessLaunch): Promise<LaunchedProcess> {
  const { python, script, settings, workingFolder, log, isFed, variables } = launch;
  const logFile = await open(log, "w", 0o600);
  try {
    const child = spawn(python.command, [...python.arguments, script, ...settings], {
      cwd: workingFolder,
      detached: true,
      env: { ...variables },
      stdio: [isFed ? "pipe" : "ignore", "pipe", logFile.fd],
      windowsHide: true,
    });
    const outcome = await firstLine(child);
    letGo(child);
    return {
      outcome,
      async end() {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.ref();
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.stdin?.end();
        await ended;
      },
    };
  } finally {
    await logFile.close();
  }
}

function firstLine(child: ChildProcess): Promise<LaunchOutcome> {
  return new Promise((resolve) => {
    const fail = (error: string, message: string): void => resolve({ error, message });
    const timer = setTimeout(() => {
      child.kill();
      fail("failed", `it was not ready after ${START_SECONDS} s`);
    }, START_SECONDS * 1000);
    let output = "";
    child.stdin?.on("error", () => {});
    child.stdout?.on("data", (data: Buffer) => {
      output += data.toString();
      const end = output.indexOf("\n");
      if (end < 0) return;
      clearTimeout(timer);
      resolve(parseOutcome(output.slice(0, end)));
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      fail("no-interpreter", error.message);
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      setTimeout(() => fail("failed", `it ended with ${signal ?? `code ${code}`}`), LAST_WORDS_MS);
    });
  });
}

/** Neither the process nor its pipes keep this command from ending. */
function letGo(child: ChildProcess): void {
  child.unref();
  child.stdout?.destroy();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
}

function parseOutcome(line: string): LaunchOutcome {
  try {
    return JSON.parse(line) as LaunchOutcome;
  } catch {
    return { error: "failed", message: line };
  }
}

/** Why an engine did not start, for people. */
export function startFailure(
  { error, message }: LaunchError,
  { python, database, log }: Pick<EngineLaunch, "python" | "database" | "log">,
): UserError {
  switch (error) {
    case "no-interpreter":
      return backend("no-python", `the Python interpreter ${python.command} cannot be started: ${message}`, {
        hint: "check `milvus.python`, or leave it out to let this program provide one",
      });
    case "missing-package":
      return backend(
        "lite-packages",
        `the Python interpreter ${python.command} lacks a package of Milvus Lite: ${message}`,
        {
          hint:
            python.environment === undefined
              ? "install milvus-lite and pymilvus for it, or leave `milvus.python` out to let this program provide them"
              : `delete ${python.environment.folder} to have it made anew, or name another interpreter in \`milvus.python\``,
        },
      );
    case "unusable-path":
      return backend("lite-path", `Milvus Lite cannot use ${database}: ${message}`);
    default:
      return backend("lite-start", `Milvus Lite did not start for ${database}: ${message}`, {
        hint: `its output is in ${log}`,
      });
  }
}
