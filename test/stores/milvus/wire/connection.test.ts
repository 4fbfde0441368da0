import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createFilter } from "../../../../src/filters/parse.ts";
import { configSchema, type ConfigInput } from "../../../../src/config/schema.ts";
import { openStore } from "../../../../src/stores/index.ts";
import {
  type ConnectionOptions,
  type MilvusConnection,
  connectMilvus,
} from "../../../../src/stores/milvus/wire/connection.ts";
import type { NewManifest, Store } from "../../../../src/stores/types.ts";
import { documentChunks } from "../../../fixtures/chunks.ts";
import type { CollectionSchema } from "../../../../src/stores/milvus/wire/protocol.ts";
import { type Answers, type StandIn, decodeSchema, startStandIn } from "../../../fixtures/milvus-server.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function store(
  uri: string,
  milvus: NonNullable<ConfigInput["milvus"]> = {},
  onNotice: (text: string) => void = () => {},
): Promise<Store> {
  const config = configSchema.parse({ milvus: { uri, timeoutMs: 2_000, token: "root:Secret", ...milvus } });
  const environment = {
    variables: {},
    projectRoot: "/",
    workingDirectory: "/",
    configFile: null,
    configIsTrusted: true,
  };
  const opened = await openStore(config, environment, { onNotice });
  open.push(() => opened.close());
  return opened;
}

async function standIn(answers: Answers): Promise<StandIn> {
  const started = await startStandIn(answers);
  open.push(() => started.close());
  return started;
}

const refusal = (code: number, reason: string): Record<string, unknown> => ({ status: { code, reason } });

describe("a server that cannot be used", () => {
  it("is named with the address and without the token, where nothing listens", async () => {
    const port = await listen(createServer());
    await open.pop()?.();
    const error: unknown = await (await store(`http://root:Hidden@127.0.0.1:${port}`)).list().catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "milvus-unreachable", exitCode: 4 });
    expect(String(error)).toContain(`http://127.0.0.1:${port}`);
    expect(String(error)).not.toMatch(/Hidden|Secret/);
  });

  it("is told from a Milvus, where a web server answers", async () => {
    const port = await listen(createHttpServer((_, response) => response.end("hello")));
    await expect((await store(`127.0.0.1:${port}`)).list()).rejects.toMatchObject({ code: "milvus-not-milvus" });
    await expect((await store(`https://127.0.0.1:${port}`)).list()).rejects.toMatchObject({
      code: "milvus-tls",
      message: expect.stringContaining("does not speak TLS") as string,
    });
  });

  it("is told from a Milvus, where another gRPC service answers", async () => {
    const { address } = await standIn({});
    const opened = await store(address);
    await expect(opened.list()).rejects.toMatchObject({ code: "milvus-unimplemented", exitCode: 4 });
    await expect(opened.create("docs", textOnly)).rejects.toMatchObject({ code: "milvus-not-milvus" });
  });

  it("is waited for as long as the timeout says, where it hangs", async () => {
    const port = await listen(createServer(() => {}));
    await expect((await store(`127.0.0.1:${port}`, { timeoutMs: 300 })).list()).rejects.toMatchObject({
      code: "milvus-timeout",
      message: expect.stringContaining("0.3 s") as string,
    });
  });

  it("is named with a hint at TLS, where it hangs up", async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    await expect((await store(`127.0.0.1:${port}`)).list()).rejects.toMatchObject({
      code: "milvus-connection",
      hint: expect.stringContaining("https://") as string,
    });
  });

  it("is named, where its host does not exist", async () => {
    await expect((await store("http://no-such-host.invalid")).list()).rejects.toMatchObject({
      code: "milvus-unreachable",
    });
  });

  it("is not asked, where a file of TLS is missing", async () => {
    const opened = await store("https://127.0.0.1:1", { tls: { caFile: "no-such-file.pem" } });
    await expect(opened.list()).rejects.toMatchObject({ code: "tls-file", exitCode: 2 });
  });
});

