import { hostname } from "node:os";
import type { ChannelOptions } from "@grpc/grpc-js";
import { type ConsistencyLevelEnum, MilvusClient } from "@zilliz/milvus2-sdk-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFilter } from "../../../../src/filters/parse.ts";
import { configSchema, type ConfigInput } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import { channelOptions } from "../../../../src/stores/milvus/wire/channel.ts";
import type { Collection, NewManifest, Store, StoreUse } from "../../../../src/stores/types.ts";
import type { Filter, Metadata, StoredChunk } from "../../../../src/types.ts";
import { loadAnalyzer } from "../../../../src/text/analysis/analyzer.ts";
import { analyzeQuery } from "../../../../src/text/analysis/query.ts";
import { documentChunks } from "../../../fixtures/chunks.ts";
import {
  type Answers,
  type ReceivedCall,
  type StandIn,
  decodeSchema,
  startStandIn,
} from "../../../fixtures/milvus-server.ts";

/**
 * What this tool sends is held against what the SDK's own client sends for the same operation, field by field. A
 * difference is either gone or named here with its reason.
 */

const NAME = "docs";
/** As text: the SDK takes its own `ConsistencyLevelEnum.Strong`, which is 0, for none. */
const STRONG = "Strong" as unknown as ConsistencyLevelEnum;
const metadata: Metadata = { tags: ["a", "ü"], year: 2026, draft: false, quote: `" or 1==1 or "\n漢字😀` };
const vectors = [new Float32Array([0.6, 0.8]), new Float32Array([-1, 0.1])];
const chunks: StoredChunk[] = [
  ...documentChunks("guide/日本語 – ünï.md", ["Where is data stored? 😀", "In object storage."], {
    vectors,
    metadata,
    context: "Guide › Store\n",
    page: 3,
    updatedAt: 9_007_199_254_740_991,
  }),
  ...documentChunks("b.md", ["Nothing known of it."], { vectors, startLine: null, endLine: null, title: "" }),
];
const question = { text: `Wo? "どこ" 😀`, vector: new Float32Array([0.1, -0.2]) };
const filters: Filter[] = [createFilter("source", "!=", `x" or "1"=="1`), createFilter("page", ">=", "2")];
const filter = { expr: "(source != {v0}) and (page >= 0 and page >= 2)", values: { v0: `x" or "1"=="1` } };
const manifest: NewManifest = {
  embedding: { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" },
  metric: "cosine",
  chunking: {},
  toolVersion: "0.0.0-test",
  createdAt: "2026-01-02T03:04:05.000Z",
};

/** Answers to queries, by the fields that these ask for. */
const answers: Record<string, (expression: string) => unknown[]> = {
  // More rows meet a filter than are compared outside the server.
  "count(*)": (expression) => [
    { type: 5, field_name: "count(*)", scalars: { long_data: { data: [expression === "" ? 3 : 50_000_000] } } },
  ],
  // All rows are in English.
  language: (expression) =>
    expression.includes(`"en"`)
      ? []
      : [{ type: 21, field_name: "language", scalars: { string_data: { data: ["en"] } } }],
};

/** A server that has one collection, once it is made, and in it the rows above. */
function library(): Answers {
  let made: Record<string, unknown> | null = null;
  const done = (): Record<string, unknown> => ({});
  const absent = { status: { code: 100, error_code: 4, reason: "collection not found[collection=docs]" } };
  const changed = { status: {}, delete_cnt: 1 };
  return {
    Connect: () => ({ status: {}, identifier: 7, server_info: { build_tags: "v2.6.4" } }),
    CreateCollection: (request) => {
      made = {
        status: {},
        collection_name: NAME,
        schema: decodeSchema(request["schema"] as Buffer),
        properties: request["properties"],
        update_timestamp: 461_000_000_000_000_001n.toString(),
      };
      return {};
    },
    DescribeCollection: () => made ?? absent,
    HasCollection: () => ({ status: {}, value: made !== null }),
    ShowCollections: () => ({ status: {}, collection_names: [NAME] }),
    DropCollection: done,
    CreateIndex: done,
    DescribeIndex: () => ({ status: {}, index_descriptions: [] }),
    LoadCollection: done,
    GetLoadState: () => ({ status: {}, state: 3 }),
    GetLoadingProgress: () => ({ status: {}, progress: 100 }),
    Upsert: () => changed,
    Delete: () => changed,
    Query: (request) => ({
      status: {},
      fields_data: answers[String(request["output_fields"])]?.(String(request["expr"])) ?? [],
    }),
    Search: () => ({ status: {}, results: { scores: [], topks: [0], ids: { str_id: { data: [] } } } }),
  };
}

/** Calls of one operation. */
type Log = (operation: () => Promise<unknown>) => Promise<ReceivedCall[]>;

function logOf({ received }: StandIn): Log {
  return async (operation) => {
    received.length = 0;
    await operation();
    return [...received];
  };
}

/** Lists of keys and values have no order, and what stands in them as JSON is compared as such. */
function flat(value: unknown, path = ""): [string, unknown][] {
  if (Array.isArray(value)) {
    const isPairs =
      value.length > 0 && value.every((item) => typeof item === "object" && item !== null && "key" in item);
    // The order of the fields that are asked for means nothing either.
    if (path.endsWith("output_fields")) return [[path, value.map(String).toSorted().join(" ")]];
    if (!isPairs) return value.flatMap((item, index) => flat(item, `${path}[${index}]`));
    return (value as { key: string; value: string }[]).flatMap((pair) =>
      flat(parsed(pair.value), `${path}.${pair.key}`),
    );
  }
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, item]) => flat(item, path === "" ? key : `${path}.${key}`));
}

