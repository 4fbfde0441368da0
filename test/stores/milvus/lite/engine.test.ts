import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configSchema, type ConfigInput } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import { connectMilvus } from "../../../../src/stores/milvus/wire/connection.ts";
import { provideLitePython } from "../../../../src/stores/milvus/lite/environment.ts";
import { openMilvusLiteStore } from "../../../../src/stores/milvus/lite/store.ts";
import type { NewManifest, Store } from "../../../../src/stores/types.ts";
import { builtFixture } from "../../../fixtures/built.ts";
import { documentChunks, versionsOf } from "../../../fixtures/chunks.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../../../fixtures/milvus-lite.ts";

const run = promisify(execFile);
const command = builtFixture("use-lite-and-end");

const textOnly: NewManifest = {
  embedding: null,
  metric: "cosine",
  chunking: {},
  toolVersion: "0.0.0-test",
  createdAt: "2026-01-02T03:04:05.000Z",
};

let folder: string;
let database: string;
const open: Store[] = [];
const started: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-engine-"));
  database = join(folder, "test.db");
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  for (const child of started.splice(0)) child.kill("SIGKILL");
  // Every engine that a test started ends when its database is gone.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Setting {
  milvus?: NonNullable<ConfigInput["milvus"]>;
  variables?: Record<string, string | undefined>;
  uri?: string;
}

function setting({ milvus = {}, variables = process.env, uri = "test.db" }: Setting = {}) {
  return {
    config: configSchema.parse({ milvus: { uri, idleMinutes: 1, ...milvus } }),
    environment: {
      variables,
      projectRoot: folder,
      workingDirectory: folder,
      configFile: null,
      configIsTrusted: true,
    },
  };
}

async function store(given: Setting = {}): Promise<Store> {
  const { config, environment } = setting(given);
  const opened = await openStore(config, environment);
  open.push(opened);
  return opened;
}

interface Pointer {
  address: string;
  token: string | null;
  pid: number;
}

async function pointer(of = database): Promise<Pointer | null> {
  return readFile(join(of, ".rag-engine.json"), "utf8").then(
    (text) => JSON.parse(text) as Pointer,
    () => null,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await condition()) return;
    await sleep(100);
  }
  throw new Error("did not happen within 30 s");
}

/** A program of this name that does what the script says. */
async function program(name: string, script: string): Promise<string> {
  const programs = join(folder, "programs");
  await mkdir(programs, { recursive: true });
  await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(programs, name), 0o755);
  return programs;
}