describe("what a server refuses", () => {
  it.each([
    ["a wrong token", () => ({ grpc: 16, details: "auth check failure" }), "milvus-token"],
    ["what the user may not do", () => ({ grpc: 7, details: "PrivilegeShowCollections" }), "milvus-permission"],
    ["a database that is not there", () => refusal(800, "database not found[database=nowhere]"), "milvus-database"],
    ["more than the quota", () => refusal(9, "quota exceeded: memory"), "milvus-quota"],
    ["what it has no code for", () => refusal(65535, "something else"), "milvus-refused"],
    ["in the codes of an old server", () => ({ status: { error_code: 1, reason: "old" } }), "milvus-refused"],
    [
      "what Milvus Lite gives a server's number for not being ready",
      () => refusal(1, "no such field"),
      "milvus-refused",
    ],
    ["a caller it does not know", () => refusal(1400, "invalid user: not authenticated"), "milvus-token"],
    ["a caller who may not", () => refusal(1401, "only root: privilege not permitted"), "milvus-permission"],
    [
      "one collection too many",
      () => refusal(102, "exceeded the limit number of collections[limit=5]"),
      "milvus-quota",
    ],
    ["a full disk", () => refusal(7, "disk limit exceeded[predict=2][limit=1]"), "milvus-quota"],
    ["what names a database in passing", () => refusal(1600, "alias not found[database=a][alias=b]"), "milvus-refused"],
  ])("is translated: %s", async (_, answer, code) => {
    const { address } = await standIn({ ShowCollections: answer });
    const error: unknown = await (await store(address, { database: "nowhere" })).list().catch((e: unknown) => e);
    expect(error).toMatchObject({ code, exitCode: 4 });
    expect(String(error)).toContain(address);
  });

  it.each([
    ["that is wrong", "me:guess", "does not accept the token", "check"],
    ["that is missing", "", "wants a token, and none is configured", "MILVUS_TOKEN"],
  ])("for want of a token tells one %s", async (_, token, message, hint) => {
    for (const answer of [{ grpc: 16, details: "auth check failure" }, refusal(1400, "not authenticated")]) {
      const { address } = await standIn({ ShowCollections: () => answer });
      await expect((await store(address, { token })).list()).rejects.toMatchObject({
        code: "milvus-token",
        message: expect.stringContaining(message) as string,
        hint: expect.stringContaining(hint) as string,
      });
    }
  });

  it("of rows and questions is translated in the words of both", async () => {
    const { answers } = emptyServer("v2.6.0");
    let status = {};
    const refuses = () => ({ status });
    const { address } = await standIn({ ...answers, Search: refuses, Upsert: refuses, Query: refuses });
    const collection = await (await store(address)).create("docs", withVectors);
    const vector = new Float32Array([1, 0]);
    const dense = () => collection.search({ mode: "dense", text: "", vector, limit: 1, filters: [] });
    const write = () => collection.upsert(documentChunks("a.md", ["x"], { vectors: [vector] }));
    const cases: [() => Promise<unknown>, number, string, string][] = [
      [dense, 100, "failed to search: collection not found[database=default][collection=docs]", "collection-not-found"],
      [dense, 800, "database not found[database=nowhere]", "milvus-database"],
      [dense, 65_535, "vector dimension mismatch, expected vector size(byte) 16, actual 8.", "milvus-dimensions"],
      [dense, 2000, "Operator::GetOutput failed: segcore error[segcoreCode=2037]", "milvus-refused"],
      [dense, 1100, "failed to create query plan: cannot parse expression: invalid parameter", "milvus-refused"],
      [write, 1100, "the length(2) of float data should divide the dim(4): invalid parameter", "milvus-dimensions"],
      [
        write,
        1100,
        "the dim (2) of field data(vector) is not equal to schema dim (4)[expected=4]",
        "milvus-dimensions",
      ],
      [write, 1804, "fail to deal the insert data", "milvus-refused"],
      [write, 9, "quota exceeded[reason=memory quota exceeded, please allocate more resources]", "milvus-quota"],
      [write, 1303, "deny to write the message to mq", "milvus-refused"],
    ];
    for (const [operation, code, reason, expected] of cases) {
      status = { code, error_code: 1, reason };
      const error: unknown = await operation().catch((e: unknown) => e);
      const said = code === 800 ? "there is no database" : reason.replace(/\.$/, "");
      expect(error, reason).toMatchObject({
        code: expected,
        exitCode: 4,
        message: expect.stringContaining(said) as string,
      });
    }
  });

  it("before there is a collection is no matter of its vectors", async () => {
    const { answers } = emptyServer("v2.6.0", () => ({
      code: 65_535,
      reason: "invalid dimension: 40000 of field vector. float vector dimension should be in range 2 ~ 32768",
    }));
    const { address } = await standIn(answers);
    await expect((await store(address)).create("docs", withVectors)).rejects.toMatchObject({
      code: "milvus-refused",
      message: expect.stringContaining("in range 2 ~ 32768") as string,
    });
  });

  it("because it still starts is asked for again", async () => {
    const starting = {
      status: { code: 1, error_code: 1, retriable: true, reason: "service not ready[proxy=1: Initializing]" },
    };
    let asked = 0;
    const { address } = await standIn({
      ShowCollections: () => (++asked < 2 ? starting : { status: {}, collection_names: ["a"] }),
    });
    expect(await (await store(address)).list()).toEqual(["a"]);
  });

  it("because a row went away in between is asked for again", async () => {
    const { answers } = emptyServer("v2.6.0");
    const missed = { status: { code: 2200, error_code: 1, retriable: true, reason: "inconsistent requery result" } };
    let asked = 0;
    const { address } = await standIn({
      ...answers,
      Query: inEnglish,
      Search: () => (++asked < 2 ? missed : { status: {}, results: { scores: [], topks: [0] } }),
    });
    const collection = await (await store(address)).create("docs", withVectors);
    const request = { mode: "hybrid", text: "x", vector: new Float32Array([1, 0]), limit: 1 } as const;
    expect(await collection.search({ ...request, filters: [] })).toEqual([]);
  });

  it.each([
    ["a start that does not end", { code: 2, error_code: 1, retriable: true, reason: "no proxy" }, "milvus-not-ready"],
    [
      "a limit that stays",
      { code: 8, error_code: 49, retriable: true, reason: "rate limit exceeded[rate=1]" },
      "milvus-quota",
    ],
  ])("is given up in the end: %s", async (_, status, code) => {
    let asked = 0;
    const { address } = await standIn({
      ShowCollections: () => {
        asked++;
        return { status };
      },
    });
    const connection = connectMilvus({
      endpoint: async () => ({ target: address.replace("http://", ""), authorization: null }),
      revives: false,
      tls: null,
      database: null,
      timeoutMs: 2_000,
      location: address,
      backoffMs: 1,
    });
    open.push(() => connection.close());
    await expect(connection.call("ShowCollections", {})).rejects.toMatchObject({ code, exitCode: 4 });
    expect(asked).toBe(7);
  });

  it("for now is asked for again", async () => {
    let refused = 0;
    const { address, calls } = await standIn({
      ShowCollections: () =>
        ++refused < 3 ? refusal(8, "rate limit exceeded[rate=0.1]") : { status: {}, collection_names: ["b", "a"] },
    });
    expect(await (await store(address)).list()).toEqual(["a", "b"]);
    expect(calls).toEqual(["ShowCollections", "ShowCollections", "ShowCollections"]);
  });
});

