import { link, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors.ts";
import { makeFolder } from "./make-folder.ts";
import { isAlive, processIdentity } from "./process-identity.ts";
import { readRegularText } from "./read-regular-file.ts";

/** Who holds a lock. */
export interface LockHolder {
  /** Names the process among those of all machines and PID namespaces; locks of earlier versions have none. */
  identity: string;
  /** As the holder sees itself, for people. */
  pid: number;
  host: string;
  /** What the holder does, for people: "rag ingest into docs". */
  purpose: string;
  /** ISO 8601. */
  since: string;
  token: string;
}

export type LockResult = { release(): Promise<void> } | { heldBy: LockHolder };

/** A lock takes 250 bytes. */
const maxLockBytes = 10_000;
const heartbeatMs = 5_000;
/** A holder that cannot be looked up counts as dead when its heartbeat is this old. */
const silentMs = 60_000;
/** A lock that says nothing counts as left by a killed process when it is this old: it is written in one go. */
const unwrittenMs = 2_000;

/**
 * Takes the lock at `path`, or says who has it. Waits for nobody. A lock whose process has ended, however it ended, is
 * taken over at once. Node has no `flock`, so the file names its process and the process is looked up; where that is
 * impossible (another machine, another PID namespace), the age of the file decides, which the holder keeps fresh.
 */
export async function takeLock(path: string, purpose: string): Promise<LockResult> {
  await makeFolder(dirname(path));
  const own: LockHolder = {
    identity: processIdentity(),
    pid: process.pid,
    host: hostname(),
    purpose,
    since: new Date().toISOString(),
    token: crypto.randomUUID(),
  };
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await createLock(path, own)) {
      await removeDrafts(path);
      return { release: keepAlive(path, own) };
    }
    const found = await readHolder(path);
    if (found === "gone") continue;
    if (found === "unwritten") {
      if ((await ageOf(path)) > unwrittenMs) await removeStale(path, null);
      else await sleep(100);
    } else if (await isHeld(path, found)) {
      return { heldBy: found };
    } else {
      await removeStale(path, found);
    }
  }
  throw new Error(`the lock file ${path} changes too fast to be taken`);
}

/** Written whole beside its place and then put there, so that nobody reads a half-written lock. */
async function createLock(path: string, own: LockHolder): Promise<boolean> {
  const draft = `${path}.${own.token}`;
  const text = JSON.stringify(own);
  await writeNew(draft, text);
  try {
    return await placeNew(draft, path, text);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Puts a file in a place that is free; `false` where it is taken. Without hard links (FAT, exFAT, some network file
 * systems) the text is written in its place: only there may a reader find it unwritten.
 */
async function placeNew(draft: string, path: string, text: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (!knowsNoLinks.has(codeOf(error) ?? "")) throw error;
  }
  try {
    await writeNew(path, text);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  // Another process may have taken it for abandoned before the text was written.
  return (await readRegularText(path, maxLockBytes).catch(() => null)) === text;
}

/** What `link` fails with where the file system has no hard links, see link(2). */
const knowsNoLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

async function readHolder(path: string): Promise<LockHolder | "gone" | "unwritten"> {
  let text: string;
  try {
    text = await readRegularText(path, maxLockBytes);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "gone";
    // A pipe, a device or a giant in the place of a lock says nothing, and is replaced.
    if (error instanceof UserError) return "unwritten";
    throw error;
  }
  const holder = parseHolder(text);
  return holder === null
    ? "unwritten"
    : { identity: "", pid: 0, host: "", purpose: "", since: "", token: text, ...holder };
}

function parseHolder(text: string): Partial<LockHolder> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

async function isHeld(path: string, { identity }: LockHolder): Promise<boolean> {
  const state = isAlive(identity);
  return state === "unknown" ? (await ageOf(path)) < silentMs : state === "alive";
}

/** Milliseconds since the last heartbeat; infinite where the lock is gone. */
async function ageOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Infinity,
  );
}

/** Moves a stale lock aside. Puts it back if another process has replaced it meanwhile by a living one. */
async function removeStale(path: string, stale: LockHolder | null): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (typeof moved === "object" && moved.token !== stale?.token) {
    await placeNew(aside, path, JSON.stringify(moved)).catch(() => {});
  }
  await rm(aside, { force: true });
}

/** A draft of a lock, or a stale lock that was moved aside. */
const draftEnding = /^\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Removes the drafts of a lock whose processes were killed before they did it. */
async function removeDrafts(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  for (const other of await readdir(folder).catch(() => [])) {
    if (!other.startsWith(name) || !draftEnding.test(other.slice(name.length))) continue;
    const draft = join(folder, other);
    const holder = await readHolder(draft).catch(() => "gone" as const);
    if (holder === "gone") continue;
    const isNeeded = holder === "unwritten" ? (await ageOf(draft)) <= unwrittenMs : await isHeld(draft, holder);
    if (!isNeeded) await rm(draft, { force: true }).catch(() => {});
  }
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
    if (holder !== null && typeof holder === "object" && holder.token === own.token) {
      await rm(path, { force: true }).catch(() => {});
    }
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
