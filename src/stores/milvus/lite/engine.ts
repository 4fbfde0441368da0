import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { privateRuntimeFolder } from "../../../files/user-folders.ts";
import { heldByOther, prepareLiteDatabase, refuseFile, refuseLinksIn } from "./database.ts";
import { launchEngine, startFailure } from "./engine-process.ts";
import type { LitePython } from "./environment.ts";
import { engineName, keepOnlyMark, markToken, pointerName, readPointer } from "./pointer.ts";

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

/** An engine that ends takes a few seconds to close its database. */
const LOCKED_SECONDS = 10;
const RETRY_MS = 200;
const ANSWER_MS = 2_000;

/**
 * The engine of a database: the one that runs, or a new one. The database's own lock, which the kernel gives up with
 * the process, decides who serves it: of two that start at once one wins, and the other command joins it. A socket or
 * pointer that a crash left behind answers nobody and is replaced.
 *
 * Throws `UserError` where the engine cannot start, or where a process that is not ours holds the database.
 */
export async function liteEngine(options: LiteEngineOptions): Promise<LiteEngine> {
  await refuseFile(options.database);
  return (await runningEngine(options)) ?? startEngine(options);
}

async function runningEngine({ database, variables }: LiteEngineOptions): Promise<LiteEngine | null> {
  const pointer = await readPointer(database, variables);
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

function answers(address: string): Promise<boolean> {
  const [host = "", port = ""] = address.split(":");
  const socket = host === "unix" ? connect(address.slice("unix:".length)) : connect(Number(port), host);
  return new Promise((resolve) => {
    const answer = (isThere: boolean) => (): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(ANSWER_MS, answer(false));
    socket.once("connect", answer(true));
    socket.once("error", answer(false));
  });
}

async function startEngine(options: LiteEngineOptions): Promise<LiteEngine> {
  const { idleMinutes, transport, variables } = options;
  const python = await options.python();
  await prepareLiteDatabase(options.database);
  await refuseLinksIn(options.database);
  const database = await realpath(options.database);
  const folder = await privateRuntimeFolder(variables);
  const name = engineName(database);
  // Each engine has a socket of its own: one that ends removes its socket, also after another took over its database.
  const [socket, token] =
    transport === "socket"
      ? [join(folder, `${name}-${randomBytes(4).toString("hex")}.sock`), null]
      : [null, randomBytes(24).toString("base64url")];
  const launch = {
    python,
    database,
    pointer: join(database, pointerName),
    log: join(folder, `${name}.log`),
    socket,
    token,
    idleSeconds: idleMinutes * 60,
    variables,
  };
  const deadline = Date.now() + LOCKED_SECONDS * 1000;
  const unmark = token === null ? null : await markToken(folder, name, token);
  for (;;) {
    const outcome = await launchEngine(launch);
    if ("address" in outcome) {
      if (token !== null) await keepOnlyMark(folder, name, token);
      return { address: outcome.address, token };
    }
    if (outcome.error === "missing-package" && (await python.environment?.rebuild())) continue;
    if (outcome.error !== "locked") {
      await unmark?.();
      throw startFailure(outcome, launch);
    }
    // Someone serves the database: another command that was a moment earlier, an engine that is about to end, or a
    // program that is not ours.
    await sleep(RETRY_MS);
    const other = await runningEngine({ ...options, database });
    if (other === null && Date.now() <= deadline) continue;
    await unmark?.();
    if (other === null) throw await heldByOther(database);
    return other;
  }
}