describe("a connection that breaks", () => {
  it("under several calls at once is made again, and every call is answered", async () => {
    const { address } = await standIn({ ShowCollections: () => ({ status: {}, collection_names: ["a"] }) });
    let connections = 0;
    const port = await listen(
      createServer((socket) => {
        connections++;
        if (connections <= 2) return void socket.once("data", () => setTimeout(() => socket.destroy(), 20));
        const onward = connect(Number(new URL(address).port), "127.0.0.1");
        onward.on("error", () => {});
        socket.on("error", () => {});
        socket.pipe(onward).pipe(socket);
      }),
    );
    const connection = connectMilvus({
      endpoint: async () => ({ target: `127.0.0.1:${port}`, authorization: null }),
      revives: true,
      tls: null,
      database: null,
      timeoutMs: 5_000,
      location: "here",
    });
    open.push(() => connection.close());
    const calls = Array.from({ length: 10 }, () => connection.call("ShowCollections", {}));
    for (const answer of await Promise.all(calls)) expect(answer.collection_names).toEqual(["a"]);
  });

  /** What lies between this machine and a server; it can fall silent, be gone, and be back. */
  async function proxyTo(address: string) {
    const target = Number(new URL(address).port);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const onward = connect(target, "127.0.0.1");
      for (const end of [socket, onward]) {
        sockets.add(end);
        end.on("error", () => {});
      }
      socket.pipe(onward).pipe(socket);
    });
    const port = await listen(server);
    return {
      target: `127.0.0.1:${port}`,
      /** As a router does that forgot the connection: nothing is passed on, and nobody is told. */
      fallSilent: () => sockets.forEach((socket) => socket.unpipe().pause()),
      leave() {
        server.close();
        sockets.forEach((socket) => socket.destroy());
      },
      comeBack: () => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve)),
    };
  }

  const written: Answers = {
    ShowCollections: () => ({ status: {}, collection_names: ["a"] }),
    Upsert: () => ({ status: {}, upsert_cnt: 1 }),
    Delete: () => ({ status: {}, delete_cnt: 1 }),
  };
  const removal = { collection_name: "docs", expr: "ord > 0", expr_template_values: {} };
  const rows = { collection_name: "docs", fields_data: [], num_rows: 1 };

  function connectedThrough(target: string, options: Partial<ConnectionOptions>): MilvusConnection {
    const connection = connectMilvus({
      endpoint: async () => ({ target, authorization: null }),
      revives: false,
      tls: null,
      database: null,
      timeoutMs: 2_000,
      location: "here",
      ...options,
    });
    open.push(() => connection.close());
    return connection;
  }

  it("without a word, while nothing was asked, keeps no write waiting for its whole time", async () => {
    const proxy = await proxyTo((await standIn(written)).address);
    const connection = connectedThrough(proxy.target, {
      keepalive: { everyMs: 200, answerMs: 200 },
      patienceMs: 20_000,
      backoffMs: 10,
    });
    await connection.call("ShowCollections", {});
    proxy.fallSilent();
    // Far longer than this test may take: only a connection that is asked whether it lives is made again in time.
    const answer = connection.call("Upsert", rows, { timeoutMs: 300_000 });
    await expect(answer).resolves.toMatchObject({ upsert_cnt: expect.anything() as unknown });
  }, 60_000);

  it.each([["Delete", removal] as const, ["Upsert", rows] as const])(
    "while a proxy restarts is waited for by %s",
    async (name, request) => {
      const { address, calls } = await standIn(written);
      const proxy = await proxyTo(address);
      const connection = connectedThrough(proxy.target, {
        patienceMs: 60_000,
        backoffMs: 50,
      });
      await connection.call("ShowCollections", {});
      proxy.leave();
      const answer = connection.call(name, request as never);
      setTimeout(() => void proxy.comeBack(), 3_000);
      await answer;
      expect(calls).toEqual(["ShowCollections", name]);
    },
    60_000,
  );

  it("and stays away is given up when the patience ends, or the connection is closed", async () => {
    const proxy = await proxyTo((await standIn(written)).address);
    const connections = [300, 600_000].map((patienceMs) =>
      connectedThrough(proxy.target, {
        patienceMs,
        backoffMs: 20,
      }),
    );
    for (const connection of connections) await connection.call("ShowCollections", {});
    proxy.leave();
    const [hasty, patient] = connections.map((connection) => connection.call("Delete", removal));
    await expect(hasty).rejects.toMatchObject({ code: "milvus-unreachable" });
    for (const connection of connections) connection.close();
    await expect(patient).rejects.toThrow(/abort/i);
  });
});

