import { describe } from "vitest";
import { needing } from "../../../fixtures/needs.ts";
import { type Capabilities, type StoreUnderTest, storeContract } from "../../contract.ts";
import { openServer, serverUnderTest } from "./server-under-test.ts";

const { RAG_TEST_MILVUS_URI: uri, RAG_TEST_MILVUS_TOKEN: token } = process.env;
// Without a server the tests are listed as skipped, which needs an address that nobody connects to.
const under = serverUnderTest({ uri: uri || "127.0.0.1:1", token });
const can = uri ? await capabilitiesOf(under) : { text: true };

describe("the server that RAG_TEST_MILVUS_URI names", needing("milvus-server"), () => {
  storeContract(async () => under, openServer, can);
});

/** What a server can do shows in the modes of a collection that is made for that. */
async function capabilitiesOf(server: StoreUnderTest): Promise<Capabilities> {
  const store = await openServer(server);
  const name = `${server.prefix}capabilities`;
  try {
    const { modes } = await store.create(name, {
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