function parsed(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  return JSON.parse(text);
}

/** Path → what the SDK sends and what this tool sends, where they are not the same. */
function differences(
  sdk: ReceivedCall | undefined,
  ours: ReceivedCall | undefined,
): Record<string, [unknown, unknown]> {
  expect(ours?.name).toBe(sdk?.name);
  return differing(sdk?.request, ours?.request);
}

function differing(sdk: unknown, ours: unknown): Record<string, [unknown, unknown]> {
  const theirs = new Map(flat(sdk));
  const mine = new Map(flat(ours));
  const paths = [...new Set([...theirs.keys(), ...mine.keys()])];
  return Object.fromEntries(
    paths
      .filter((path) => theirs.get(path) !== mine.get(path))
      .map((path) => [path, [theirs.get(path), mine.get(path)]]),
  );
}

let sdkServer: StandIn;
let ourServer: StandIn;
let client: MilvusClient;
let collection: Collection;
let sdk: Log;
let ours: Log;
let closeStore: () => Promise<void>;
let made: { sdk: ReceivedCall[]; ours: ReceivedCall[] };

const open = (
  address: string,
  milvus: NonNullable<ConfigInput["milvus"]> = { token: "root:Secret", database: "team" },
  use: StoreUse = "writing",
): Promise<Store> => {
  const environment = {
    variables: {},
    projectRoot: "/",
    workingDirectory: "/",
    configFile: null,
    configIsTrusted: true,
  };
  return openStore(configSchema.parse({ milvus: { uri: address, ...milvus } }), environment, { use });
};

beforeAll(async () => {
  [sdkServer, ourServer] = await Promise.all([startStandIn(library()), startStandIn(library())]);
  [sdk, ours] = [logOf(sdkServer), logOf(ourServer)];
  const store = await open(ourServer.address);
  closeStore = () => store.close();
  const fromUs = await ours(async () => {
    collection = await store.create(NAME, manifest);
  });
  const fromSdk = await sdk(async () => {
    client = new MilvusClient({
      address: sdkServer.address,
      token: "root:Secret",
      database: "team",
      telemetry: { enabled: false },
      logLevel: "error",
    });
    await client.connectPromise;
    await createWithSdk(client);
  });
  made = { sdk: fromSdk, ours: fromUs };
});

afterAll(async () => {
  await client.closeConnection();
  await closeStore();
  sdkServer.close();
  ourServer.close();
});

/** What one of the two says and the other leaves to the server, whose default it is (`parseSearchInfo` in search_util.go). */
const searchDefaults = (prefix = ""): Record<string, [unknown, unknown]> => ({
  [`${prefix}search_params.ignore_growing`]: ["false", undefined],
  [`${prefix}search_params.offset`]: ["0", undefined],
  [`${prefix}search_params.round_decimal`]: [undefined, "-1"],
});

const text = (name: string, length: number) => ({ name, data_type: "VarChar" as const, max_length: length });

