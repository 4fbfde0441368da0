import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";

import { createOpenAIEmbedder } from "../../src/embedders/openai.ts";
import type { OpenAIEmbedderOptions } from "../../src/embedders/openai.ts";
import type { Embedder } from "../../src/embedders/types.ts";
import { ExitCode } from "../../src/errors.ts";
import { resolveEndpoint } from "../../src/models/endpoint.ts";
import { ModelError } from "../../src/models/model-error.ts";
import { apiError, dialects, faults, fakeVector, startFakeServer } from "../fakes/openai-server.ts";
import type { FakeServer, FakeServerOptions, Fault } from "../fakes/openai-server.ts";

const key = "sk-live-0123456789abcdefghij";
const model = "test-embedding";
let server: FakeServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function embedderAt(
  baseUrl: string,
  options: Partial<OpenAIEmbedderOptions> & { provider?: string; model?: string; apiKey?: string | null } = {},
): Embedder {
  const { provider = "openai", apiKey = key, ...rest } = options;
  const endpoint = resolveEndpoint({
    section: { provider, model: options.model ?? model, baseUrl, ...(apiKey === null ? {} : { apiKey }) },
    rows: {},
    environment: { variables: {}, configFile: null, configIsTrusted: true },
    purpose: "embedding",
  });
  return createOpenAIEmbedder(endpoint, {
    dimensions: null,
    collectionDimensions: null,
    queryPrefix: null,
    documentPrefix: null,
    timeoutMs: 10_000,
    ...rest,
  });
}

async function start(options: FakeServerOptions = {}, embedderOptions: Parameters<typeof embedderAt>[1] = {}) {
  server = await startFakeServer(options);
  return embedderAt(server.baseUrl, embedderOptions);
}

async function failureOf(work: Promise<unknown>): Promise<ModelError> {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof ModelError) return error;
  throw error;
}

/** Changes, or leaves out, each embedding of the good answer. */
const alter = (change: (item: Record<string, unknown>, index: number) => Record<string, unknown> | null): Fault => ({
  type: "alter",
  change: (body) => ({
    ...body,
    data: (body["data"] as Record<string, unknown>[]).map(change).filter((item) => item !== null),
  }),
});

