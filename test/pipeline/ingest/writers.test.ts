import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configSchema } from "../../../src/config/schema.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { openStore } from "../../../src/stores/index.ts";
import type { Store } from "../../../src/stores/types.ts";
import { ENGINE_START_MS, engineTitle, engineUnavailable, startEngine } from "../../engines/engine.ts";
import { memoryCollection } from "../../fakes/memory-collection.ts";
import { manifestFor } from "../../fixtures/collections.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../../fixtures/milvus-lite.ts";
import { type Outcome, sampledSchedules, schedules, tryOut, wanted, writeVersions } from "../../fixtures/schedules.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rag-writers-"));
  await writeVersions(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Tries some schedules in a store, which is closed then. */
async function trySome(store: Store): Promise<Outcome[]> {
  try {
    const outcomes: Outcome[] = [];
    for (const seed of seeds) {
      const collection = await store.create(`writers_${seed}`, manifestFor(0));
      outcomes.push(await tryOut(seed, folder, collection));
      await store.drop(`writers_${seed}`);
    }
    return outcomes;
  } finally {
    await store.close();
  }
}

function openAt(uri: string): Promise<Store> {
  return openStore(configSchema.parse({ milvus: { uri, idleMinutes: 0 } }), {
    variables: process.env,
    projectRoot: folder,
    workingDirectory: folder,
    configFile: null,
    configIsTrusted: true,
  });
}

const seeds = Array.from({ length: sampledSchedules }, (_, index) => index + 1);
const coreUnavailable = await engineUnavailable("core");

describe("two writers of one collection, kills at any call, and one run more leave what a clean ingest makes", () => {
  test(`in ${schedules} orders`, { timeout: 120_000 + 100 * schedules }, async () => {
    for (let seed = 1; seed <= schedules; seed++) {
      expect(await tryOut(seed, folder, memoryCollection())).toEqual(wanted(seed));
    }
  });

  test("in the embedded store", { timeout: 300_000 }, async () => {
    const store = openEmbeddedStore({ path: join(folder, ".rag"), location: ".rag" });
    expect(await trySome(store)).toEqual(seeds.map(wanted));
  });

  test.skipIf(liteUnavailable !== null)(
    `in Milvus Lite${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
    { timeout: PROVISION_MS },
    async () => {
      await provisionLite();
      expect(await trySome(await openAt("./writers.db"))).toEqual(seeds.map(wanted));
    },
  );

  test.skipIf(coreUnavailable !== null)(
    `in ${engineTitle("core")}${coreUnavailable === null ? "" : ` (${coreUnavailable})`}`,
    { timeout: ENGINE_START_MS },
    async () => {
      const engine = await startEngine("core");
      try {
        expect(await trySome(await openAt(`http://${engine.address}`))).toEqual(seeds.map(wanted));
      } finally {
        await engine.stop();
      }
    },
  );
});
