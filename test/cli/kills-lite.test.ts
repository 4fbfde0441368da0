import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import type { StoredChunk } from "../../src/types.ts";
import { type FakeServer, startFakeServer } from "../fakes/openai-server.ts";
import { randomNumbers } from "../fixtures/chunks.ts";
import { contents, openOwn } from "../fixtures/collections.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";
import { countWrites } from "../fixtures/writes.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

/** `RAG_TEST_KILLS=20` for a thorough run. */
const kills = Number(process.env["RAG_TEST_KILLS"] ?? 3);
/** The engine that is set up already, from a home folder that is empty. */
const variables = { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache") };
const documents = 120;

/** Documents of several chunks; a third of them differs from version to version, and some come and go. */
function corpus(version: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: documents }, (_, number) => {
      const written = number % 3 === version % 3 ? version : 0;
      const parts = Array.from({ length: 1 + ((number + written) % 5) }, (_, part) => {
        const sentence = `Document ${number} says word${written} in part ${part}. `;
        return `## Part ${part} of ${number}\n\n${sentence.repeat(12)}`;
      });
      const isGone = version > 0 && number % 10 === version % 10;
      return [`docs/doc-${number}.md`, isGone ? "" : `# Document ${number}\n\n${parts.join("\n\n")}\n`];
    }),
  );
}

describe.skipIf(liteUnavailable !== null)(
  `an ingest into Milvus Lite, met by kill -9${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
  () => {
    let sandbox: Sandbox;
    let model: FakeServer;
    beforeAll(provisionLite, PROVISION_MS);
    beforeEach(async () => {
      sandbox = await createSandbox();
      model = await startFakeServer({ embeddings: { dimensions: 16 } });
      const providers = { fake: { baseUrl: model.baseUrl, embeddingModel: "m", dimensions: 16, maxBatch: 20 } };
      await sandbox.write({ ".ragrc": JSON.stringify({ providers, embedding: { provider: "fake" } }) });
    });
    afterEach(async () => {
      await model.close();
      // The engines end when their databases are gone.
      await sandbox.remove();
    });

    const ingest = (database: string): string[] => ["ingest", "docs", "-q", "--uri", database];

    async function rowsOf(database: string): Promise<StoredChunk[]> {
      const store = await openStore(configSchema.parse({ milvus: { uri: database } }), {
        variables: { ...process.env, ...variables },
        projectRoot: sandbox.folder,
        workingDirectory: sandbox.folder,
        configFile: null,
        configIsTrusted: true,
      });
      try {
        const collection = await openOwn(store, "docs");
        return (await contents(collection)).map((chunk) => ({ ...chunk, updatedAt: 0, writer: "" }));
      } finally {
        await store.close();
      }
    }

    async function enginePid(): Promise<number | null> {
      const pointer = path.join(sandbox.folder, "killed.db", ".rag-engine.json");
      return readFile(pointer, "utf8").then(
        (text) => (JSON.parse(text) as { pid: number }).pid,
        () => null,
      );
    }

    const killedBefore = new Set<number>();
    function killed(pid: number | null | undefined): boolean {
      // The pointer of an engine that was killed stays until the next one starts; its number may be another's by then.
      if (typeof pid !== "number" || killedBefore.has(pid)) return false;
      try {
        process.kill(pid, "SIGKILL");
        killedBefore.add(pid);
        return true;
      } catch {
        return false;
      }
    }

    it.each(["command", "engine"] as const)(
      `that hits the %s ${kills} times, is completed by the next one`,
      { timeout: 240_000 + kills * 20_000 },
      async (target) => {
        const random = randomNumbers(target === "command" ? 7 : 8);
        let hits = 0;
        // Writes into the database that a whole ingest makes, at a guess until one has come to its end.
        let usual = 30;
        const survivors: { exitCode: number | null; stderr: string }[] = [];
        for (let round = 0; hits < kills; round++) {
          expect(round).toBeLessThan(3 * kills + 3);
          await sandbox.write(corpus(round));
          const child = sandbox.start(ingest("killed.db"), variables);
          child.stdout?.resume();
          let stderr = "";
          child.stderr?.on("data", (data: Buffer) => (stderr += data.toString()));
          const ended = once(child, "close") as Promise<[number | null, string | null]>;
          const fatal = Math.ceil(random() * usual);
          let struck = Promise.resolve(false);
          const writes = countWrites(sandbox.folder, "killed.db", (count) => {
            if (count === fatal) struck = strike();
          });
          const strike = async (): Promise<boolean> => {
            const pid = target === "command" ? child.pid : await enginePid();
            return child.exitCode === null && killed(pid);
          };
          const [exitCode, signal] = await ended;
          writes.close();
          if (await struck) hits++;
          if (writes.count < fatal) usual = Math.max(1, writes.count);
          if (signal === null) survivors.push({ exitCode, stderr });
        }
        // An engine that is killed comes back in the middle of the command.
        expect(survivors.filter(({ exitCode, stderr }) => exitCode !== 0 || stderr !== "")).toEqual([]);
        for (const database of ["killed.db", "clean.db"]) {
          expect(await sandbox.rag(ingest(database), { variables })).toMatchObject({ exitCode: 0, stderr: "" });
        }
        const clean = await rowsOf("clean.db");
        expect(clean.length).toBeGreaterThan(documents);
        expect(await rowsOf("killed.db")).toEqual(clean);
        const again = await sandbox.rag([...ingest("killed.db"), "--json"], { variables });
        expect(JSON.parse(again.stdout)).toMatchObject({
          documents: { added: 0, changed: 0, removed: 0 },
          chunks: { written: 0, embedded: 0, deleted: 0 },
        });
      },
    );
  },
);
