import { setTimeout as sleep } from "node:timers/promises";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { open, readFile, realpath, stat } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExitCode, UserError, messageOf } from "../../../errors.ts";
import { shortHash } from "../../../util/ids.ts";
import { makeFolder } from "../../../files/make-folder.ts";
import { privateRuntimeFolder } from "../../../files/user-folders.ts";
import type { LitePython } from "./environment.ts";

/** What an engine listens on: a socket that the file system keeps others from, or a loopback port and a token. */
export type LiteTransport = "socket" | "port";

export interface LiteEngineOptions {
  /** Absolute path of the database. */
  database: string;
  /** Minutes without a request after which the engine ends; 0 ends it with this process. */
  idleMinutes: number;
  variables: Readonly<Record<string, string | undefined>>;
  /** Of an engine that has to be started. */
  transport: LiteTransport;
  /** Asked only where an engine has to be started. */
  python(): Promise<LitePython>;
}

/** A process that serves one database. */
export interface LiteEngine {
  /** `unix:/path` or `127.0.0.1:port`. */
  address: string;
  /** What every request carries; `null` where the socket itself keeps others out. */
  token: string | null;
}

/** Written by the engine into the database's folder, so that every command finds the engine whatever its environment. */
const POINTER = ".rag-engine.json";
const START_SECONDS = 60;
/** An engine that ends takes a few seconds to close its database. */
const LOCKED_SECONDS = 10;
const RETRY_MS = 200;

interface Pointer extends LiteEngine {
  /** Real path of the database: a copied folder does not lead to the engine of the original. */
  database: string;
  pid: number;
}

/**
 * The engine of a database: the one that runs, or a new one. The database's own lock, which the kernel gives up with
 * the process, decides who serves it: of two that start at once one wins, and the other command joins it. A socket or
 * pointer that a crash left behind answers nobody and is replaced.
 *
 * Throws `UserError` where the engine cannot start, or where a process that is not ours holds the database.
 */
export async function liteEngine(options: LiteEngineOptions): Promise<LiteEngine> {
  await refuseOldFormat(options.database);
  const running = await runningEngine(options.database);
  return running ?? startEngine(options);
}

