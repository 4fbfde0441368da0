import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { configSchema } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import { PROVISION_MS, liteUnavailable, provisionLite } from "../../../fixtures/milvus-lite.ts";
import { storeContract } from "../../contract.ts";

const folders: string[] = [];
afterAll(async () => {
  // The engine ends when its database is gone.
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })));
});

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
        };
      },
      ({ config, environment }) => openStore(config, environment),
    );
  },
);