const textOnly: NewManifest = {
  embedding: null,
  metric: "cosine",
  chunking: {},
  toolVersion: "0.0.0-test",
  createdAt: "2026-01-02T03:04:05.000Z",
};
const withVectors: NewManifest = {
  ...textOnly,
  embedding: { provider: "test", model: "tiny", dimensions: 2, queryPrefix: "", documentPrefix: "" },
};

/** Answers for the languages of the documents: all are in English. */
function inEnglish({ expr, output_fields: fields }: Record<string, unknown>): Record<string, unknown> {
  if (String(fields) !== "language") return { status: {}, fields_data: [] };
  const column = { type: 21, field_name: "language", scalars: { string_data: { data: ["en"] } } };
  return { status: {}, fields_data: String(expr).includes(`"en"`) ? [] : [column] };
}

/** A server of some version that keeps no rows: enough to make a collection in. */
function emptyServer(version: string, refuses: (schema: Buffer) => Record<string, unknown> | null = () => null) {
  let schema: Buffer | null = null;
  let properties: unknown = [];
  const requests: Record<string, unknown>[] = [];
  const answers: Answers = {
    Connect: () => ({ status: {}, server_info: { build_tags: version } }),
    DescribeCollection: () =>
      schema === null
        ? refusal(100, "collection not found")
        : { status: {}, collection_name: "docs", properties, schema: decodeSchema(schema) },
    CreateCollection: (request) => {
      requests.push(request);
      const refused = refuses(request["schema"] as Buffer);
      if (refused !== null) return refused;
      schema = request["schema"] as Buffer;
      properties = request["properties"];
      return {};
    },
    DescribeIndex: () => refusal(700, "index not found[collection=docs]"),
    CreateIndex: (request) => {
      requests.push(request);
      return {};
    },
    LoadCollection: () => ({}),
    GetLoadState: () => ({ status: {}, state: 3 }),
  };
  return { answers, requests };
}