describe.skipIf(liteUnavailable !== null)(
  `the engine of Milvus Lite${liteUnavailable ? ` (${liteUnavailable})` : ""}`,
  () => {
    let python: string;
    beforeAll(async () => {
      python = await provisionLite();
    }, PROVISION_MS);

    it("is not started to find out that there is no database", async () => {
      const opened = await store();
      expect(await opened.list()).toEqual([]);
      expect(await opened.open("docs")).toBeNull();
      await expect(access(database)).rejects.toMatchObject({ code: "ENOENT" });
    });

    it("stays for the next command, and lets the command that started it end", async () => {
      await run(process.execPath, [command, JSON.stringify(setting()), "one"], { timeout: 30_000 });
      const first = await pointer();
      expect(isAlive(first!.pid)).toBe(true);
      await run(process.execPath, [command, JSON.stringify(setting()), "two"], { timeout: 30_000 });
      expect((await pointer())!.pid).toBe(first!.pid);
      expect(await (await store()).list()).toEqual(["one", "two"]);
    });

    it("is one for commands that start at once", async () => {
      await Promise.all(
        ["one", "two", "three"].map((name) =>
          run(process.execPath, [command, JSON.stringify(setting()), name], { timeout: 60_000 }),
        ),
      );
      expect(await (await store()).list()).toEqual(["one", "three", "two"]);
    });

    it("ends with the command, where it is not to stay", async () => {
      const given = setting({ milvus: { idleMinutes: 0 } });
      await run(process.execPath, [command, JSON.stringify(given), "one"], { timeout: 30_000 });
      await until(async () => (await pointer()) === null);
      expect(await (await store()).list()).toEqual(["one"]);
    });

    it("ends after a time without requests, and closes the database", async () => {
      await (await store({ milvus: { idleMinutes: 0.02 } })).create("docs", textOnly);
      const { pid, address } = (await pointer())!;
      await until(() => !isAlive(pid));
      expect(await pointer()).toBeNull();
      await expect(access(address.slice("unix:".length))).rejects.toMatchObject({ code: "ENOENT" });
    });

    it.skipIf(process.platform === "win32")("cannot be reached by other users", async () => {
      await (await store()).create("docs", textOnly);
      const socket = (await pointer())!.address.slice("unix:".length);
      expect((await stat(socket)).mode & 0o077).toBe(0);
      expect((await stat(join(socket, ".."))).mode & 0o077).toBe(0);
      expect((await stat(join(database, ".rag-engine.json"))).mode & 0o077).toBe(0);
    });

    it("comes back in the middle of a command when it is killed, with every row that was acknowledged", async () => {
      const collection = await (await store()).create("docs", textOnly);
      for (let round = 0; round < 5; round++) {
        await collection.upsert(
          documentChunks(
            `a${round}.md`,
            Array.from({ length: 50 }, (_, i) => `needle ${i}`),
          ),
        );
        const writing = collection.upsert(documentChunks(`b${round}.md`, ["needle half"]));
        process.kill((await pointer())!.pid, "SIGKILL");
        await writing;
        const sources = new Set((await collection.documents()).map((record) => record.source));
        expect(sources.size).toBe(2 * (round + 1));
      }
      expect((await collection.stats()).chunks).toBe(5 * 51);
      const hits = await collection.search({ mode: "text", text: "half", vector: null, limit: 10, filters: [] });
      expect(hits).toHaveLength(5);
    });

    it("shows nothing that was deleted before it was killed", async () => {
      const collection = await (await store()).create("docs", textOnly);
      const deleted = documentChunks("a.md", ["needle"]);
      await collection.upsert([...deleted, ...documentChunks("b.md", ["needle"])]);
      await collection.optimize();
      await collection.deleteDocuments(versionsOf(deleted));
      process.kill((await pointer())!.pid, "SIGKILL");
      const hits = await collection.search({ mode: "text", text: "needle", vector: null, limit: 10, filters: [] });
      expect(hits.map((hit) => hit.chunk.source)).toEqual(["b.md"]);
    });

    it("makes a collection whose folder a killed engine left without a schema", async () => {
      await mkdir(join(database, "collections", "docs", "wal"), { recursive: true });
      const lite = await store();
      expect(await lite.list()).toEqual([]);
      const collection = await lite.create("docs", textOnly);
      await collection.upsert(documentChunks("a.md", ["a needle"]));
      expect(await collection.countChunks()).toBe(1);
    });

    it("replaces what a crash left: socket, pointer and lock", async () => {
      await (await store()).create("docs", textOnly);
      const { pid } = (await pointer())!;
      process.kill(pid, "SIGKILL");
      await until(() => !isAlive(pid));
      expect(await pointer()).not.toBeNull();
      expect(await (await store()).list()).toEqual(["docs"]);
      expect((await pointer())!.pid).not.toBe(pid);
    });

    it("is that of the database, not that of the one it was copied from", async () => {
      const original = await store();
      await original.create("docs", textOnly);
      await cp(database, join(folder, "copy.db"), { recursive: true });
      const copy = await store({ uri: "copy.db" });
      await copy.create("more", textOnly);
      expect(await copy.list()).toEqual(["docs", "more"]);
      expect(await original.list()).toEqual(["docs"]);
    });

    it("follows the database when that is deleted and made again", async () => {
      const first = await store();
      await first.create("docs", textOnly);
      const { pid } = (await pointer())!;
      await rm(database, { recursive: true });
      const second = await store();
      await second.create("other", textOnly);
      expect(await second.list()).toEqual(["other"]);
      await until(() => !isAlive(pid));
      expect(await (await store()).list()).toEqual(["other"]);
    });

    it("ends, and makes nothing anew, when its database is deleted while it is still writing", async () => {
      for (const idleMinutes of [0, 1]) {
        const given = setting({ milvus: { idleMinutes } });
        const writing = run(process.execPath, [command, JSON.stringify(given), "docs", "6000"], { timeout: 120_000 });
        // Where it is not to stay, a slow machine may have ended it before the command's end is seen here.
        let engine = await pointer();
        await until(async () => (engine = await pointer()) !== null);
        const { pid, address } = engine!;
        await writing;
        await rm(database, { recursive: true, maxRetries: 20 });
        await until(() => !isAlive(pid));
        await expect(access(database)).rejects.toMatchObject({ code: "ENOENT" });
        await expect(access(address.slice("unix:".length))).rejects.toMatchObject({ code: "ENOENT" });
      }
    });

    describe("on a loopback port, where there are no sockets", () => {
      const onPort = (): Store => {
        const { milvus } = setting().config;
        const { env: variables } = process;
        const opened = openMilvusLiteStore({
          path: database,
          location: "test.db",
          milvus,
          variables,
          transport: "port",
        });
        open.push(opened);
        return opened;
      };
      const callWith = async (target: string, authorization: string | null): Promise<unknown> => {
        const endpoint = async () => ({ target, authorization });
        const location = `http://${target}`;
        const plain = { revives: false, tls: null, database: null, timeoutMs: 10_000 };
        const connection = connectMilvus({ endpoint, location, ...plain });
        return connection.call("ShowCollections", {}).finally(() => connection.close());
      };

      it("is found by other commands", async () => {
        await onPort().create("one", textOnly);
        const { pid, address } = (await pointer())!;
        expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
        await run(process.execPath, [command, JSON.stringify(setting()), "two"], { timeout: 30_000 });
        expect((await pointer())!.pid).toBe(pid);
        expect(await onPort().list()).toEqual(["one", "two"]);
      });

      it("answers to its token alone, which other users cannot read", async () => {
        await onPort().create("docs", textOnly);
        const { address, token } = (await pointer())!;
        for (const wrong of [null, "", "wrong", `${token}x`]) {
          await expect(callWith(address, wrong)).rejects.toMatchObject({ code: "milvus-token" });
        }
        await expect(callWith(address, token)).resolves.toMatchObject({ collection_names: ["docs"] });
        expect((await stat(join(database, ".rag-engine.json"))).mode & 0o077).toBe(0);
      });

      it("comes back when it is killed, and sends nothing to who has its port then", async () => {
        await onPort().create("docs", textOnly);
        const { pid, address } = (await pointer())!;
        process.kill(pid, "SIGKILL");
        await until(() => !isAlive(pid));
        let heard = "";
        const stranger = createServer((socket) => socket.on("data", (data) => (heard += data.toString("latin1"))));
        stranger.listen(Number(address.split(":")[1]), "127.0.0.1");
        await once(stranger, "listening");
        try {
          expect(await onPort().list()).toEqual(["docs"]);
          expect((await pointer())!.pid).not.toBe(pid);
          expect(heard).toBe("");
        } finally {
          stranger.close();
        }
      });

      it("comes back in the middle of a command", async () => {
        const collection = await onPort().create("docs", textOnly);
        await collection.upsert(documentChunks("a.md", ["needle"]));
        process.kill((await pointer())!.pid, "SIGKILL");
        await collection.upsert(documentChunks("b.md", ["needle"]));
        expect((await collection.stats()).chunks).toBe(2);
      });

      it("ends with its database", async () => {
        await onPort().create("docs", textOnly);
        const { pid } = (await pointer())!;
        await rm(database, { recursive: true, maxRetries: 20 });
        await until(() => !isAlive(pid));
        await expect(access(database)).rejects.toMatchObject({ code: "ENOENT" });
      });
    });

    it("says who has the database, where it is a program of someone else", async () => {
      await mkdir(database);
      const script = `import fcntl, time; f = open(${JSON.stringify(join(database, "LOCK"))}, "w"); fcntl.flock(f, fcntl.LOCK_EX); print("held", flush=True); time.sleep(120)`;
      const holder = spawn(python, ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
      started.push(holder);
      await once(holder.stdout, "data");
      const error: unknown = await (await store()).list().catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "lite-locked", exitCode: 4 });
      const named = process.platform === "linux" ? `process ${holder.pid}` : "another program";
      expect(String(error)).toContain(named);
    });

    it("lets one command write a database at a time", async () => {
      const [first, second] = [await store(), await store()];
      const lease = await first.lockForWriting("docs", "rag ingest into docs");
      await expect(second.lockForWriting("other", "rag ingest")).rejects.toMatchObject({
        code: "collection-locked",
        message: expect.stringMatching(/rag ingest into docs.*process \d+/) as string,
      });
      await lease.release();
      await (await second.lockForWriting("other", "rag ingest")).release();
    });

    it.skipIf(process.platform === "win32")("lets one command write it, whatever leads there", async () => {
      await mkdir(join(folder, "runtime"));
      await symlink(folder, join(folder, "elsewhere"));
      const lease = await (await store()).lockForWriting("docs", "rag ingest");
      await symlink(database, join(folder, "link.db"));
      const others: Setting[] = [
        { uri: "link.db" },
        { uri: "elsewhere/test.db" },
        { variables: { ...process.env, XDG_RUNTIME_DIR: join(folder, "runtime") } },
      ];
      for (const other of others) {
        await expect((await store(other)).lockForWriting("docs", "rag ingest")).rejects.toMatchObject({
          code: "collection-locked",
        });
      }
      await lease.release();
      const own = await store();
      await own.create("docs", textOnly);
      const { pid } = (await pointer())!;
      for (const other of others) expect(await (await store(other)).list()).toEqual(["docs"]);
      expect((await pointer())!.pid).toBe(pid);
    });

    it("is written by one command at a time, also where the database was deleted and made again", async () => {
      const first = await store();
      await first.create("docs", textOnly);
      await (await first.lockForWriting("docs", "rag ingest")).release();
      await rm(database, { recursive: true, maxRetries: 20 });
      const lease = await first.lockForWriting("docs", "rag ingest");
      await expect((await store()).lockForWriting("docs", "rag ingest")).rejects.toMatchObject({
        code: "collection-locked",
      });
      await lease.release();
      expect((await readdir(database)).filter((name) => name.includes("lock"))).toEqual([]);
    });

    it("is not written where the folder cannot be made", async () => {
      await writeFile(join(folder, "file"), "");
      await expect((await store({ uri: "file/test.db" })).lockForWriting("docs", "rag ingest")).rejects.toMatchObject({
        code: "lite-path",
        exitCode: 4,
      });
    });

    it.skipIf(process.platform === "win32")(
      "is not waited for longer than configured, where it stands still",
      async () => {
        const opened = await store({ milvus: { timeoutMs: 1_000 } });
        await opened.create("docs", textOnly);
        const { pid } = (await pointer())!;
        process.kill(pid, "SIGSTOP");
        try {
          const started = performance.now();
          const again = await store({ milvus: { timeoutMs: 1_000 } });
          for (const call of [opened.list(), opened.open("docs"), again.list()]) {
            await expect(call).rejects.toMatchObject({
              code: "milvus-timeout",
              message: expect.stringContaining("within 1 s") as string,
              hint: expect.stringContaining("engine") as string,
            });
          }
          expect(performance.now() - started).toBeLessThan(20_000);
        } finally {
          process.kill(pid, "SIGCONT");
        }
        expect(await opened.list()).toEqual(["docs"]);
      },
    );

    it("refuses a file that is no database", async () => {
      await writeFile(database, "no SQLite format 3\0");
      await expect((await store()).list()).rejects.toMatchObject({ code: "lite-old-format", exitCode: 4 });
    });

    it("runs on the interpreter that is named", async () => {
      const opened = await store({ milvus: { python }, variables: { PATH: "", HOME: folder } });
      await opened.create("docs", textOnly);
      expect(await opened.list()).toEqual(["docs"]);
    });

    it.skipIf(process.platform === "win32")("has its environment made anew where packages are gone", async () => {
      const cache = join(folder, "cache");
      // Installs nothing: what it makes is the interpreter that has the packages.
      const PATH = await program(
        "uv",
        [
          `[ "$1" = venv ] || exit 0`,
          `for last; do :; done; /bin/mkdir -p "$last/bin"`,
          String.raw`printf '#!/bin/sh\nexec "${python}" "$@"\n' > "$last/bin/python"; /bin/chmod +x "$last/bin/python"`,
        ].join("\n"),
      );
      const variables = { PATH, HOME: folder, XDG_CACHE_HOME: cache, UV_DEFAULT_INDEX: "https://index.test/simple" };
      const { command: interpreter } = await provideLitePython({ variables, onNotice: () => {} });
      await writeFile(interpreter, `#!/bin/sh\nexec "${python}" -S "$@"\n`);
      const opened = await store({ variables });
      await opened.create("docs", textOnly);
      expect(await opened.list()).toEqual(["docs"]);

      await writeFile(interpreter, `#!/bin/sh\nexec "${python}" -S "$@"\n`);
      await expect((await store({ variables, uri: "other.db" })).create("docs", textOnly)).rejects.toMatchObject({
        code: "lite-packages",
        hint: expect.stringContaining(`delete ${cache}`) as string,
      });
    });

    it("says what is wrong with the interpreter that is named", async () => {
      await expect(
        (await store({ milvus: { python: join(folder, "none") } })).create("docs", textOnly),
      ).rejects.toMatchObject({ code: "no-python" });
      const bare = await program("bare", `exec "${python}" -I -S "$@"`);
      await expect(
        (await store({ milvus: { python: join(bare, "bare") } })).create("docs", textOnly),
      ).rejects.toMatchObject({ code: "lite-packages", message: expect.stringContaining("pymilvus") as string });
    });
  },
);
