import { randomUUID } from "node:crypto";
import { link, open, rename, rm, stat, utimes } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { UserError } from "../errors.ts";
import { makeFolder } from "./make-folder.ts";
import { readRegularText } from "./read-regular-file.ts";

/** Who holds a lock. */
export interface LockHolder {
  pid: number;
  host: string;
  /** What the holder does, for people: "rag ingest into docs". */
  purpose: string;
  /** ISO 8601. */
  since: string;
  /** When the process started, in the system's own count: tells it from a later one of the same id. `null` if unknown. */
  processStart: string | null;
  token: string;
}

export type LockResult = { release(): Promise<void> } | { heldBy: LockHolder };

/** A lock takes 250 bytes. */
const maxLockBytes = 10_000;
const heartbeatMs = 5_000;
/** A holder on another machine counts as dead when its heartbeat is this old: its process cannot be looked up. */
const silentMs = 60_000;

/**
 * Takes the lock at `path`, or says who has it. Waits for nobody. A lock whose process has ended, however it ended, is
 * taken over at once; node has no `flock`, so the file names its process and the process is looked up.
 */
export async function takeLock(path: string, purpose: string): Promise<LockResult> {
  await makeFolder(dirname(path));
  const own: LockHolder = {
    pid: process.pid,
    host: hostname(),
    purpose,
    since: new Date().toISOString(),
    processStart: processStart(process.pid),
    token: randomUUID(),
  };
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await createLock(path, own)) return { release: keepAlive(path, own) };
    const holder = await readHolder(path);
    if (holder === null) continue;
    if (await isAlive(path, holder)) return { heldBy: holder };
    await removeStale(path, holder);
  }
  throw new Error(`the lock file ${path} changes too fast to be taken`);
}

/** Written whole beside its place and then linked there, so that nobody ever reads a half-written lock. */
async function createLock(path: string, own: LockHolder): Promise<boolean> {
  const draft = `${path}.${own.token}`;
  const file = await open(draft, "wx");
  try {
    await file.writeFile(JSON.stringify(own));
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** `null` where the lock is gone. An unreadable lock counts as that of a dead process. */
async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    const text = await readRegularText(path, maxLockBytes);
    return { pid: -1, host: "", purpose: "", since: "", processStart: null, token: text, ...parseObject(text) };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    // A pipe, a device or a giant in the place of a lock is none of ours, and replaced.
    if (error instanceof UserError) {
      return { pid: -1, host: "", purpose: "", since: "", processStart: null, token: error.code };
    }
    throw error;
  }
}

function parseObject(text: string): Partial<LockHolder> {
  try {
    return JSON.parse(text) as Partial<LockHolder>;
  } catch {
    return {};
  }
}

async function isAlive(path: string, holder: LockHolder): Promise<boolean> {
  if (holder.pid <= 0) return false;
  if (holder.host !== hostname()) {
    const heartbeat = await stat(path).then(
      (found) => found.mtimeMs,
      () => 0,
    );
    return Date.now() - heartbeat < silentMs;
  }
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: the process lives, under another user.
    if (codeOf(error) !== "EPERM") return false;
  }
  return holder.processStart === null || holder.processStart === processStart(holder.pid);
}

/** Moves a stale lock aside. Puts it back if another process has replaced it meanwhile by a living one. */
async function removeStale(path: string, stale: LockHolder): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved !== null && moved.token !== stale.token) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function keepAlive(path: string, own: LockHolder): () => Promise<void> {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, heartbeatMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    const holder = await readHolder(path).catch(() => null);
    if (holder?.token === own.token) await rm(path, { force: true }).catch(() => {});
  };
}

/** Field 22 of Linux's `/proc/<pid>/stat`, see proc(5): clock ticks from boot to the start of the process. */
function processStart(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    const afterName = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return afterName[19] ?? null;
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