describe("a server without BM25", () => {
  it("serves vectors, and says which version text needs", async () => {
    const { answers } = emptyServer("v2.4.15");
    const { address } = await standIn(answers);
    const collection = await (await store(address)).create("docs", withVectors);
    expect(collection.modes).toEqual(["dense"]);
    expect(collection.manifest.analyzer).toBe("none");
    await expect(
      collection.search({ mode: "text", text: "x", vector: null, limit: 1, filters: [] }),
    ).rejects.toMatchObject({ code: "no-text-index", hint: expect.stringContaining("2.5") as string });
  });

  it("says at once that a new collection is searched by vectors alone", async () => {
    const { address } = await standIn(emptyServer("v2.3.5-lite").answers);
    const notices: string[] = [];
    await (await store(address, {}, (text) => notices.push(text))).create("docs", withVectors);
    expect(notices).toEqual([
      "Milvus 2.3.5-lite has no BM25, which Milvus 2.5 brought: docs is searched by vectors alone",
    ]);
  });

  it.each([
    ["v2.3.5-lite", "Trie"],
    ["v2.4.15", "INVERTED"],
    ["Zilliz Cloud Vector Database(Compatible with Milvus 2.6)", "INVERTED"],
  ])("%s indexes documents by a kind of index that it has: %s", async (version, type) => {
    const { answers, requests } = emptyServer(version);
    const { address } = await standIn(answers);
    await (await store(address)).create("docs", withVectors);
    const index = requests.find(({ field_name: field }) => field === "doc_id");
    expect(index?.["extra_params"]).toContainEqual({ key: "index_type", value: type });
  });

  it("makes no collection that nothing could be found in", async () => {
    const { address, calls } = await standIn(emptyServer("v2.4.15").answers);
    await expect((await store(address)).create("docs", textOnly)).rejects.toMatchObject({
      code: "no-text-index",
      hint: expect.stringMatching(/2\.5 or later.*configure `embedding`, and ingest/) as string,
    });
    expect(calls).not.toContain("CreateCollection");
  });
});

