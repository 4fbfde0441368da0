import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredChunk } from "../../src/types.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { randomNumbers } from "../fixtures/chunks.ts";
import {
  type KilledOperation,
  type Place,
  killedOperations,
  killedOperationsOfEmbedded,
  rowsOf,
  succeed,
  writeVersion,
} from "../fixtures/killed/operations.ts";
import { didNothing, inCache, leftovers, readingProblems, warningsOf } from "../fixtures/killed/problems.ts";
import { type Death, compileKiller, watchChanges } from "../fixtures/killed/runs.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";
import { needing } from "../fixtures/needs.ts";
import { type Run, createSandbox } from "./run-rag.ts";

/**
 * A kill before one write of some operations, which `RAG_TEST_SEED` chooses. `RAG_TEST_EVERY_WRITE=1` tries each write,
 * `RAG_TEST_EVERY_WRITE=7` each seventh, and in both cases some of Milvus Lite, where one takes ten seconds.
 */
const everyWrite = Number(process.env["RAG_TEST_EVERY_WRITE"] ?? 0);
const random = randomNumbers(Number(process.env["RAG_TEST_SEED"] ?? 1));
const upTo = (limit: number): number => 1 + Math.floor(random() * limit);
const killsOfLite = 3;
const timeout = everyWrite > 0 ? 4 * 3_600_000 : 120_000;
const [embedded, lite] = ["./.rag", "./x.db"];

/** Old versions of a table are deleted when they are older than this. */
const retainMs = 10_000;