/** The collection of this tool, in the words of the SDK's documentation. */
async function createWithSdk(milvus: MilvusClient): Promise<void> {
  await milvus.createCollection({
    collection_name: NAME,
    description: JSON.stringify(collection.manifest),
    fields: [
      { ...text("id", 64), is_primary_key: true },
      text("doc_id", 64),
      text("source", 8192),
      text("text", 65_535),
      text("doc_hash", 128),
      text("title", 4096),
      text("heading", 32_768),
      text("format", 64),
      { ...text("terms", 65_535), enable_analyzer: true, analyzer_params: { tokenizer: "whitespace" } },
      text("language", 16),
      text("writer", 128),
      ...["ord", "text_start", "doc_chunks", "page", "start_line", "end_line", "updated_at"].map((name) => ({
        name,
        data_type: "Int64" as const,
      })),
      ...["metadata", "headings"].map((name) => ({ name, data_type: "JSON" as const })),
      { name: "vector", data_type: "FloatVector", dim: 2 },
      { name: "sparse", data_type: "SparseFloatVector" },
    ],
    functions: [
      { name: "bm25", type: "BM25", input_field_names: ["terms"], output_field_names: ["sparse"], params: {} },
    ],
    shards_num: 1,
    consistency_level: "Strong",
    properties: { "rag.manifest": JSON.stringify(collection.manifest) },
    index_params: [
      { field_name: "vector", index_name: "vector", index_type: "AUTOINDEX", metric_type: "COSINE", params: {} },
      {
        field_name: "sparse",
        index_name: "sparse",
        index_type: "SPARSE_INVERTED_INDEX",
        metric_type: "BM25",
        params: { bm25_k1: 1.2, bm25_b: 0.75 },
      },
      { field_name: "doc_id", index_name: "doc_id", index_type: "INVERTED", params: {} },
    ],
  });
}

const english = await loadAnalyzer("en");
const terms = (await analyzeQuery(question.text, ["en"])).join(" ");

const rows = chunks.map((chunk) => ({
  id: chunk.id,
  doc_id: chunk.docId,
  source: chunk.source,
  text: chunk.context + chunk.text,
  doc_hash: chunk.docHash,
  title: chunk.title,
  heading: chunk.heading.join(" > "),
  format: chunk.format,
  terms: english.documentTerms(chunk.context + chunk.text),
  language: chunk.language,
  writer: chunk.writer,
  ord: chunk.ordinal,
  text_start: chunk.context.length,
  doc_chunks: chunk.docChunks,
  page: chunk.page ?? -1,
  start_line: chunk.startLine ?? -1,
  end_line: chunk.endLine ?? -1,
  updated_at: chunk.updatedAt,
  metadata: chunk.metadata,
  headings: { path: chunk.heading },
  vector: [...(chunk.vector ?? [])],
}));

const outputFields = Object.keys(rows[0] as object).filter((field) => !["vector", "terms"].includes(field));

describe("a call carries", () => {
  it("the token and the database in its headers, as the SDK's do", () => {
    const headersOf = (call: ReceivedCall | undefined) =>
      ["authorization", "dbname"].map((name) => call?.headers.get(name));
    expect(headersOf(made.ours[0])).toEqual([Buffer.from("root:Secret").toString("base64"), "team"]);
    for (const call of [...made.ours, ...made.sdk]) expect(headersOf(call)).toEqual(headersOf(made.ours[0]));
  });

  it("no database where none is configured: the server takes the default one, which the SDK names", async () => {
    const [call] = await ours(async () => {
      const store = await open(ourServer.address, {});
      await store.list();
      await store.close();
    });
    expect(call?.headers.has("dbname")).toBe(false);
    expect(call?.headers.has("authorization")).toBe(false);
  });
});

