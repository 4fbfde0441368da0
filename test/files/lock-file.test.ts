import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LockHolder, takeLock } from "../../src/files/lock-file.ts";
import { processIdentity } from "../../src/files/process-identity.ts";
import { builtFixture } from "../fixtures/built.ts";
import { needing } from "../fixtures/needs.ts";

vi.mock("node:fs/promises", async (original) => {
  const actual = await original<typeof promises>();
  return { ...actual, link: vi.fn<typeof actual.link>(actual.link) };
});

const holdLock = builtFixture("hold-lock");

let folder: string;
let lock: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-lock-"));
  lock = join(folder, "docs.lock");
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  vi.mocked(promises.link).mockRestore();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a process that takes the lock, and waits until it has it. `before`: the command that it runs under. */
async function startHolder(before: readonly string[] = []): Promise<ChildProcess> {
  const [command = "", ...rest] = [...before, process.execPath, holdLock, lock];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("taken\n");
  return child;
}

/** Leaves a lock of a process with this identity, whose last heartbeat is so many seconds ago. */
async function leaveLock(identity: Partial<LockHolder>, secondsAgo: number): Promise<void> {
  const holder = { pid: 1, host: "there", purpose: "rag ingest", since: "", token: "of another", ...identity };
  await writeFile(lock, JSON.stringify(holder));
  const heartbeat = Date.now() / 1000 - secondsAgo;
  await utimes(lock, heartbeat, heartbeat);
}

const isTaken = async (): Promise<boolean> => {
  const result = await takeLock(lock, "rag ingest");
  if ("release" in result) await result.release();
  return "release" in result;
};

/** A process of this id runs, and nothing tells whether it is the one that took the lock. */
const startUnknown = (): Partial<LockHolder> => ({
  identity: processIdentity().replace(/\.[^.]+$/, ".-"),
  pid: process.pid,
});

describe("a lock", () => {
  test("is held by one, and free after it is released", async () => {
    const first = await takeLock(lock, "rag ingest");
    expect(await takeLock(lock, "drop")).toMatchObject({ heldBy: { pid: process.pid, purpose: "rag ingest" } });
    if ("release" in first) await first.release();
    expect(await readdir(folder)).toEqual([]);
    expect(await isTaken()).toBe(true);
  });

  test("of a process that was killed is taken over at once", async () => {
    const child = await startHolder();
    expect(await isTaken()).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isTaken()).toBe(true);
  });

  test("takes the drafts along that killed processes left, and no other", async () => {
    const child = await startHolder();
    const [dead, half, living] = Array.from({ length: 3 }, () => `${lock}.${crypto.randomUUID()}`) as [
      string,
      string,
      string,
    ];
    await rename(lock, dead);
    await writeFile(half, '{"pid": 12');
    await utimes(half, Date.now() / 1000 - 10, Date.now() / 1000 - 10);
    await writeFile(living, JSON.stringify({ identity: processIdentity() }));
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isTaken()).toBe(true);
    expect(await readdir(folder)).toEqual([basename(living)]);
  });

  test("whose holder cannot be looked up is held as long as its heart beats", async () => {
    await leaveLock({ identity: "0123456789abcdef.1.1" }, 10);
    expect(await isTaken()).toBe(false);
    await leaveLock({ identity: "0123456789abcdef.1.1" }, 120);
    expect(await isTaken()).toBe(true);
  });

  test("whose process id may be that of a later process is held as long as its heart beats", async () => {
    await leaveLock(startUnknown(), 10);
    expect(await isTaken()).toBe(false);
    await leaveLock(startUnknown(), 120);
    expect(await isTaken()).toBe(true);
  });

  test("that an earlier version wrote is held as long as its heart beats", async () => {
    await leaveLock({}, 10);
    expect(await isTaken()).toBe(false);
    await leaveLock({}, 120);
    expect(await isTaken()).toBe(true);
  });

  test("that says nothing is that of a process which was killed while it wrote it", async () => {
    await writeFile(lock, '{"pid": 12');
    await utimes(lock, Date.now() / 1000 - 10, Date.now() / 1000 - 10);
    expect(await isTaken()).toBe(true);
  });

  test("of a process in another PID namespace is held until that process ends", needing("pid-namespaces"), async () => {
    const child = await startHolder(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    expect(await isTaken()).toBe(false);
    // The same seen from inside: this process holds it, and its id means nothing in there.
    child.kill("SIGKILL");
    await once(child, "exit");
    await rm(lock, { force: true });
    const own = await takeLock(lock, "rag ingest");
    const newNamespace = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    const inside = spawnSync("unshare", [...newNamespace, process.execPath, holdLock, lock, "once"]);
    expect(inside.stdout.toString()).toBe("refused\n");
    if ("release" in own) await own.release();
  });

  describe.each(["EPERM", "ENOTSUP", "ENOSYS"])("on a file system without hard links (%s)", (code) => {
    beforeEach(() => {
      vi.mocked(promises.link).mockRejectedValue(Object.assign(new Error(`${code}: link`), { code }));
    });

    test("is held by one, and free after it is released", async () => {
      const first = await takeLock(lock, "rag ingest");
      expect(JSON.parse(await readFile(lock, "utf8"))).toMatchObject({ pid: process.pid });
      expect(await takeLock(lock, "drop")).toMatchObject({ heldBy: { pid: process.pid } });
      if ("release" in first) await first.release();
      expect(await readdir(folder)).toEqual([]);
    });

    test("is taken by one of many", async () => {
      await leaveLock({ identity: "0123456789abcdef.1.1" }, 120);
      const results = await Promise.all(Array.from({ length: 20 }, () => takeLock(lock, "rag ingest")));
      const taken = results.filter((result) => "release" in result);
      expect(taken).toHaveLength(1);
      for (const result of taken) await result.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });
});
