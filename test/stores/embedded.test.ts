import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { openStore } from "../../src/stores/index.ts";
import { storeContract } from "./contract.ts";

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function emptyProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rag-embedded-"));
  folders.push(folder);
  return folder;
}

describe("the embedded store", () => {
  storeContract(
    async () => {
      const projectRoot = await emptyProject();
      return {
        config: configSchema.parse({}),
        environment: {
          variables: {},
          projectRoot,
          workingDirectory: projectRoot,
          configFile: null,
          configIsTrusted: true,
        },
      };
    },
    ({ config, environment }) => openStore(config, environment),
  );
});