describe("the request of this tool is that of the SDK", () => {
  const called = (calls: readonly ReceivedCall[], name: string) => calls.filter((call) => call.name === name);
  const first = (calls: readonly ReceivedCall[], name: string) => called(calls, name)[0];

  it("for introducing itself", () => {
    expect(differences(first(made.sdk, "Connect"), first(made.ours, "Connect"))).toEqual({
      // For the server's list of its clients; nothing depends on it.
      "client_info.sdk_type": ["nodejs", "milvus-rag"],
      "client_info.sdk_version": [expect.any(String), "1"],
      "client_info.local_time": [expect.any(String), expect.any(String)],
      "client_info.host": ["", hostname()],
    });
  });

  it("for making a collection", () => {
    expect(differences(first(made.sdk, "CreateCollection"), first(made.ours, "CreateCollection"))).toEqual({});
  });

  it("for indexing its fields", () => {
    for (const field of ["vector", "sparse", "doc_id"]) {
      const [theirs, mine] = [made.sdk, made.ours].map((calls) =>
        called(calls, "CreateIndex").find(({ request }) => request["field_name"] === field),
      );
      expect(differences(theirs, mine)).toEqual({});
    }
  });

  it("for loading it", () => {
    expect(differences(first(made.sdk, "LoadCollection"), first(made.ours, "LoadCollection"))).toEqual({});
  });

  it("for asking whether it is loaded", async () => {
    const calls = await sdk(() => client.getLoadState({ collection_name: NAME }));
    expect(differences(first(calls, "GetLoadState"), first(made.ours, "GetLoadState"))).toEqual({});
  });

  it("for describing it and its indexes", async () => {
    const theirs = await sdk(async () => {
      await client.describeCollection({ collection_name: NAME });
      await client.describeIndex({ collection_name: NAME });
    });
    const mine = await ours(() => collection.stats());
    expect(differences(first(theirs, "DescribeCollection"), first(made.ours, "DescribeCollection"))).toEqual({});
    expect(differences(first(theirs, "DescribeIndex"), first(mine, "DescribeIndex"))).toEqual({});
  });

  it("for listing collections", async () => {
    const theirs = await sdk(() => client.listCollections());
    const mine = await ours(async () => {
      const store = await open(ourServer.address);
      await store.list();
      await store.close();
    });
    expect(differences(first(theirs, "ShowCollections"), first(mine, "ShowCollections"))).toEqual({});
  });

  it("for writing rows", async () => {
    const theirs = await sdk(() => client.upsert({ collection_name: NAME, data: rows }));
    const mine = await ours(() => collection.upsert(chunks));
    expect(differences(first(theirs, "Upsert"), first(mine, "Upsert"))).toEqual({
      // Refuses rows of a schema that has changed since; that of these collections never does. 0: not checked.
      schema_timestamp: ["461000000000000001", "0"],
    });
    expect(first(mine, "Upsert")?.request).toMatchObject({ num_rows: 3 });
  });

  it("for deleting by a condition", async () => {
    const [{ docId, docHash, updatedAt }] = chunks as [StoredChunk];
    const filter = `doc_id in ["${docId}"] and doc_hash in ["${docHash}"] and updated_at <= ${updatedAt}`;
    const theirs = await sdk(() => client.deleteEntities({ collection_name: NAME, filter }));
    const mine = await ours(() => collection.deleteDocuments([{ docId, docHash, updatedAt }]));
    expect(differences(first(theirs, "Delete"), first(mine, "Delete"))).toEqual({});
  });

  it("in the options of the channel", () => {
    const { interceptors: _, ...theirs } = (client as unknown as { channelOptions: ChannelOptions }).channelOptions;
    expect(differing(theirs, channelOptions({ revives: false }))).toEqual({
      // Both are what gRPC does where nothing is said.
      "grpc.enable_retries": [1, undefined],
      "grpc.enable_http_proxy": [undefined, 1],
      // A channel that broke is replaced, and not waited for.
      "grpc.use_local_subchannel_pool": [undefined, 1],
      "grpc.initial_reconnect_backoff_ms": [undefined, 50],
    });
  });

  it.each([
    ["bounded", undefined, 2],
    ["strong", "strong", 0],
    ["eventually", "eventually", 3],
  ] as const)("for looking, with the consistency %s", async (sdkName, consistency, level) => {
    const theirs = await sdk(() =>
      client.query({
        collection_name: NAME,
        filter: "ord == 0",
        output_fields: ["id"],
        consistency_level: (sdkName[0]!.toUpperCase() + sdkName.slice(1)) as unknown as ConsistencyLevelEnum,
      }),
    );
    const server = await startStandIn(library());
    const configured = { token: "root:Secret", ...(consistency === undefined ? {} : { consistency }) };
    const logged = logOf(server);
    await (await open(server.address, configured)).create(NAME, manifest);
    for (const [use, expected] of [["looking", level] as const, ["writing", 0] as const]) {
      const store = await open(server.address, configured, use);
      const calls = await logged(async () => {
        const opened = await store.open(NAME);
        await opened?.documents();
        for (const mode of ["dense", "text", "hybrid"] as const) {
          await opened?.search({ mode, ...question, limit: 7, filters: [] });
        }
      });
      await store.close();
      const reads = calls.filter(({ name }) => /Query|Search/.test(name)).map(({ request }) => request);
      expect(reads.map((request) => request["consistency_level"])).toEqual(Array.from({ length: 8 }, () => expected));
    }
    expect(first(theirs, "Query")?.request["consistency_level"]).toEqual(level);
    server.close();
  });

  it("for reading rows", async () => {
    const theirs = await sdk(() =>
      client.query({
        collection_name: NAME,
        filter: `id > "" and (ord == 0)`,
        output_fields: ["id", "doc_id", "source", "title", "doc_hash", "doc_chunks", "updated_at"],
        limit: 16_384,
        consistency_level: STRONG,
      }),
    );
    const mine = await ours(() => collection.documents());
    expect(differences(first(theirs, "Query"), first(mine, "Query"))).toEqual({
      // The SDK's own paging goes without, and can have gaps: see `keyPage`.
      "query_params.iterator": [undefined, "true"],
    });
  });

  it("for counting rows", async () => {
    const theirs = await sdk(() => client.count({ collection_name: NAME }));
    const mine = await ours(() => collection.stats());
    const counting = called(mine, "Query").find(({ request }) => String(request["output_fields"]) === "count(*)");
    expect(differences(first(theirs, "Query"), counting)).toEqual({});
  });

  it.each(["COSINE", "IP", "L2"])("for searching vectors by %s", async (metric) => {
    const theirs = await sdk(() =>
      client.search({
        collection_name: NAME,
        data: [...question.vector],
        anns_field: "vector",
        limit: 7,
        filter: filter.expr,
        exprValues: filter.values,
        metric_type: metric,
        params: { level: 3 },
        output_fields: outputFields,
        consistency_level: STRONG,
      }),
    );
    const server = await startStandIn(library());
    const store = await open(server.address, { index: { searchParams: { level: 3 } } });
    const opened = await store.create(NAME, { ...manifest, metric: metric.toLowerCase() as "cosine" });
    const mine = await logOf(server)(() => opened.search({ mode: "dense", ...question, limit: 7, filters }));
    await store.close();
    server.close();
    expect(differences(first(theirs, "Search"), first(mine, "Search"))).toEqual({
      ...searchDefaults(),
      // The SDK writes them twice; servers read them inside `params` (`parseSearchInfo` in search_util.go).
      "search_params.level": ["3", undefined],
    });
  });

  it("for searching text", async () => {
    const theirs = await sdk(() =>
      client.search({
        collection_name: NAME,
        data: terms,
        anns_field: "sparse",
        limit: 7,
        metric_type: "BM25",
        output_fields: outputFields,
        consistency_level: STRONG,
      }),
    );
    const mine = await ours(() => collection.search({ mode: "text", ...question, limit: 7, filters: [] }));
    expect(differences(first(theirs, "Search"), first(mine, "Search"))).toEqual(searchDefaults());
  });

  it("for searching both at once: two searches, whose lists are fused here", async () => {
    const condition = { expr: filter.expr, exprValues: filter.values, limit: 100 };
    const common = { collection_name: NAME, ...condition, output_fields: outputFields, consistency_level: STRONG };
    const lists = [
      { data: [...question.vector], anns_field: "vector", metric_type: "COSINE" },
      { data: terms, anns_field: "sparse", metric_type: "BM25" },
    ];
    const mine = await ours(() => collection.search({ mode: "hybrid", ...question, limit: 7, filters }));
    const searches = mine.filter(({ name }) => name === "Search");
    expect(searches).toHaveLength(lists.length);
    // By itself, a server looks at too few neighbours in the graph.
    const depths = [{ "search_params.params.ef": [undefined, 2_000] }, {}];
    for (const [index, list] of lists.entries()) {
      const theirs = await sdk(() => client.search({ ...common, ...list }));
      expect(differences(first(theirs, "Search"), searches[index])).toEqual({ ...depths[index], ...searchDefaults() });
    }
  });

  it("for dropping it", async () => {
    const theirs = await sdk(() => client.dropCollection({ collection_name: NAME }));
    const mine = await ours(async () => {
      const store = await open(ourServer.address);
      await store.drop(NAME, { evenIfForeign: true });
      await store.close();
    });
    expect(differences(first(theirs, "DropCollection"), first(mine, "DropCollection"))).toEqual({});
  });
});
