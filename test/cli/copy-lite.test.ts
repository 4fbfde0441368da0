import { once } from "node:events";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConfigInput, configSchema } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import type { Collection, Store } from "../../src/stores/types.ts";
import type { SearchMode } from "../../src/types.ts";
import { randomNumbers, randomVector } from "../fixtures/chunks.ts";
import { contents, fill, manifestFor, openOwn } from "../fixtures/collections.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../fixtures/milvus-lite.ts";
import { type Sandbox, createSandbox } from "./run-rag.ts";

/** The engine that is set up already, from a home folder that is empty. */
const variables = { XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache") };
const size = { documents: 60, chunks: 100, dimensions: 16 };

describe.skipIf(liteUnavailable !== null)(
  `a copy to Milvus Lite and back${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
  () => {
    let sandbox: Sandbox;
    let source: Collection;
    const stores: Store[] = [];
    beforeAll(async () => {
      await provisionLite();
      sandbox = await createSandbox();
      source = await (await storeOf({})).create("docs", manifestFor(size.dimensions));
      await fill(source, size);
    }, PROVISION_MS);
    afterAll(async () => {
      for (const store of stores) await store.close();
      // The engine ends when its database is gone.
      await sandbox.remove();
    });

    async function storeOf(config: ConfigInput): Promise<Store> {
      const store = await openStore(configSchema.parse(config), {
        variables: { ...process.env, ...variables },
        projectRoot: sandbox.folder,
        workingDirectory: sandbox.folder,
        configFile: null,
        configIsTrusted: true,
      });
      stores.push(store);
      return store;
    }

    async function opened(config: ConfigInput, name = "docs"): Promise<Collection> {
      return openOwn(await storeOf(config), name);
    }

    it("is the same collection on both ways, and finds the same", { timeout: 300_000 }, async () => {
      const there = await sandbox.rag(["collections", "copy", "docs", "--to", "milvus.db"], { variables });
      expect(there).toMatchObject({ exitCode: 0 });
      expect(there.stdout).toContain("verified: 60 documents and 6,000 chunks");
      const lite = await opened({ milvus: { uri: "milvus.db" } });
      expect(await contents(lite)).toEqual(await contents(source));

      const random = randomNumbers(3);
      for (const mode of ["text", "dense", "hybrid"] satisfies SearchMode[]) {
        // Words that single out their passage: what scores the same is in no particular order.
        for (const text of ["n17x3", "n40x99"]) {
          const vector = mode === "text" ? null : randomVector(random, size.dimensions);
          const limit = mode === "text" ? 1 : 5;
          const found = await Promise.all(
            [source, lite].map((collection) => collection.search({ mode, text, vector, limit, filters: [] })),
          );
          const [original, copy] = found.map((hits) => hits.map(({ chunk }) => chunk.id));
          expect(original).toHaveLength(limit);
          expect(copy).toEqual(original);
        }
      }

      const back = await sandbox.rag(["collections", "copy", "docs", "--uri", "milvus.db", "--to", "./back"], {
        variables,
      });
      expect(back).toMatchObject({ exitCode: 0 });
      expect(await contents(await opened({ store: { path: "back" } }))).toEqual(await contents(source));
    });

    it("under another name in the same database needs no second writer", { timeout: 300_000 }, async () => {
      const small = await (await storeOf({})).create("small", manifestFor(0));
      await fill(small, { documents: 3, chunks: 2, dimensions: 0 });
      const copies = [
        ["small", "--to", "./same.db"],
        ["small", "--uri", "same.db", "--to", "./same.db", "--as", "twin"],
      ];
      for (const argv of copies) {
        expect(await sandbox.rag(["collections", "copy", ...argv], { variables })).toMatchObject({ exitCode: 0 });
      }
      expect(await contents(await opened({ milvus: { uri: "same.db" } }, "twin"))).toEqual(await contents(small));
    });

    it("killed in the middle is completed by the next run", { timeout: 300_000 }, async () => {
      const argv = ["collections", "copy", "docs", "--to", "./killed.db"];
      const child = sandbox.start(argv, variables);
      child.stdout?.resume();
      child.stderr?.resume();
      const killed = await storeOf({ milvus: { uri: "killed.db" } });
      const rows = async () => ((await (await killed.open("docs"))?.documents()) ?? []).length * size.chunks;
      while ((await rows()) === 0) {
        expect(child.exitCode).toBeNull();
        await sleep(10);
      }
      child.kill("SIGKILL");
      await once(child, "close");
      expect(await rows()).toBeLessThan(6000);
      expect(await sandbox.rag(argv, { variables })).toMatchObject({ exitCode: 0 });
      expect(await contents(await opened({ milvus: { uri: "killed.db" } }))).toEqual(await contents(source));
    });
  },
);