describe("a new collection on a server", () => {
  it.each(["v2.6.4", "2.5.11", "Zilliz Cloud Vector Database(Compatible with Milvus 2.5)", "v2.5.4", "unheard-of"])(
    "of version %s is searched by terms that it only parts at white space",
    async (version) => {
      let made: Buffer | null = null;
      const { answers, requests } = emptyServer(version, (schema) => {
        made = schema;
        return null;
      });
      const { address } = await standIn(answers);
      const collection = await (await store(address)).create("docs", withVectors);
      expect(collection.modes).toEqual(["hybrid", "dense", "text"]);
      expect(collection.manifest.analyzer).toBe("multilingual");
      const { fields } = decodeSchema(made!) as Pick<CollectionSchema, "fields">;
      const analyzed = fields.filter((field) => (field.type_params ?? []).some(({ key }) => key === "enable_analyzer"));
      expect(analyzed.map(({ name }) => name)).toEqual(["terms"]);
      expect(analyzed[0]?.type_params).toContainEqual({ key: "analyzer_params", value: `{"tokenizer":"whitespace"}` });
      expect(requests[0]).toMatchObject({ consistency_level: 0 });
      expect(requests.slice(1).map((request) => request["field_name"])).toEqual(["vector", "sparse", "doc_id"]);
    },
  );

  it("is gone again, where it cannot be indexed", async () => {
    const { answers } = emptyServer("v2.6.0");
    const { address, calls } = await standIn({
      ...answers,
      CreateIndex: () => ({ code: 1100, reason: "invalid index type" }),
      DropCollection: () => ({}),
    });
    await expect((await store(address)).create("docs", textOnly)).rejects.toMatchObject({ code: "milvus-refused" });
    expect(calls.at(-1)).toBe("DropCollection");
  });

  it("carries the token and the database on every call", async () => {
    const seen: (string | undefined)[][] = [];
    const { address } = await standIn({
      ShowCollections: (_, metadata) => {
        seen.push([metadata.get("authorization"), metadata.get("dbname")]);
        return { status: {}, collection_names: [] };
      },
    });
    await (await store(address, { database: "team" })).list();
    await (await store(`${address.replace("//", "//me:mine@")}/other`, { token: "" })).list();
    expect(seen).toEqual([
      [Buffer.from("root:Secret").toString("base64"), "team"],
      [Buffer.from("me:mine").toString("base64"), "other"],
    ]);
  });
});

