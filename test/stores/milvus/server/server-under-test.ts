import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe } from "vitest";
import { configSchema } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import { connectMilvus } from "../../../../src/stores/milvus/wire/connection.ts";
import type { Store } from "../../../../src/stores/types.ts";
import {
  ENGINE_START_MS,
  type EngineName,
  engineTitle,
  engineUnavailable,
  startEngine,
} from "../../../engines/engine.ts";
import { type Capabilities, type StoreUnderTest, storeContract } from "../../contract.ts";

/** Runs the contract on an engine of Milvus that is started for it. */
export async function engineContract(name: EngineName, can: Capabilities): Promise<void> {
  const reason = await engineUnavailable(name);
  describe.skipIf(reason !== null)(`${engineTitle(name)}${reason === null ? "" : ` (${reason})`}`, () => {
    let uri: string;
    let stop = async (): Promise<void> => {};
    beforeAll(async () => {
      const engine = await startEngine(name);
      uri = `http://${engine.address}`;
      stop = engine.stop;
    }, ENGINE_START_MS);
    afterAll(() => stop());
    storeContract(async () => serverUnderTest({ uri }), openServer, can);
  });
}

/** A server as the contract takes it. Each run has names of its own, as the server may hold other collections. */
export function serverUnderTest(milvus: { uri: string; token?: string | undefined }): StoreUnderTest {
  const folder = tmpdir();
  const server = connectMilvus({
    endpoint: async () => ({
      target: milvus.uri.replace(/^https?:\/\//, ""),
      authorization: milvus.token === undefined ? null : Buffer.from(milvus.token).toString("base64"),
    }),
    revives: false,
    tls: milvus.uri.startsWith("https:")
      ? async () => ({ ca: null, key: null, certificate: null, serverName: null })
      : null,
    database: null,
    timeoutMs: 60_000,
    location: milvus.uri,
  });
  return {
    async traces(collection) {
      const { collection_names: names } = await server.call("ShowCollections", {});
      return names.filter((name) => name === collection || name.startsWith(`${collection}__rag_`));
    },
    async cutSwapShort(collection) {
      await server.call("RenameCollection", { oldName: collection, newName: `${collection}__rag_replaced` });
    },
    prefix: `rag_test_${randomBytes(4).toString("hex")}_`,
    config: configSchema.parse({ milvus }),
    environment: {
      variables: process.env,
      projectRoot: folder,
      workingDirectory: folder,
      configFile: null,
      configIsTrusted: true,
    },
  };
}

export function openServer({ config, environment }: StoreUnderTest): Promise<Store> {
  return openStore(config, environment);
}