describe("a command that is killed before any of its writes", needing("c-compiler"), () => {
  let scratch: string;
  let library: string;
  let model: FakeServer;
  let place: Place;
  let config: object;
  /** The stores that operations find, kept beside the one that they find it in. */
  let kept: Map<KilledOperation["prepare"], { folder: string; since: number }>;

  async function setUp(operations: readonly KilledOperation[], uri: string, settings: object): Promise<void> {
    scratch = await mkdtemp(path.join(tmpdir(), "rag-kills-"));
    library = await compileKiller(scratch);
    model = await startFakeServer({ embeddings: { dimensions: 8 } });
    place = { sandbox: await createSandbox(), uri, variables: cacheOf(uri) };
    config = settings;
    kept = new Map();
    await place.sandbox.write({ ".ragrc": JSON.stringify(config) });
    for (const { prepare } of operations) {
      if (prepare === undefined || kept.has(prepare)) continue;
      await prepare(place);
      const folder = `${storeOf(place)}.${kept.size}`;
      await rename(storeOf(place), folder);
      kept.set(prepare, { folder, since: Date.now() });
    }
  }

  async function tearDown(): Promise<void> {
    await model.close();
    await place.sandbox.remove();
    await rm(scratch, { recursive: true, force: true });
  }

  /** Puts the state before the operation in its place, as if no command had ever run. */
  async function restore({ during, prepare, usesModel }: KilledOperation): Promise<void> {
    const store = storeOf(place);
    await rm(store, { recursive: true, force: true });
    const found = kept.get(prepare);
    if (found !== undefined) await cp(found.folder, store, { recursive: true, preserveTimestamps: true });
    for (const part of ["unfinished", "embeddings"]) await rm(inCache(place, part), { recursive: true, force: true });
    const providers = { fake: { baseUrl: model.baseUrl, embeddingModel: "m", dimensions: 8, maxBatch: 10 } };
    const embedding = usesModel ? { providers, embedding: { provider: "fake" } } : {};
    await place.sandbox.write({ ".ragrc": JSON.stringify({ ...config, ...embedding }) });
    await writeVersion(place.sandbox, during);
  }

  /** By what they are made with. */
  const cleanRows = new Map<string, StoredChunk[]>();
  /** What a collection holds into which nothing else was ever ingested. */
  async function clean(operation: KilledOperation): Promise<StoredChunk[]> {
    const { clean: argv, after, usesModel } = operation;
    const key = JSON.stringify([argv, after, usesModel, place.uri]);
    const known = cleanRows.get(key);
    if (known !== undefined) return known;
    const beside = { ...place, uri: "./.clean" };
    await restore(operation);
    await writeVersion(place.sandbox, after);
    await succeed(beside, argv);
    const rows = await rowsOf(beside, "docs");
    await rm(storeOf(beside), { recursive: true });
    cleanRows.set(key, rows);
    return rows;
  }

  /** Runs the command, kills a process and has the next commands put everything right; returns what is wrong. */
  async function meet(operation: KilledOperation, death: Death): Promise<string[]> {
    const { argv, next, after, collection } = operation;
    const rag = (given: readonly string[], variables: Record<string, string> = {}): Promise<Run> =>
      place.sandbox.rag([...given, "--uri", place.uri], { variables: { ...place.variables, ...variables } });
    const killed = async (given: readonly string[], end: Death): Promise<string> => {
      const watched = watchChanges(library, end);
      await rag(given, watched.variables);
      return (await watched.changes()).at(-1)?.replace(place.sandbox.folder, "") ?? "no change";
    };

    const wanted = await clean(operation);
    await restore(operation);
    const ends = [await killed(argv, death)];
    const problems = await readingProblems(operation, rag);
    await writeVersion(place.sandbox, after);
    if (operation.isKilledTwice) {
      ends.push(await killed(next, { ...death, before: upTo(operation.changes) }));
      // The ingest after a killed one goes on in the collection that is there, document by document.
      problems.push(...(await readingProblems({ ...operation, during: after, isWhole: false }, rag)));
    }
    const mended = await rag(next);
    if (mended.exitCode !== 0) problems.push(`the next command: ${mended.exitCode} ${mended.stderr}`);
    else problems.push(...warningsOf(mended));
    const rows = await rowsOf(place, collection).catch((error: unknown) => [String(error)]);
    if (JSON.stringify(rows) !== JSON.stringify(wanted)) problems.push(`${rows.length} rows: ${String(rows[0])}`);
    const again = await rag(next);
    if (again.exitCode !== 0 || !didNothing(again)) problems.push(`the one after it: ${again.stdout}${again.stderr}`);
    if (place.uri === embedded) problems.push(...(await leftovers(place)));
    return problems.map((problem) => `${ends.join(", then ")}: ${problem}`);
  }

  /** Kills before each of the changes, or some of them. */
  async function expectMended(operation: KilledOperation, points: readonly number[], death: Death): Promise<void> {
    if (operation.needsOldVersions) await sleep((kept.get(operation.prepare)?.since ?? 0) + retainMs - Date.now());
    const problems: string[] = [];
    for (const before of points) problems.push(...(await meet(operation, { ...death, before })));
    // A long run says at once what it has found.
    if (everyWrite > 0) process.stderr.write([`${operation.name}: ${points.length} kills`, ...problems, ""].join("\n"));
    expect(problems).toEqual([]);
  }

  /** How many changes the whole operation makes. */
  async function countChanges(operation: KilledOperation, death: Death): Promise<number> {
    await restore(operation);
    const watched = watchChanges(library, death);
    await succeed({ ...place, variables: { ...place.variables, ...watched.variables } }, operation.argv);
    return (await watched.changes()).length;
  }

  describe("on the embedded store", () => {
    const all = [...killedOperations(embedded), ...killedOperationsOfEmbedded];
    const operations = all.filter(({ inEveryRun }) => everyWrite > 0 || inEveryRun);
    const withCache = ["/.rag", "/milvus-rag/embeddings", "/milvus-rag/unfinished"];
    beforeAll(() => setUp(operations, embedded, {}), timeout);
    afterAll(tearDown);

    it.each(operations)("$name", { timeout }, async (operation) => {
      const death = { below: operation.usesModel ? withCache : ["/.rag"] };
      if (everyWrite === 0) {
        await expectMended(operation, [upTo(operation.changes)], death);
        return;
      }
      const changes = await countChanges(operation, death);
      expect(changes).toBeGreaterThanOrEqual(operation.changes);
      const points = Array.from({ length: Math.floor(changes / everyWrite) }, (_, index) => (index + 1) * everyWrite);
      await expectMended(operation, points, death);
    });
  });

  const dying = everyWrite > 0 && liteUnavailable === null ? (["engine", "command"] as const) : [];
  describe.each(dying)("on Milvus Lite, by the death of the %s", (who) => {
    const operations = killedOperations(lite);
    // The engine ends with the command that started it.
    beforeAll(async () => {
      await provisionLite();
      await setUp(operations, lite, { milvus: { idleMinutes: 0 } });
    }, PROVISION_MS + timeout);
    afterAll(tearDown);

    it.each(operations)("$name", { timeout }, async (operation) => {
      const death = { below: ["/x.db"], program: "python", killsParent: who === "command" };
      const changes = await countChanges(operation, death);
      await expectMended(
        operation,
        Array.from({ length: killsOfLite }, () => upTo(changes)),
        death,
      );
    });
  });
});

/** The engine of Milvus Lite is set up in the user's own cache, from a home folder that is empty. */
function cacheOf(uri: string): Record<string, string> {
  return uri === lite ? { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache") } : {};
}

function storeOf({ sandbox, uri }: Place): string {
  return path.join(sandbox.folder, uri);
}