describe("a collection on a server", () => {
  it("is listed whole, however many documents it has", async () => {
    const documents = 40_000;
    const ids = Array.from({ length: documents }, (_, i) => i.toString(16).padStart(32, "0"));
    const { answers } = emptyServer("v2.6.0");
    const column = (name: string, data: string[]) => ({
      type: 21,
      field_name: name,
      scalars: { string_data: { data } },
    });
    const numbers = (name: string, data: number[]) => ({ type: 5, field_name: name, scalars: { long_data: { data } } });
    const { address } = await standIn({
      ...answers,
      // As a server does it: at most 16,384 rows, ordered by key.
      Query: (request) => {
        const after = /id > "([0-9a-f]*)"/.exec(String(request["expr"]))?.[1] ?? "";
        const limit = Number((request["query_params"] as { key: string; value: string }[])[0]?.value);
        if (!(limit <= 16_384)) return refusal(1100, "invalid max query result window");
        const start = after === "" ? 0 : ids.indexOf(after) + 1;
        const page = ids.slice(start, start + limit);
        const texts = ["id", "doc_id", "source", "title", "doc_hash"].map((name) => column(name, page));
        const integers = ["doc_chunks", "updated_at"].map((name) =>
          numbers(
            name,
            page.map(() => 1),
          ),
        );
        return { status: {}, fields_data: [...texts, ...integers] };
      },
    });
    const collection = await (await store(address, { timeoutMs: 60_000 })).create("docs", withVectors);
    const found = await collection.documents();
    expect(new Set(found.map(({ docId }) => docId)).size).toBe(documents);
    expect(found).toHaveLength(documents);
  });

  it("is loaded before it is read, where the server has released it", async () => {
    let loaded = false;
    const { answers } = emptyServer("v2.6.0");
    const { address, calls } = await standIn({
      ...answers,
      LoadCollection: () => {
        loaded = true;
        return {};
      },
      Query: () => (loaded ? { status: {}, fields_data: [] } : refusal(101, "collection not loaded")),
    });
    const collection = await (await store(address)).create("docs", withVectors);
    loaded = false;
    expect(await collection.documents()).toEqual([]);
    expect(calls.slice(-4)).toEqual(["Query", "LoadCollection", "GetLoadState", "Query"]);
  });

  it.each([
    ["v2.6.0", "beside", "(title == {v0})", { v0: { string_val: `" or 1==1 or "` } }],
    ["v2.5.1", "inside", String.raw`(title == "\" or 1==1 or \"")`, {}],
  ])("of version %s is searched with the values %s the expression", async (version, _, dsl, values) => {
    const seen: Record<string, unknown>[] = [];
    const { answers } = emptyServer(version);
    const { address } = await standIn({
      ...answers,
      // More rows than are compared outside the server.
      Query: (request) =>
        (request["output_fields"] as string[]).includes("count(*)")
          ? {
              status: {},
              fields_data: [{ type: 5, field_name: "count(*)", scalars: { long_data: { data: [50_000_000] } } }],
            }
          : inEnglish(request),
      Search: (request) => {
        seen.push(request);
        return { status: {}, results: { scores: [], topks: [0] } };
      },
    });
    const collection = await (await store(address)).create("docs", withVectors);
    const hits = await collection.search({
      mode: "hybrid",
      text: "storage",
      vector: new Float32Array([1, 0]),
      limit: 3,
      filters: [createFilter("title", "=", `" or 1==1 or "`)],
    });
    expect(hits).toEqual([]);
    expect(seen).toHaveLength(2);
    for (const request of seen) {
      expect(request["dsl"]).toBe(dsl);
      expect(request["expr_template_values"]).toEqual(values);
    }
  });

  it("takes no metadata that the server would refuse with all the rows of its request", async () => {
    const { address, calls } = await standIn(emptyServer("v2.6.0").answers);
    const collection = await (await store(address)).create("docs", textOnly);
    const rows = documentChunks("notes/long.md", ["x"], { metadata: { note: "é".repeat(32_800) } });
    await expect(collection.upsert(rows)).rejects.toMatchObject({
      code: "too-long",
      message: expect.stringMatching(/notes\/long\.md: its metadata takes 65611 bytes/) as string,
    });
    expect(calls).not.toContain("Upsert");
  });

  it("says before a write what it cannot hold, for the metadata and for every text", async () => {
    const opened = await store("127.0.0.1:1");
    const refusals = [
      documentChunks("long.md", ["x"], { metadata: { note: "é".repeat(32_800) } }),
      documentChunks("long.md", ["é".repeat(32_768)], {}),
      documentChunks(`${"é/".repeat(3_000)}.md`, ["x"], {}),
      documentChunks("fits.md", ["é".repeat(32_767)], {
        metadata: { note: "é".repeat(32_700) },
        title: "t".repeat(9_000),
      }),
    ].map(([chunk]) => opened.refusalOf(chunk!));
    expect(refusals).toEqual([
      "its metadata takes 65611 bytes; Milvus takes 65536",
      "its text is longer than the 65535 bytes that Milvus takes; lower `chunking.maxChars`",
      "its source is longer than the 8192 bytes that Milvus takes",
      null,
    ]);
  });
});

