import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { configSchema } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import { type MilvusConnection, connectMilvus } from "../../../../src/stores/milvus/wire/connection.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../../../fixtures/milvus-lite.ts";
import { storeContract } from "../../contract.ts";

const folders: string[] = [];
afterAll(async () => {
  // The engine ends when its database is gone.
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })));
});

/** To the engine that the store under test has started. */
async function connectToLite(database: string): Promise<MilvusConnection> {
  const pointer = JSON.parse(await readFile(join(database, ".rag-engine.json"), "utf8")) as Record<string, string>;
  return connectMilvus({
    endpoint: async () => ({ target: pointer["address"] ?? "", authorization: pointer["token"] ?? null }),
    revives: false,
    tls: null,
    database: null,
    timeoutMs: 60_000,
    location: database,
  });
}

describe.skipIf(liteUnavailable !== null)(
  `Milvus Lite${liteUnavailable === null ? "" : ` (${liteUnavailable})`}`,
  () => {
    beforeAll(provisionLite, PROVISION_MS);
    storeContract(
      async () => {
        const projectRoot = await mkdtemp(join(tmpdir(), "rag-lite-"));
        folders.push(projectRoot);
        return {
          config: configSchema.parse({ milvus: { uri: "./test.db", idleMinutes: 1 } }),
          environment: {
            variables: process.env,
            projectRoot,
            workingDirectory: projectRoot,
            configFile: null,
            configIsTrusted: true,
          },
          traces: async (collection) =>
            (await readdir(join(projectRoot, "test.db", "collections"))).filter(
              (name) => name === collection || name.startsWith(`${collection}__rag_`),
            ),
          async cutSwapShort(collection) {
            const connection = await connectToLite(join(projectRoot, "test.db"));
            await connection.call("RenameCollection", { oldName: collection, newName: `${collection}__rag_replaced` });
            connection.close();
          },
        };
      },
      ({ config, environment }) => openStore(config, environment),
    );
  },
);