async function runningEngine(database: string): Promise<LiteEngine | null> {
  const pointer = await readPointer(database);
  if (pointer === null) return null;
  // The port of an engine that crashed may be another program's by now.
  if (pointer.token !== null && !isAlive(pointer.pid)) return null;
  return (await answers(pointer.address)) ? pointer : null;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function readPointer(database: string): Promise<Pointer | null> {
  try {
    const pointer = JSON.parse(await readFile(join(database, POINTER), "utf8")) as Pointer;
    return pointer.database === (await realpath(database)) ? pointer : null;
  } catch {
    return null;
  }
}

function answers(address: string): Promise<boolean> {
  const [host = "", port = ""] = address.split(":");
  const socket = host === "unix" ? connect(address.slice("unix:".length)) : connect(Number(port), host);
  return new Promise((resolve) => {
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => settle(false));
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

async function startEngine(options: LiteEngineOptions): Promise<LiteEngine> {
  const python = await options.python();
  await prepareLiteDatabase(options.database);
  const database = await realpath(options.database);
  const folder = await privateRuntimeFolder(options.variables);
  const name = shortHash(database).slice(0, 16);
  const usesSocket = options.transport === "socket";
  const token = usesSocket ? null : randomBytes(24).toString("base64url");
  const log = join(folder, `${name}.log`);

  // Each engine has a socket of its own: one that ends removes its socket, also after another took over its database.
  const socket = usesSocket ? join(folder, `${name}-${randomBytes(4).toString("hex")}.sock`) : null;
  const deadline = Date.now() + LOCKED_SECONDS * 1000;
  for (;;) {
    const outcome = await launch(python, database, socket, token, log, options);
    if ("address" in outcome) return { address: outcome.address, token };
    if (outcome.error === "missing-package" && (await python.environment?.rebuild())) continue;
    if (outcome.error !== "locked") throw startFailure(outcome, database, python, log);
    // Someone serves the database: another command that was a moment earlier, an engine that is about to end, or a
    // program that is not ours.
    await sleep(RETRY_MS);
    const other = await runningEngine(database);
    if (other !== null) return other;
    if (Date.now() > deadline) throw await heldByOther(database);
  }
}

type Outcome = { address: string } | { error: string; message: string };

/** Starts the engine so that it outlives this process, and waits for its first line. */
async function launch(
  python: LitePython,
  database: string,
  socket: string | null,
  token: string | null,
  log: string,
  options: LiteEngineOptions,
): Promise<Outcome> {
  const endsWithUs = options.idleMinutes === 0;
  const logFile = await open(log, "w", 0o600);
  try {
    const script = fileURLToPath(new URL("./server.py", import.meta.url));
    const child = spawn(
      python.command,
      [
        ...python.arguments,
        script,
        "--database",
        database,
        "--pointer",
        join(database, POINTER),
        ...(socket === null ? [] : ["--socket", socket]),
        "--idle-seconds",
        String(options.idleMinutes * 60),
      ],
      {
        cwd: dirname(database),
        detached: true,
        env: { ...options.variables, ...(token === null ? {} : { MILVUS_LITE_TOKEN: token }) },
        stdio: [endsWithUs ? "pipe" : "ignore", "pipe", logFile.fd],
        windowsHide: true,
      },
    );
    return await new Promise<Outcome>((resolve) => {
      let output = "";
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        // Neither the process nor its pipes may keep this command from ending.
        child.unref();
        child.stdout?.destroy();
        (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
        resolve(outcome);
      };
      const timer = setTimeout(() => {
        child.kill();
        settle({ error: "failed", message: `it was not ready after ${START_SECONDS} s` });
      }, START_SECONDS * 1000);
      child.stdin?.on("error", () => {});
      child.stdout?.on("data", (data: Buffer) => {
        output += data.toString();
        const end = output.indexOf("\n");
        if (end >= 0) settle(parseOutcome(output.slice(0, end)));
      });
      child.on("error", (error) => settle({ error: "no-interpreter", message: error.message }));
      child.on("exit", (code, signal) => {
        // The line that says why may still be on its way.
        setTimeout(() => settle({ error: "failed", message: `it ended with ${signal ?? `code ${code}`}` }), 50);
      });
    });
  } finally {
    await logFile.close();
  }
}

function parseOutcome(line: string): Outcome {
  try {
    return JSON.parse(line) as Outcome;
  } catch {
    return { error: "failed", message: line };
  }
}

async function heldByOther(database: string): Promise<UserError> {
  const holder = await lockHolder(join(database, "LOCK"));
  return failure(
    "lite-locked",
    `the database ${database} is in use by ${holder === null ? "another program" : `process ${holder}`}`,
    "a Milvus Lite database has one owner at a time: end that program, or let it finish",
  );
}

/** Linux tells who holds a lock. */
async function lockHolder(path: string): Promise<number | null> {
  try {
    const { ino } = await stat(path);
    const locks = await readFile("/proc/locks", "utf8");
    const line = locks.split("\n").find((candidate) => candidate.includes(`:${ino} `));
    return line === undefined ? null : Number(line.trim().split(/\s+/)[4]);
  } catch {
    return null;
  }
}

/** Makes the folder of a database where it is missing. Throws `UserError` where it cannot be one. */
export async function prepareLiteDatabase(database: string): Promise<void> {
  await refuseOldFormat(database);
  await makeFolder(database).catch((error: unknown) => {
    throw unusableLiteDatabase(database, error);
  });
}

export function unusableLiteDatabase(database: string, cause: unknown): UserError {
  return failure("lite-path", `Milvus Lite cannot use ${database}: ${messageOf(cause)}`, null, cause);
}

/** Milvus Lite 2.x kept a database in one file; 3.x keeps a folder and cannot read it. */
async function refuseOldFormat(database: string): Promise<void> {
  const status = await stat(database).catch(() => null);
  if (status === null || status.isDirectory()) return;
  throw failure(
    "lite-old-format",
    `${database} is a file: a database of Milvus Lite 2.x, or no database at all`,
    `Milvus Lite 3.x keeps a folder and cannot read it; ingest into another path, e.g. ${basename(database, ".db")}-3.db`,
  );
}

function startFailure(
  outcome: { error: string; message: string },
  database: string,
  python: LitePython,
  log: string,
): UserError {
  switch (outcome.error) {
    case "no-interpreter":
      return failure(
        "no-python",
        `the Python interpreter ${python.command} cannot be started: ${outcome.message}`,
        "check `milvus.python`, or leave it out to let this program provide one",
      );
    case "missing-package":
      return failure(
        "lite-packages",
        `the Python interpreter ${python.command} lacks a package of Milvus Lite: ${outcome.message}`,
        python.environment === undefined
          ? "install milvus-lite and pymilvus for it, or leave `milvus.python` out to let this program provide them"
          : `delete ${python.environment.folder} to have it made anew, or name another interpreter in \`milvus.python\``,
      );
    case "unusable-path":
      return failure("lite-path", `Milvus Lite cannot use ${database}: ${outcome.message}`, null);
    default:
      return failure(
        "lite-start",
        `Milvus Lite did not start for ${database}: ${outcome.message}`,
        `what it said stands in ${log}`,
      );
  }
}

function failure(code: string, message: string, hint: string | null, cause?: unknown): UserError {
  return new UserError(code, message, { ...(hint === null ? {} : { hint }), exitCode: ExitCode.backend, cause });
}
