import { once } from "node:events";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectMilvus, type MilvusConnection } from "../../src/stores/milvus/wire/connection.ts";
import type { Store } from "../../src/stores/types.ts";
import { ENGINE_START_MS, engineUnavailable, startEngine } from "../engines/engine.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { tree, versions } from "../fixtures/changing-folder.ts";
import { randomNumbers } from "../fixtures/chunks.ts";
import { openOwn, openStoreAt } from "../fixtures/collections.ts";
import { contentHash, lackingDocuments } from "../fixtures/interleaved-writers.ts";
import { type Relay, startRelay } from "../fixtures/relay.ts";
import { type Run, type Sandbox, createSandbox } from "./run-rag.ts";

/** `RAG_TEST_ORDERS=20` for a thorough run; without it, some of the cases are run, each once. */
const isThorough = process.env["RAG_TEST_ORDERS"] !== undefined;
const rounds = Number(process.env["RAG_TEST_ORDERS"] ?? 1);
const roundMs = 60_000;
const variables = { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache") };

/** What one checkout of the project is ingested with. */
interface Writer {
  version: number;
  chunking?: { maxChars: number };
}

/** A collection under its own name, and whether the name `kept` leads to it. */
interface Trace {
  name: string;
  isKept: boolean;
}

/** Moments of a replacement, told by what the server holds then. */
const moments = {
  "the new one is there": (traces: readonly Trace[]) => traces.length === 2,
  "the old one is moved away": (traces: readonly Trace[]) => traces.length === 2 && !traces.some((one) => one.isKept),
  "the name leads to the new one": (traces: readonly Trace[]) =>
    traces.some(({ name }) => name === "kept__rag_replaced") && traces.some(({ isKept }) => isKept),
} as const;

const unavailable = await engineUnavailable("server");

describe.skipIf(unavailable !== null)(
  `commands that meet on a Milvus server${unavailable === null ? "" : ` (${unavailable})`}`,
  () => {
    let model: FakeServer;
    let sandbox: Sandbox;
    let store: Store;
    let direct: MilvusConnection;
    let address: string;
    let stopEngine = async (): Promise<void> => {};
    /** In front of the server for the command that is held back. */
    let relay: Relay;
    /** What a collection holds that these files alone were ever ingested into, by the writer. */
    const cleanHashes = new Map<string, string>();
    const random = randomNumbers(52);
    const below = (limit: number): number => Math.floor(random() * limit);
    /** Pieces that a command of a kind sent the last time. */
    const usual = new Map<string, number>();

    beforeAll(async () => {
      const engine = await startEngine("server");
      ({ address, stop: stopEngine } = engine);
      model = await startFakeServer({ embeddings: { dimensions: 8 } });
      direct = connectMilvus({
        endpoint: async () => ({ target: address, authorization: null }),
        revives: false,
        tls: null,
        database: null,
        timeoutMs: 60_000,
        location: address,
      });
    }, ENGINE_START_MS);
    afterAll(async () => {
      direct.close();
      await model.close();
      await stopEngine();
    });
    beforeEach(async () => {
      relay = await startRelay(address);
      sandbox = await createSandbox();
      store = await openStoreAt(`http://${address}`, sandbox.folder, { ...process.env, ...variables });
    });
    afterEach(async () => {
      for (const name of await store.list()) await store.drop(name);
      await store.close();
      await relay.close();
      await sandbox.remove();
    });

    async function checkOut({ version, chunking = { maxChars: 1600 } }: Writer, folder: string): Promise<void> {
      await rm(path.join(sandbox.folder, folder, "docs"), { recursive: true, force: true });
      const files = [...tree(version)].map(([file, text]) => [path.join(folder, file), text] as const);
      const providers = { fake: { baseUrl: model.baseUrl, embeddingModel: "m", dimensions: 8, maxBatch: 10 } };
      const settings = { providers, embedding: { provider: "fake" }, chunking };
      await sandbox.write({ ...Object.fromEntries(files), [path.join(folder, ".ragrc")]: JSON.stringify(settings) });
    }

    const ingest = (collection = "kept"): string[] => [
      "ingest",
      "docs",
      "-c",
      collection,
      "--project",
      "one",
      "--prune",
      "-q",
    ];
    /** Runs a command in a checkout; through the relay, where it is to be held back. */
    const run = (argv: readonly string[], folder: string, through = address): Promise<Run> =>
      sandbox.rag([...argv, "--uri", `http://${through}`], { variables, cwd: folder });

    async function ingestToEnd(writer: Writer, collection = "kept"): Promise<void> {
      await checkOut(writer, "../last");
      expectDone(await run(ingest(collection), "../last"));
    }

    function expectDone({ exitCode, stderr }: Run): void {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    }

    /** A command may give way to another one; it says so, and what to do. */
    function expectDoneOrRefused({ exitCode, stderr }: Run): void {
      if (exitCode === 0) return;
      expect({ exitCode, stderr }).toEqual({
        exitCode: expect.toSatisfy((code) => code === 2 || code === 4) as number,
        stderr: expect.stringMatching(/^(?:note: .+\n)*error: .+\nhint: .+\n$/) as string,
      });
    }

    const hashOf = async (collection: string): Promise<string> => contentHash(await openOwn(store, collection));

    async function cleanHash(writer: Writer): Promise<string> {
      const key = JSON.stringify(writer);
      if (!cleanHashes.has(key)) {
        const name = `clean_${cleanHashes.size}`;
        await ingestToEnd(writer, name);
        cleanHashes.set(key, await hashOf(name));
        await store.drop(name);
      }
      return cleanHashes.get(key) as string;
    }

    async function traces(): Promise<Trace[]> {
      const { collection_names: names } = await direct.call("ShowCollections", {});
      const own = names.filter((name) => name === "kept" || name.startsWith("kept__rag_"));
      const found = await Promise.all(
        own.map(async (name) => {
          const described = await direct.call("DescribeCollection", { collection_name: name }).catch(() => null);
          return described && { name, isKept: name === "kept" || described.aliases.includes("kept") };
        }),
      );
      return found.filter((trace) => trace !== null);
    }

    /** One ingest later, the collection is what the files say, and nothing else is left of it. */
    async function expectWholeAfter(writer: Writer, round: object): Promise<void> {
      const wanted = await cleanHash(writer);
      await ingestToEnd(writer);
      const left = await traces();
      expect({ ...round, writer, isClean: (await hashOf("kept")) === wanted, left }).toEqual({
        ...round,
        writer,
        isClean: true,
        left: [{ name: expect.any(String) as string, isKept: true }],
      });
    }

    /**
     * Runs the first command, and the second one from its start to its end after the first has sent a random number of
     * pieces, and before it sends any other.
     */
    async function meet(
      kind: string,
      first: () => Promise<Run>,
      second: () => Promise<Run>,
    ): Promise<{ first: Run; second: Run; after: number }> {
      const after = 1 + below(usual.get(kind) ?? 8);
      let sent = 0;
      let other: Promise<Run> | null = null;
      relay.hold(async (count) => {
        sent = count;
        if (count >= after) await (other ??= second());
      });
      const held = await first();
      usual.set(kind, sent);
      return { first: held, second: await (other ?? second()), after };
    }

    const anyVersion = (): number => below(versions);
    const shorter = { maxChars: 300 };

    const pairs: Record<
      string,
      () => Promise<{ kind: string; first: () => Promise<Run>; second: () => Promise<Run> }>
    > = {
      "an ingest, and one with other chunks": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        await checkOut({ version: anyVersion(), chunking: shorter }, "../two");
        const [first, second] = below(2) === 0 ? (["../one", "../two"] as const) : (["../two", "../one"] as const);
        return {
          kind: "ingest",
          first: () => run(ingest(), first, relay.address),
          second: () => run(ingest(), second),
        };
      },
      "an ingest, and a drop": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        return {
          kind: "ingest",
          first: () => run(ingest(), "../one", relay.address),
          second: () => run(["collections", "drop", "kept", "--yes"], "../one"),
        };
      },
      "a drop, and an ingest": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        return {
          kind: "drop",
          first: () => run(["collections", "drop", "kept", "--yes"], "../one", relay.address),
          second: () => run(ingest(), "../one"),
        };
      },
      "an ingest, and one that recreates": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        await checkOut({ version: anyVersion(), chunking: shorter }, "../two");
        return {
          kind: "ingest",
          first: () => run(ingest(), "../one", relay.address),
          second: () => run([...ingest(), "--recreate"], "../two"),
        };
      },
      "an ingest that recreates, and one that does not": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        await checkOut({ version: anyVersion(), chunking: shorter }, "../two");
        return {
          kind: "recreate",
          first: () => run([...ingest(), "--recreate"], "../one", relay.address),
          second: () => run(ingest(), "../two"),
        };
      },
      "two ingests that recreate": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        await checkOut({ version: anyVersion(), chunking: shorter }, "../two");
        return {
          kind: "recreate",
          first: () => run([...ingest(), "--recreate"], "../one", relay.address),
          second: () => run([...ingest(), "--recreate"], "../two"),
        };
      },
      "a drop, and an ingest that recreates": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        return {
          kind: "drop",
          first: () => run(["collections", "drop", "kept", "--yes"], "../one", relay.address),
          second: () => run([...ingest(), "--recreate"], "../one"),
        };
      },
      "an ingest that recreates, and a drop": async () => {
        await checkOut({ version: anyVersion() }, "../one");
        return {
          kind: "recreate",
          first: () => run([...ingest(), "--recreate"], "../one", relay.address),
          second: () => run(["collections", "drop", "kept", "--yes"], "../one"),
        };
      },
    };

    it.each(Object.keys(pairs).filter((_, index) => isThorough || index % 4 === 0))(
      "are mended by one more ingest: %s",
      { timeout: 60_000 + rounds * 2 * roundMs },
      async (name) => {
        for (let round = 0; round < rounds; round++) {
          const writer = { version: anyVersion(), ...(below(2) === 0 ? {} : { chunking: shorter }) };
          await ingestToEnd({ version: anyVersion() });
          // Every second time the collection has been replaced before, so that its name is an alias.
          if (round % 2 === 1) expectDone(await run([...ingest(), "--recreate"], "../last"));
          const { kind, first, second } = await pairs[name]!();
          const met = await meet(kind, first, second);
          expectDoneOrRefused(met.first);
          expectDoneOrRefused(met.second);
          await expectWholeAfter(writer, { round, after: met.after });
        }
      },
    );

    it(
      "a copy out is that of one moment, while an ingest changes what is copied",
      { timeout: 60_000 + rounds * 2 * roundMs },
      async () => {
        for (let round = 0; round < rounds; round++) {
          const [before, meanwhile] = [{ version: anyVersion() }, { version: anyVersion(), chunking: shorter }];
          const clean = await cleanHash(before);
          await ingestToEnd(before);
          await checkOut(meanwhile, "../two");
          const copy = ["collections", "copy", "kept", "--as", "copied", "--to", `http://${address}`];
          const { first, second, after } = await meet(
            "copy",
            () => run(copy, "../last", relay.address),
            () => run(ingest(), "../two"),
          );
          expectDone(second);
          expectDoneOrRefused(first);
          const isOfOneMoment = first.exitCode !== 0 || [clean, await hashOf("kept")].includes(await hashOf("copied"));
          expect({ round, after, isOfOneMoment }).toMatchObject({ isOfOneMoment: true });
          // What the failure says is done: the copy is dropped, and made again.
          expectDoneOrRefused(await run(["collections", "drop", "copied", "--yes"], "../last"));
          const again = await run(copy, "../last");
          expect(again.exitCode).toBe(0);
          expect((await hashOf("copied")) === (await hashOf("kept"))).toBe(true);
          await store.drop("copied");
        }
      },
    );

    it(
      "a copy out of a collection that is being written holds whole documents",
      { timeout: 60_000 + rounds * 2 * roundMs },
      async () => {
        for (let round = 0; round < rounds; round++) {
          await ingestToEnd({ version: anyVersion() });
          await checkOut({ version: anyVersion(), chunking: shorter }, "../two");
          const copy = ["collections", "copy", "kept", "--as", "copied", "--to", `http://${address}`];
          const { first, second } = await meet(
            "ingest",
            () => run(ingest(), "../two", relay.address),
            () => run(copy, "../last"),
          );
          expectDone(first);
          expect({ exitCode: second.exitCode, stderr: second.stderr }).toMatchObject({ exitCode: 0 });
          expect(await lackingDocuments(await openOwn(store, "copied"))).toEqual([]);
          await store.drop("copied");
        }
      },
    );

    const tested = (Object.keys(moments) as (keyof typeof moments)[]).filter(
      (moment) => isThorough || moment === "the old one is moved away",
    );
    it.each(tested)(
      "an ingest mends what a replacement left that was killed when %s",
      { timeout: 60_000 + rounds * 2 * roundMs },
      async (moment) => {
        for (let round = 0; round < rounds; round++) {
          await ingestToEnd({ version: anyVersion() });
          await checkOut({ version: anyVersion(), chunking: shorter }, ".");
          let later = below(3);
          let state: Trace[] = [];
          let wasMet = false;
          const child = sandbox.start([...ingest(), "--recreate", "--uri", `http://${relay.address}`], variables);
          relay.hold(async () => {
            state = await traces();
            if (!moments[moment](state)) return;
            wasMet = true;
            if (later-- <= 0) child.kill("SIGKILL");
          });
          await once(child, "exit");
          expect({ round, wasMet }).toEqual({ round, wasMet: true });
          await expectWholeAfter({ version: anyVersion() }, { round, moment, state });
        }
      },
    );
  },
);