describe("a collection whose maker was killed before its indexes were made", () => {
  it("gets them when it is first needed", async () => {
    const { answers, requests } = emptyServer("v2.6.0");
    const { address: before } = await standIn(answers);
    await (await store(before)).create("docs", withVectors);

    const wanted = requests.flatMap(({ field_name: field }) => (typeof field === "string" ? [field] : []));
    const made: string[] = [];
    const { address } = await standIn({
      ...answers,
      DescribeIndex: () =>
        made.length === 0
          ? refusal(700, "index not found[collection=docs]")
          : { status: {}, index_descriptions: made.map((field) => ({ field_name: field, index_name: field })) },
      CreateIndex: ({ field_name: field }) => {
        made.push(String(field));
        return {};
      },
      LoadCollection: () =>
        made.length === wanted.length ? {} : { code: 700, reason: "index not found[collection=docs]" },
      Search: () =>
        made.length === wanted.length
          ? { status: {}, results: { scores: [], topks: [0] } }
          : refusal(101, "collection not loaded[collection=docs]"),
    });
    const collection = await (await store(address)).open("docs");
    const vector = new Float32Array([1, 0]);
    expect(await collection!.search({ mode: "dense", text: "", vector, limit: 1, filters: [] })).toEqual([]);
    expect(made.length).toBeGreaterThan(1);
    expect(made).toEqual(wanted);
  });
});

describe("a collection that another program made, on a server", () => {
  it("is read whole by keys that no number holds, each row once", async () => {
    const keys = Array.from({ length: 7 }, (_, index) => 449_927_123_456_789_013n + BigInt(index));
    const schema = {
      name: "theirs",
      fields: [
        { name: "pk", data_type: 5, is_primary_key: true, autoID: true },
        { name: "text", data_type: 21 },
        { name: "other", data_type: 5 },
        { name: "vec", data_type: 101, type_params: [{ key: "dim", value: "2" }] },
      ],
    };
    const long = (name: string, data: bigint[]) => ({
      type: 5,
      field_name: name,
      scalars: { long_data: { data: data.map(String) } },
    });
    const { address } = await standIn({
      Connect: () => ({ status: {}, server_info: { build_tags: "v2.6.0" } }),
      DescribeCollection: () => ({ status: {}, collection_name: "theirs", schema }),
      DescribeIndex: () => refusal(700, "index not found[collection=theirs]"),
      // A page may end before its limit.
      Query: (request) => {
        const after = BigInt(/pk > (\d+)/.exec(String(request["expr"]))?.[1] ?? 0);
        const page = keys.filter((key) => key > after).slice(0, 3);
        const texts = {
          type: 21,
          field_name: "text",
          scalars: { string_data: { data: page.map((key) => `of ${key}`) } },
        };
        return { status: {}, fields_data: page.length === 0 ? [] : [long("pk", page), texts, long("other", page)] };
      },
      Search: () => ({
        status: {},
        results: {
          scores: [1],
          topks: [1],
          ids: { int_id: { data: [String(keys[0])] } },
          fields_data: [long("other", keys.slice(0, 1))],
        },
      }),
    });
    const theirs = await (await store(address)).open("theirs");
    const documents = (await theirs?.documents()) ?? [];
    expect(documents.map(({ source }) => source)).toEqual(keys.map(String));
    const request = { mode: "dense", text: "", vector: new Float32Array([1, 0]), limit: 1 } as const;
    const [hit] = (await theirs?.search({ ...request, filters: [] })) ?? [];
    expect(hit?.chunk).toMatchObject({ id: "449927123456789013", metadata: { other: "449927123456789013" } });
  });
});
