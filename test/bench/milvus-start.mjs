// What the first answer of a running Milvus costs a process, in milliseconds: import, connect, list the collections.
// `adapter`: through this tool's store; `client`: through the SDK's own client.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultConfig } from "../../src/config/default-config.ts";

const [way, database] = process.argv.slice(2);
const { address } = JSON.parse(await readFile(join(database, ".rag-engine.json"), "utf8"));

const started = performance.now();
const names = await (way === "adapter" ? throughAdapter() : throughClient());
process.stdout.write(JSON.stringify({ milliseconds: performance.now() - started, names }));
// The client would keep the process.
process.exit();

async function throughAdapter() {
  const { openStore } = await import("../../src/stores/index.ts");
  const folder = process.cwd();
  const config = defaultConfig();
  const store = await openStore(
    { ...config, milvus: { ...config.milvus, uri: database } },
    { variables: process.env, projectRoot: folder, workingDirectory: folder, configFile: null, configIsTrusted: true },
  );
  return store.list();
}

async function throughClient() {
  const { MilvusClient } = await import("@zilliz/milvus2-sdk-node");
  const client = new MilvusClient({ address, telemetry: { enabled: false }, logLevel: "error" });
  await client.connectPromise;
  const { data } = await client.listCollections();
  return data.map(({ name }) => name);
}
