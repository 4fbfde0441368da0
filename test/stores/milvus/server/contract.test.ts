import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe } from "vitest";
import { configSchema } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import {
  ENGINE_START_MS,
  type EngineName,
  engineTitle,
  enginesUnavailable,
  startEngine,
} from "../../../engines/engine.ts";
import { type Capabilities, type StoreUnderTest, storeContract } from "../../contract.ts";

const capabilities: Record<EngineName, Capabilities> = { server: { text: false }, core: { text: true } };

for (const [name, can] of Object.entries(capabilities) as [EngineName, Capabilities][]) {
  const reason = enginesUnavailable === null ? "" : ` (${enginesUnavailable})`;
  describe.skipIf(enginesUnavailable !== null)(`${engineTitle(name)}${reason}`, () => {
    let uri: string;
    let stop = async (): Promise<void> => {};
    beforeAll(async () => {
      const engine = await startEngine(name);
      uri = `http://${engine.address}`;
      stop = engine.stop;
    }, ENGINE_START_MS);
    afterAll(() => stop());
    storeContract(async () => serverUnderTest({ uri }), open, can);
  });
}

const ownUri = process.env["RAG_TEST_MILVUS_URI"];
const ownToken = process.env["RAG_TEST_MILVUS_TOKEN"];

describe.runIf(ownUri)("the server that RAG_TEST_MILVUS_URI names", async () => {
  if (ownUri === undefined) return;
  const own = { uri: ownUri, ...(ownToken === undefined ? {} : { token: ownToken }) };
  storeContract(async () => serverUnderTest(own), open, await capabilitiesOf(serverUnderTest(own)));
});

/** What a server can do shows in the modes of a collection that is made for that. */
async function capabilitiesOf(under: StoreUnderTest): Promise<Capabilities> {
  const store = await open(under);
  const name = `${under.prefix}capabilities`;
  try {
    const { modes } = await store.create(name, {
      schemaVersion: 1,
      embedding: { provider: "test", model: "tiny", dimensions: 4, queryPrefix: "", documentPrefix: "" },
      metric: "cosine",
      chunking: {},
      toolVersion: "0.0.0-test",
      createdAt: new Date().toISOString(),
    });
    return { text: modes.includes("text") };
  } finally {
    await store.drop(name).finally(() => store.close());
  }
}

/** Each run has names of its own, as the server may hold other collections. */
function serverUnderTest(milvus: { uri: string; token?: string }): StoreUnderTest {
  const folder = tmpdir();
  return {
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

function open({ config, environment }: StoreUnderTest): ReturnType<typeof openStore> {
  return openStore(config, environment);
}