describe("an OpenAI-compatible embedder", () => {
  it.each([false, true])("reads vectors as they were sent (lists of numbers: %s)", async (alwaysFloats) => {
    const embedder = await start({ key, embeddings: { dimensions: 24, alwaysFloats } });
    const texts = ["one", "two", "three"];
    const { vectors, tokens } = await embedder.embed(texts);
    expect(vectors.map((vector) => Array.from(vector))).toEqual(texts.map((text) => fakeVector(text, 24)));
    expect(tokens).toBe(4);
    expect(server?.requests[0]?.body).toEqual({ model, input: texts, encoding_format: "base64" });
  });

  it("does without base64 where the server refuses it, and does not ask again", async () => {
    const embedder = await start({ embeddings: { refusesFormat: true } });
    for (const text of ["one", "two"]) {
      const { vectors } = await embedder.embed([text]);
      expect(vectors.map((vector) => Array.from(vector))).toEqual([fakeVector(text, 8)]);
    }
    expect(server?.requests.map(({ body }) => body?.["encoding_format"])).toEqual(["base64", undefined, undefined]);
  });

  it("puts vectors into the order of the texts, whatever the order of the answer", async () => {
    const embedder = await start({
      fault: () => ({ type: "alter", change: (body) => ({ ...body, data: (body["data"] as unknown[]).toReversed() }) }),
    });
    const { vectors } = await embedder.embed(["a", "b", "c"]);
    expect(vectors.map((vector) => Array.from(vector))).toEqual(["a", "b", "c"].map((text) => fakeVector(text, 8)));
  });

  it("sends nothing about the machine, and nothing from the environment, but the key", async () => {
    process.env["OPENAI_CUSTOM_HEADERS"] = "x-secret: from-the-environment";
    process.env["OPENAI_ORG_ID"] = "org-of-someone";
    try {
      const embedder = await start({ key });
      await embedder.embed(["text"]);
    } finally {
      delete process.env["OPENAI_CUSTOM_HEADERS"];
      delete process.env["OPENAI_ORG_ID"];
    }
    const headers = server?.requests[0]?.headers ?? {};
    expect(headers["user-agent"]).toBe("milvus-rag");
    expect(Object.keys(headers).filter((name) => /^(x-|openai-)/.test(name))).toEqual([]);
  });

  it("sends no key where there is none", async () => {
    const embedder = await start({}, { provider: "ollama", apiKey: null });
    await embedder.embed(["text"]);
    expect(server?.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("asks once for the dimensions where they are not known", async () => {
    const embedder = await start({ embeddings: { dimensions: 48 } });
    const identities = await Promise.all([embedder.identity(), embedder.identity()]);
    expect(identities[0]).toEqual({
      provider: "openai",
      model,
      dimensions: 48,
      queryPrefix: "",
      documentPrefix: "",
    });
    expect(server?.requests).toHaveLength(1);
  });

  it("asks again for the dimensions where that failed", async () => {
    const embedder = await start({ fault: ({ index }) => (index === 0 ? faults.serverError() : null) });
    await expect(embedder.identity()).rejects.toThrow(/HTTP 500/);
    await expect(embedder.identity()).resolves.toMatchObject({ dimensions: 8 });
  });

  describe("a model of which nobody noted the dimensions, with a collection that has vectors of it", () => {
    it("is taken to make vectors of those dimensions, and not asked first", async () => {
      const embedder = await start({ embeddings: { dimensions: 48 } }, { collectionDimensions: 48 });
      await expect(embedder.identity()).resolves.toMatchObject({ dimensions: 48 });
      expect(server!.requests).toHaveLength(0);
      expect((await embedder.embed(["text"])).vectors[0]).toHaveLength(48);
      expect(server!.requests).toHaveLength(1);
    });

    it("is asked to shorten longer ones, once for all requests", async () => {
      const embedder = await start({ embeddings: { dimensions: 256 } }, { collectionDimensions: 128 });
      expect((await embedder.embed(["text"])).vectors[0]).toHaveLength(128);
      expect((await embedder.embed(["more"])).vectors[0]).toHaveLength(128);
      expect(server!.requests.map(({ body }) => (body as { dimensions?: number }).dimensions)).toEqual([
        undefined,
        128,
        128,
      ]);
    });

    it.each([
      ["cannot shorten them", { dimensions: 256, refusesDimensions: true }],
      ["makes shorter ones", { dimensions: 64 }],
    ])("is told to be another one where it %s", async (_, embeddings) => {
      const error = await failureOf((await start({ embeddings }, { collectionDimensions: 128 })).embed(["text"]));
      expect(error.hint).toBe("the collection's vectors have 128: use the model that made them, or another collection");
    });
  });

  it("knows dimensions and prefixes of listed models without asking", async () => {
    const embedder = await start({}, { provider: "fireworks", model: "nomic-ai/nomic-embed-text-v1.5" });
    await expect(embedder.identity()).resolves.toMatchObject({
      dimensions: 768,
      queryPrefix: "search_query: ",
      documentPrefix: "search_document: ",
    });
    expect(server?.requests).toHaveLength(0);
  });

  it.each([
    ["openai", "text-embedding-3-small", "dimensions"],
    ["mistral", "codestral-embed", "output_dimension"],
  ])("asks %s for shorter vectors in its own words", async (provider, name, parameter) => {
    const embedder = await start({ embeddings: { dimensions: 256 } }, { provider, model: name, dimensions: 256 });
    await expect(embedder.identity()).resolves.toMatchObject({ dimensions: 256 });
    await embedder.embed(["text"]);
    expect(server?.requests[0]?.body).toMatchObject({ [parameter]: 256 });
  });

  it("stops a request that hangs when it is told to", async () => {
    const embedder = await start({ fault: () => ({ type: "hang" }) });
    const controller = new AbortController();
    const work = embedder.embed(["text"], controller.signal);
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await expect(work).rejects.toThrow("enough");
  });
});

describe("what goes wrong with a provider", () => {
  interface Expected {
    kind: string;
    retryable: boolean;
    says: RegExp;
    hint: RegExp;
  }

  it("names the part of the address that stands in it twice, where nothing is found there", async () => {
    server = await startFakeServer({});
    const embedder = embedderAt(`${server.baseUrl.replace(/\/$/, "")}/v1`);
    expect((await failureOf(embedder.embed(["one"]))).hint).toMatch(/in which \/v1 stands twice/);
  });

  it.each<[string, Fault, Expected]>([
    [
      "429",
      faults.rateLimited(),
      { kind: "rate-limit", retryable: true, says: /too many requests/, hint: /embedding\.concurrency/ },
    ],
    [
      "no quota",
      faults.outOfQuota(),
      { kind: "quota", retryable: false, says: /no quota or balance left/, hint: /add credit/ },
    ],
    ["500", faults.serverError(), { kind: "server", retryable: true, says: /HTTP 500/, hint: /again later/ }],
    [
      "a page from a proxy",
      faults.htmlPage(),
      { kind: "server", retryable: true, says: /a web page titled "502 Bad Gateway"/, hint: /again later/ },
    ],
    [
      "a page with status 200",
      faults.htmlPage(200),
      { kind: "bad-response", retryable: false, says: /web page/, hint: /OpenAI-compatible/ },
    ],
    [
      "an unknown model",
      faults.unknownModel(model),
      { kind: "not-found", retryable: false, says: /no such model/, hint: /embedding\.model/ },
    ],
    [
      "a redirect",
      { type: "respond", status: 302, body: "", headers: { location: "https://elsewhere.example/" } },
      { kind: "not-found", retryable: false, says: /redirect/, hint: /address/ },
    ],
    [
      "a wrong key",
      faults.wrongKey(key),
      { kind: "auth", retryable: false, says: /key was refused/, hint: /embedding\.apiKey/ },
    ],
    [
      "the key in an error of another kind",
      { type: "respond", status: 400, body: apiError(`bad header "Authorization: Bearer ${key}" for ${key}`) },
      { kind: "invalid-request", retryable: false, says: /Bearer \*\*\*/, hint: /settings under embedding/ },
    ],
    [
      "a text that is too long",
      { type: "respond", status: 400, body: apiError("maximum context length is 512 tokens for input[1]") },
      { kind: "too-long", retryable: false, says: /too long/, hint: /chunking\.maxChars/ },
    ],
    ["a reset", { type: "reset" }, { kind: "connection", retryable: true, says: /ECONNRESET|socket/, hint: /network/ }],
    [
      "a reset in the middle",
      { type: "reset-midway" },
      { kind: "connection", retryable: true, says: /connection broke/, hint: /network/ },
    ],
    [
      "truncated JSON",
      { type: "truncate" },
      { kind: "bad-response", retryable: true, says: /cut off/, hint: /OpenAI-compatible/ },
    ],
    [
      "a vector too few",
      alter((item, index) => (index === 0 ? item : null)),
      { kind: "bad-response", retryable: false, says: /1 vectors came for 2 texts/, hint: /OpenAI-compatible/ },
    ],
    [
      "two vectors for one text",
      alter((item) => ({ ...item, index: 0 })),
      { kind: "bad-response", retryable: false, says: /positions/, hint: /OpenAI-compatible/ },
    ],
    [
      "vectors of two lengths",
      alter((item, index) => ({ ...item, embedding: fakeVector("x", 8 + index) })),
      { kind: "bad-response", retryable: false, says: /9 dimensions instead of 8/, hint: /OpenAI-compatible/ },
    ],
    [
      "NaN",
      alter((item) => ({
        ...item,
        embedding: Buffer.from(new Float32Array(8).fill(Number.NaN).buffer).toString("base64"),
      })),
      { kind: "bad-response", retryable: false, says: /no finite number/, hint: /OpenAI-compatible/ },
    ],
    [
      "null among numbers",
      alter((item) => ({ ...item, embedding: [1, null, 3, 4, 5, 6, 7, 8] })),
      { kind: "bad-response", retryable: false, says: /no finite number/, hint: /OpenAI-compatible/ },
    ],
    [
      "zeros",
      alter((item) => ({ ...item, embedding: Array.from({ length: 8 }, () => 0) })),
      { kind: "bad-response", retryable: false, says: /all zeros/, hint: /OpenAI-compatible/ },
    ],
    [
      "no vectors at all",
      { type: "respond", status: 200, body: { object: "list" } },
      { kind: "bad-response", retryable: false, says: /no embeddings/, hint: /OpenAI-compatible/ },
    ],
  ])("%s is told with provider, model, cause and remedy, and without the key", async (_, fault, expected) => {
    const embedder = await start({ fault: () => fault });
    const error = await failureOf(embedder.embed(["one", "two"]));
    expect(error.message).toContain(`OpenAI (${model}): `);
    expect(error.message).toMatch(expected.says);
    expect(error.hint).toMatch(expected.hint);
    expect(error).toMatchObject({
      kind: expected.kind,
      code: `model-${expected.kind}`,
      retryable: expected.retryable,
      exitCode: ExitCode.backend,
    });
    expect(`${error.message} ${error.hint}`).not.toContain(key);
  });

  it.each<[says: string, status: number, body: unknown, kind: string, message: string]>([
    ["a text", 401, dialects.fastApi("Invalid API key"), "auth", "the key was refused (HTTP 401): Invalid API key"],
    [
      "a list of fields",
      422,
      dialects.fastApiFields(["model", "Field required"], ["input", "Input should be a string"]),
      "invalid-request",
      "the request was refused (HTTP 422): body.model: Field required; body.input: Input should be a string",
    ],
    [
      "no error in its body",
      413,
      dialects.textEmbeddingsInference("batch size 100 > maximum allowed batch size 32"),
      "too-many",
      "too many texts in a request (HTTP 413): batch size 100 > maximum allowed batch size 32",
    ],
    [
      "no error in its body, but a message",
      400,
      dialects.mistral("Too many inputs in request, split into more batches."),
      "too-many",
      "too many texts in a request (HTTP 400): Too many inputs in request, split into more batches.",
    ],
    [
      "an error that is a text",
      400,
      dialects.plain("the input length exceeds the context length"),
      "too-long",
      "a text is too long (HTTP 400): the input length exceeds the context length",
    ],
    [
      "a failure for a text that is too long",
      500,
      dialects.llamaCpp(500, "input (540 tokens) is too large to process.", "server_error"),
      "too-long",
      "a text is too long (HTTP 500): input (540 tokens) is too large to process.",
    ],
    [
      "a failure of its own",
      500,
      dialects.llamaCpp(500, "the request took too long", "server_error"),
      "server",
      "the server failed (HTTP 500): the request took too long",
    ],
    [
      "that it cannot embed",
      501,
      dialects.llamaCpp(501, "This server does not support embeddings.", "not_supported_error"),
      "invalid-request",
      "the request was refused (HTTP 501): This server does not support embeddings.",
    ],
    [
      "an unknown model with 400",
      400,
      dialects.liteLlm("/embeddings: Invalid model name passed in model=m.", "invalid_request_error"),
      "not-found",
      "no such model or address (HTTP 400): /embeddings: Invalid model name passed in model=m.",
    ],
    [
      "a wrong key with 400",
      400,
      dialects.liteLlm("No connected db.", "no_db_connection"),
      "auth",
      "the key was refused (HTTP 400): No connected db.",
    ],
    ["something else", 400, { code: 7 }, "invalid-request", 'the request was refused (HTTP 400): {"code":7}'],
    ["a list", 400, ["no"], "invalid-request", "the request was refused (HTTP 400): no"],
    ["nothing", 400, "null", "invalid-request", "the request was refused (HTTP 400): null"],
  ])("a server that says %s is understood", async (_, status, body, kind, message) => {
    const embedder = await start({ fault: () => ({ type: "respond", status, body }) });
    const error = await failureOf(embedder.embed(["one", "two"]));
    expect({ kind: error.kind, message: error.message }).toEqual({ kind, message: `OpenAI (${model}): ${message}` });
    expect(error.retryable).toBe(kind === "server");
  });

  it.each<[string, FakeServerOptions, Partial<OpenAIEmbedderOptions>]>([
    ["refuses", { embeddings: { refusesDimensions: true } }, { dimensions: 128 }],
    ["ignores", { fault: () => alter((item) => ({ ...item, embedding: fakeVector("x", 8) })) }, { dimensions: 128 }],
  ])("a server that %s embedding.dimensions: the hint says to leave them out", async (_, options, settings) => {
    const error = await failureOf((await start(options, settings)).embed(["text"]));
    expect(error.message).toMatch(/specifying dimensions|8 dimensions instead of 128/);
    expect(error.hint).toBe("leave embedding.dimensions out, or choose a model that can shorten its vectors");
  });

  it("a model of other dimensions than a row of the configuration says", async () => {
    server = await startFakeServer({ embeddings: { dimensions: 8 } });
    const endpoint = resolveEndpoint({
      section: { provider: "own" },
      rows: { own: { baseUrl: server.baseUrl, embeddingModel: model, dimensions: 16 } },
      environment: { variables: {}, configFile: null, configIsTrusted: true },
      purpose: "embedding",
    });
    const none = {
      dimensions: null,
      collectionDimensions: null,
      queryPrefix: null,
      documentPrefix: null,
      timeoutMs: 10_000,
    };
    expect(await failureOf(createOpenAIEmbedder(endpoint, none).embed(["text"]))).toMatchObject({
      message: `own (${model}): a vector has 8 dimensions instead of 16`,
      hint: "check embedding.model; where providers.own.dimensions is set, it has to be 8",
    });
  });

  it.each<[string, Parameters<typeof resolveEndpoint>[0]["environment"], { keyVariable?: string }, RegExp]>([
    ["has no name for", { variables: {}, configFile: null, configIsTrusted: true }, {}, /^set embedding\.apiKey, or/],
    [
      "has not set",
      { variables: {}, configFile: null, configIsTrusted: true },
      { keyVariable: "OWN_KEY" },
      /^export OWN_KEY=<your key>$/,
    ],
    [
      "has not let go to a project's address",
      { variables: { OWN_KEY: key }, configFile: ".ragrc", configIsTrusted: false },
      { keyVariable: "OWN_KEY" },
      /^OWN_KEY is not sent .* export RAG_ALLOW_HOST=127\.0\.0\.1:\d+$/,
    ],
  ])("a key that is needed, which the user %s", async (_, environment, row, hint) => {
    server = await startFakeServer({ key });
    const endpoint = resolveEndpoint({
      section: { provider: "own", model },
      rows: { own: { baseUrl: server.baseUrl, ...row } },
      environment,
      purpose: "embedding",
    });
    const none = {
      dimensions: null,
      collectionDimensions: null,
      queryPrefix: null,
      documentPrefix: null,
      timeoutMs: 10_000,
    };
    const error = await failureOf(createOpenAIEmbedder(endpoint, none).embed(["text"]));
    expect(error.message).toContain("no key was sent (HTTP 401)");
    expect(error.hint).toMatch(hint);
  });

  it("an unreachable server is told with its address", async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const embedder = embedderAt(`http://127.0.0.1:${port}/v1`, { provider: "ollama", apiKey: null });
    const error = await failureOf(embedder.embed(["text"]));
    expect(error.message).toBe(`Ollama (${model}): no connection to http://127.0.0.1:${port}/v1 (ECONNREFUSED)`);
    expect(error.hint).toContain("start the server if it is not running");
    expect(error.retryable).toBe(true);
  });

  it("a request that is not answered in time is given up", async () => {
    const embedder = await start({ fault: () => ({ type: "hang" }) }, { timeoutMs: 100 });
    const error = await failureOf(embedder.embed(["text"]));
    expect(error).toMatchObject({ kind: "timeout", retryable: true });
    expect(error.message).toContain("no answer within 0.1 s");
    expect(error.hint).toContain("embedding.timeoutMs");
  });

  it("says how long the provider asks to wait", async () => {
    const embedder = await start({ fault: () => faults.rateLimited({ "retry-after": "7" }) });
    const error = await failureOf(embedder.embed(["text"]));
    expect(error.retryAfterMs).toBe(7000);
    expect(error.message).toContain("too many requests (HTTP 429), to come back in 7 s");
  });

  it("masks a key also where what the provider says is cut in the middle of it", async () => {
    const apiKey = "abcdef0123456789abcdef0123456789";
    const body = apiError(`${"x".repeat(480)} ${apiKey} is wrong`);
    const embedder = await start({ fault: () => ({ type: "respond", status: 401, body }) }, { apiKey });
    expect((await failureOf(embedder.embed(["text"]))).message).not.toContain(apiKey.slice(0, 8));
  });

  it.each([
    ["an address that is not there", { status: 404, body: "Not Found" }, /no such model or address \(HTTP 404\)/],
    ["a redirect", { status: 302, body: "", headers: { location: "https://login.example/" } }, /to login\.example$/],
  ])("%s is told as that, and not as the model's fault", async (_, answer, says) => {
    const embedder = await start({ fault: () => ({ type: "respond", ...answer }) }, { provider: "ollama" });
    const error = await failureOf(embedder.embed(["text"]));
    expect(error).toMatchObject({ kind: "not-found", hint: expect.stringContaining(server!.baseUrl) });
    expect(error.message).toMatch(says);
  });

  it("an error with status 200 is told in the server's words", async () => {
    const body = { error: { message: "No endpoints found for model", code: 404 } };
    const embedder = await start({ fault: () => ({ type: "respond", status: 200, body }) });
    expect((await failureOf(embedder.embed(["text"]))).message).toContain("No endpoints found for model");
  });

  it("keeps a query of the base address behind the path", async () => {
    server = await startFakeServer();
    const embedder = embedderAt(`${server.baseUrl}/?api-version=2026-01`);
    expect((await embedder.embed(["text"])).vectors).toHaveLength(1);
  });

  it("says which text is too long where the provider does", async () => {
    const embedder = await start({ embeddings: { maxCharsPerText: 5, namesTooLongInput: true } });
    const error = await failureOf(embedder.embed(["a", "b", "much too long"]));
    expect(error).toMatchObject({ kind: "too-long", inputIndex: 2 });
  });
});
