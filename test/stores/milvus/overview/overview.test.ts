import { afterEach, expect, it } from "vitest";
import { configSchema } from "../../../../src/config/schema.ts";
import { listCollections } from "../../../../src/pipeline/collections/collections.ts";
import { openStore } from "../../../../src/stores/index.ts";
import type { Store } from "../../../../src/stores/types.ts";
import { type Answers, type StandIn, startStandIn } from "../../../fixtures/milvus-server.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const manifest = JSON.stringify({
  schemaVersion: 1,
  embedding: { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" },
  metric: "cosine",
  analyzer: "none",
  chunking: {},
  toolVersion: "0.0.0-test",
  createdAt: "2026-01-02T03:04:05.000Z",
});

/** A collection of two documents with five chunks, as far as its `refusal` lets one see. */
interface Held {
  describe?: ReturnType<Answers[string]>;
  query?: ReturnType<Answers[string]>;
  foreign?: boolean;
  /** How many are loaded, of three. */
  partitions?: number;
}

async function serving(
  held: Record<string, Held>,
  onNotice: (text: string) => void = () => {},
): Promise<{ store: Store; standIn: StandIn }> {
  const of = (request: Record<string, unknown>): Held => held[String(request["collection_name"])] ?? {};
  const standIn = await startStandIn({
    Connect: () => ({ status: {}, server_info: { build_tags: "v2.5.4" } }),
    ShowCollections: () => ({ status: {}, collection_names: Object.keys(held) }),
    DescribeCollection: (request) =>
      of(request).describe ?? {
        status: {},
        collection_name: request["collection_name"],
        properties: of(request).foreign === true ? [] : [{ key: "rag.manifest", value: manifest }],
        schema: {
          name: request["collection_name"],
          fields: [
            { name: "id", data_type: 21, is_primary_key: true },
            { name: "text", data_type: 21 },
            { name: "vector", data_type: 101, type_params: [{ key: "dim", value: "2" }] },
          ],
        },
      },
    ShowPartitions: (request) => ({
      status: {},
      partition_names: ["a", "b", "c"].slice(0, request["type"] === 1 ? (of(request).partitions ?? 3) : 3),
    }),
    Search: () => ({ status: {}, results: { scores: [], topks: [0] } }),
    DescribeIndex: () => ({ status: { code: 700, error_code: 1, reason: "index not found" } }),
    GetCollectionStatistics: () => ({ status: {}, stats: [{ key: "row_count", value: "7" }] }),
    Query: (request) =>
      of(request).query ?? {
        status: {},
        fields_data: [
          {
            type: 5,
            field_name: "count(*)",
            scalars: { long_data: { data: [request["expr"] === "ord == 0" ? 2 : 5] } },
          },
        ],
      },
  });
  open.push(() => standIn.close());
  const config = configSchema.parse({ milvus: { uri: standIn.address } });
  const environment = {
    variables: {},
    projectRoot: "/",
    workingDirectory: "/",
    configFile: null,
    configIsTrusted: true,
  };
  const store = await openStore(config, environment, { use: "looking", onNotice });
  open.push(() => store.close());
  return { store, standIn };
}

it("a list of a server's collections counts each with one call a number, and loads none", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `docs_${String(index).padStart(2, "0")}`);
  const { store, standIn } = await serving(Object.fromEntries(names.map((name) => [name, {}])));
  const { collections } = await listCollections(store);
  expect(collections.map(({ collection }) => collection.name)).toEqual(names);
  for (const { overview } of collections) {
    expect(overview).toEqual({ documents: 2, chunks: 5, gap: null, updatedAt: null });
  }
  const counted = (name: string) => standIn.calls.filter((call) => call === name).length;
  expect(counted("DescribeCollection")).toBe(40);
  expect(counted("Query")).toBe(80);
  expect(standIn.calls).toHaveLength(1 + 1 + 40 + 80);
});

it("a collection that is not loaded, or that the user may not read, is listed with what is known and why not more", async () => {
  const { store, standIn } = await serving({
    closed: { query: { grpc: 7, details: "PrivilegeQuery: permission deny" } },
    hidden: { describe: { grpc: 7, details: "PrivilegeDescribeCollection: permission deny" } },
    released: { query: { status: { code: 101, error_code: 1, reason: "collection not loaded" } } },
    theirs: { foreign: true },
    whole: {},
  });
  const { collections, unreadable } = await listCollections(store);
  expect(collections.map(({ collection, overview }) => [collection.name, overview])).toEqual([
    [
      "closed",
      { documents: null, chunks: 7, gap: expect.stringContaining("PrivilegeQuery") as string, updatedAt: null },
    ],
    ["released", { documents: null, chunks: 7, gap: "it is not loaded", updatedAt: null }],
    ["theirs", { documents: 5, chunks: 5, gap: null, updatedAt: null }],
    ["whole", { documents: 2, chunks: 5, gap: null, updatedAt: null }],
  ]);
  expect(unreadable).toEqual([
    { name: "hidden", error: expect.objectContaining({ code: "milvus-permission" }) as Error },
  ]);
  expect(standIn.calls).not.toContain("LoadCollection");
});

it("a collection of which some partitions are loaded says so, as the others are not read", async () => {
  const notices: string[] = [];
  const { store } = await serving({ part: { foreign: true, partitions: 1 }, whole: { foreign: true } }, (text) =>
    notices.push(text),
  );
  const gap = "1 of its 3 partitions are loaded, and only those are read";
  const { collections } = await listCollections(store);
  expect(collections.map(({ overview }) => overview.gap)).toEqual([gap, null]);
  for (const { collection } of collections) {
    await collection.search({ mode: "dense", text: "", vector: new Float32Array([1, 0]), limit: 1, filters: [] });
  }
  expect(notices).toEqual([`collection part: ${gap}`]);
});

it("a list fails where the server goes away", async () => {
  const { store, standIn } = await serving({ docs: {} });
  await store.list();
  standIn.close();
  await expect(listCollections(store)).rejects.toMatchObject({ code: "milvus-unreachable" });
});
