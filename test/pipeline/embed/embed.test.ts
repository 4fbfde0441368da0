import { afterEach, describe, expect, it } from "vitest";

import { createOpenAIEmbedder } from "../../../src/embedders/openai.ts";
import type { Embedder } from "../../../src/embedders/types.ts";
import { ExitCode, UserError } from "../../../src/errors.ts";
import { createEmbedPool } from "../../../src/pipeline/embed/embed.ts";
import { embedQuery } from "../../../src/pipeline/embed/embed-query.ts";
import type { EmbedPoolOptions } from "../../../src/pipeline/embed/embed.ts";
import type { EmbedOutcome } from "../../../src/pipeline/embed/outcome-memory.ts";
import { defaultRetryPolicy } from "../../../src/models/backoff.ts";
import { resolveEndpoint } from "../../../src/models/endpoint.ts";
import { apiError, faults, fakeVector, startFakeServer } from "../../fakes/openai-server.ts";
import type { FakeServer, FakeServerOptions, Fault, RecordedRequest } from "../../fakes/openai-server.ts";

const key = "sk-live-0123456789abcdefghij";
let server: FakeServer;

afterEach(() => server.close());

async function start(
  options: FakeServerOptions = {},
  model = "text-embedding-3-small",
  timeoutMs = 2000,
): Promise<Embedder> {
  server = await startFakeServer(options);
  const endpoint = resolveEndpoint({
    section: { provider: "openai", model, baseUrl: server.baseUrl, apiKey: key },
    rows: {},
    environment: { variables: {}, configFile: null, configIsTrusted: true },
    purpose: "embedding",
  });
  return createOpenAIEmbedder(endpoint, {
    dimensions: 8,
    collectionDimensions: null,
    queryPrefix: null,
    documentPrefix: null,
    timeoutMs,
  });
}

/** Pauses too short to notice. */
const retry = { ...defaultRetryPolicy, baseDelayMs: 5, maxDelayMs: 20 };
const settings: EmbedPoolOptions = { concurrency: 4, batchSize: 10, prefix: "", retry };

const texts = (count: number) => Array.from({ length: count }, (_, index) => `passage ${index}`);
const vectorsOf = (list: readonly string[]) => list.map((text) => fakeVector(text, 8));
const arraysOf = (outcomes: EmbedOutcome[]) =>
  outcomes.map((outcome) => ("vector" in outcome ? Array.from(outcome.vector) : outcome.error));
const inputsOf = (index: number) => server.requests[index]?.body?.["input"] as string[];

async function failureOf(work: Promise<unknown>): Promise<UserError> {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw error;
}

const withoutUsage: Fault = { type: "alter", change: ({ data }) => ({ data }) };

describe("createEmbedPool", () => {
  it("fills requests across calls and keeps every caller's order", async () => {
    const pool = createEmbedPool(await start(), settings);
    const calls = [texts(7), texts(20).slice(7), ["another"]];
    const results = await Promise.all([...calls.map((call) => pool.embed(call)), pool.flush()]);
    expect(results.slice(0, 3).map((result) => arraysOf(result as EmbedOutcome[]))).toEqual(calls.map(vectorsOf));
    expect(server.requests.map((_, index) => inputsOf(index).length).toSorted()).toEqual([1, 10, 10]);
  });

  it("sends what fills no request when no more texts come", async () => {
    const pool = createEmbedPool(await start(), settings);
    expect(arraysOf(await pool.embed(["alone"]))).toEqual(vectorsOf(["alone"]));
  });

  it("keeps to the model's limits of texts and tokens in a request", async () => {
    const embedder = { ...(await start()), limits: { maxBatch: 4, maxTokensPerText: 100, maxTokensPerBatch: 30 } };
    const pool = createEmbedPool(embedder, settings);
    const list = [...texts(8), ..."abcdef".split("").map((letter) => letter.repeat(36))];
    const embedded = pool.embed(list);
    pool.flush();
    expect(arraysOf(await embedded)).toEqual(vectorsOf(list));
    const sizes = server.requests.map((_, index) => inputsOf(index).length);
    expect(Math.max(...sizes)).toBe(4);
    const long = server.requests.map((_, index) => inputsOf(index)).filter((input) => (input[0]?.length ?? 0) > 30);
    expect(long.map((input) => input.length)).toEqual([2, 2, 2]);
  });

  it("keeps requests in flight up to its concurrency, and no more", async () => {
    const pool = createEmbedPool(await start({ latencyMs: 30 }), settings);
    await pool.embed(texts(200));
    expect(server.maxInFlight).toBe(4);
    expect(server.requests).toHaveLength(20);
  });

  it("puts the prefix before every text", async () => {
    const pool = createEmbedPool(await start(), { ...settings, prefix: "search_document: " });
    await pool.embed(["one"]);
    expect(inputsOf(0)).toEqual(["search_document: one"]);
  });

  it("embeds equal texts once, in one call, across calls, and later", async () => {
    const pool = createEmbedPool(await start(), settings);
    const first = pool.embed(["same", "other", "same"]);
    const second = pool.embed(["same"]);
    pool.flush();
    expect(arraysOf(await first)).toEqual(vectorsOf(["same", "other", "same"]));
    expect(arraysOf(await second)).toEqual(vectorsOf(["same"]));
    expect(arraysOf(await pool.embed(["same"]))).toEqual(vectorsOf(["same"]));
    expect(server.requests.map((_, index) => inputsOf(index))).toEqual([["same", "other"]]);
    expect(pool.progress.texts).toBe(2);
  });

  it("reports an empty text instead of sending it", async () => {
    const pool = createEmbedPool(await start(), settings);
    expect(arraysOf(await pool.embed(["", "x", " \n"]))).toEqual([
      "the text is empty",
      ...vectorsOf(["x"]),
      "the text is empty",
    ]);
  });

  it("counts texts, tokens, requests and cost", async () => {
    const pool = createEmbedPool(await start(), settings);
    await pool.embed(texts(20));
    expect(pool.progress).toEqual({ texts: 20, tokens: 60, requests: 2, retries: 0, costUsd: (60 * 0.02) / 1e6 });
  });

  it("says nothing of tokens and cost where the provider does not", async () => {
    const pool = createEmbedPool(await start({ fault: () => withoutUsage }), settings);
    await pool.embed(["x"]);
    expect(pool.progress).toMatchObject({ tokens: null, costUsd: null });
  });
});

describe("a provider that fails for a while", () => {
  it.each<[string, Fault]>([
    ["429", faults.rateLimited()],
    ["429 with a pause", faults.rateLimited({ "retry-after-ms": "20" })],
    ["429 with a reset time", faults.rateLimited({ "x-ratelimit-reset-requests": "20ms" })],
    ["408", faults.serverError(408)],
    ["409", faults.serverError(409)],
    ["500", faults.serverError()],
    ["503", faults.htmlPage(503)],
    ["a reset", { type: "reset" }],
    ["a reset in the middle", { type: "reset-midway" }],
    ["truncated JSON", { type: "truncate" }],
  ])("is asked again after %s, and every text is embedded once", async (_, fault) => {
    const failing = new Set([0, 1, 2, 5, 9, 12]);
    const embedder = await start({ fault: ({ index }) => (failing.has(index) ? fault : null) });
    const pool = createEmbedPool(embedder, settings);
    const list = texts(100);
    expect(arraysOf(await pool.embed(list))).toEqual(vectorsOf(list));
    expect(pool.progress).toMatchObject({ texts: 100, requests: 16, retries: 6 });
  });

  it("is asked again after a request that hangs", async () => {
    const embedder = await start({ fault: ({ index }) => (index === 0 ? { type: "hang" } : null) });
    const pool = createEmbedPool(embedder, settings);
    expect(arraysOf(await pool.embed(["x"]))).toEqual(vectorsOf(["x"]));
    expect(pool.progress.retries).toBe(1);
  });

  it("gets no request at all before the time it asked for is over", async () => {
    const embedder = await start({
      fault: ({ index }) => (index === 0 ? faults.rateLimited({ "retry-after": "1" }) : null),
    });
    const pool = createEmbedPool(embedder, { ...settings, concurrency: 1 });
    await pool.embed(texts(30));
    const [first, ...later] = server.requests.map((request) => request.receivedAt);
    expect(Math.min(...later) - (first ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

describe("a provider that fails for good", () => {
  it.each<[string, Fault, RegExp, number]>([
    ["500 again and again", faults.serverError(), /HTTP 500.*given up after 6 attempts/, 6],
    ["429 again and again", faults.rateLimited(), /too many requests.*given up after 12 attempts/, 12],
    ["resets again and again", { type: "reset" }, /given up after 6 attempts/, 6],
    ["429 with a pause beyond reason", faults.rateLimited({ "retry-after": "3600" }), /too many requests/, 1],
    ["no quota", faults.outOfQuota(), /no quota or balance left/, 1],
    ["a wrong key", faults.wrongKey(key), /key was refused/, 1],
    ["an unknown model", faults.unknownModel("text-embedding-3-small"), /no such model/, 1],
  ])("ends with exit code 4 after %s", async (_, fault, says, requests) => {
    const pool = createEmbedPool(await start({ fault: () => fault }), { ...settings, concurrency: 1 });
    const error = await failureOf(pool.embed(texts(10)));
    expect(error.message).toMatch(says);
    expect(error.message).toContain("OpenAI (text-embedding-3-small)");
    expect(error.hint).toBeTruthy();
    expect(error.exitCode).toBe(ExitCode.backend);
    expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain(key);
    expect(server.requests).toHaveLength(requests);
    expect(await failureOf(pool.embed(["later"]))).toBe(error);
  });

  it("is not sent everything that waits", async () => {
    const pool = createEmbedPool(await start({ fault: () => faults.serverError() }), settings);
    await failureOf(pool.embed(texts(1000)));
    expect(server.requests.length).toBeLessThanOrEqual(settings.concurrency * 2 * retry.maxAttempts);
  });
});

describe("a text that is too long", () => {
  it.each([true, false])("is reported, and the others are embedded (the provider names it: %s)", async (named) => {
    const embedder = await start({ embeddings: { maxCharsPerText: 50, namesTooLongInput: named } });
    const pool = createEmbedPool(embedder, { ...settings, batchSize: 100 });
    const list = texts(40);
    const long = "x".repeat(60);
    const longer = "y".repeat(70);
    const mixed = [...list.slice(0, 13), long, ...list.slice(13, 30), longer, ...list.slice(30)];
    const outcomes = await pool.embed(mixed);
    expect(arraysOf(outcomes.filter((outcome) => "vector" in outcome))).toEqual(vectorsOf(list));
    expect(outcomes[13]).toEqual({ error: expect.stringContaining("a text is too long") });
    expect(outcomes[31]).toEqual({ error: expect.stringContaining("a text is too long") });
  });

  it("is told from a failure of the server that reports it as one", async () => {
    const embedder = await start({ embeddings: { maxCharsPerText: 50, failsAtLongText: true } });
    const pool = createEmbedPool(embedder, { ...settings, batchSize: 100 });
    const outcomes = await pool.embed([...texts(9), "x".repeat(60)]);
    expect(arraysOf(outcomes.slice(0, 9))).toEqual(vectorsOf(texts(9)));
    expect(outcomes[9]).toEqual({ error: expect.stringContaining("input (60 tokens) is too large to process") });
    expect(pool.progress.retries).toBe(0);
  });
});

describe("a text that makes its whole request fail", () => {
  const poison = "passage of poison";
  const isPoisoned = (request: RecordedRequest) => (request.body?.["input"] as string[] | undefined)?.includes(poison);
  const filtered: Fault = { type: "respond", status: 400, body: apiError("The input was filtered by our policy.") };
  const zeros: Fault = {
    type: "alter",
    change: (body) => ({
      ...body,
      data: (body["data"] as object[]).map((item) => ({ ...item, embedding: Array.from({ length: 8 }, () => 0) })),
    }),
  };

  it.each<[string, Fault, RegExp]>([
    ["refused", filtered, /filtered by our policy/],
    ["answered with zeros", zeros, /all zeros/],
    ["taken for a failure of the server", faults.serverError(), /HTTP 500.*given up after 6 attempts/],
  ])("%s: is found out and reported, and the others are embedded", async (_, fault, says) => {
    const embedder = await start({ fault: (request) => (isPoisoned(request) ? fault : null) });
    const pool = createEmbedPool(embedder, { ...settings, concurrency: 2 });
    const list = texts(60);
    const outcomes = await pool.embed([...list.slice(0, 33), poison, ...list.slice(33)]);
    expect(outcomes[33]).toEqual({ error: expect.stringMatching(says) });
    expect(arraysOf(outcomes.filter((outcome) => "vector" in outcome))).toEqual(vectorsOf(list));
  });

  it("is found out among few, too", async () => {
    const embedder = await start({ fault: (request) => (isPoisoned(request) ? filtered : null) });
    const outcomes = await createEmbedPool(embedder, settings).embed(["fine", poison]);
    expect(outcomes).toEqual([{ vector: expect.anything() }, { error: expect.stringMatching(/policy/) }]);
  });

  it("is none where every text is refused: the ingest ends, and not everything is sent", async () => {
    const pool = createEmbedPool(await start({ fault: () => filtered }), { ...settings, concurrency: 1 });
    expect(await failureOf(pool.embed(texts(1000)))).toMatchObject({ code: "model-invalid-request", exitCode: 4 });
    expect(server.requests.length).toBeLessThan(15);
    await server.close();
    const two = createEmbedPool(await start({ fault: () => filtered }), settings);
    expect(await failureOf(two.embed(texts(2)))).toMatchObject({ code: "model-invalid-request" });
  });
});

describe("a server that takes fewer texts in a request", () => {
  it("is sent smaller requests from then on", async () => {
    const pool = createEmbedPool(await start({ embeddings: { maxBatch: 3 } }), { ...settings, concurrency: 1 });
    const list = texts(60);
    expect(arraysOf(await pool.embed(list))).toEqual(vectorsOf(list));
    const sizes = server.requests.map((_, index) => inputsOf(index).length);
    // Two refusals are enough to know.
    expect(sizes.filter((size) => size > 3)).toEqual([10, 5]);
    expect(sizes.reduce((sum, size) => sum + (size > 3 ? 0 : size), 0)).toBe(60);
  });

  it("is told where it does not even take one", async () => {
    const pool = createEmbedPool(await start({ embeddings: { maxBatch: 0 } }), settings);
    expect(await failureOf(pool.embed(["x"]))).toMatchObject({
      code: "model-too-many",
      message: expect.stringContaining("too many texts in a request (HTTP 400)"),
    });
  });

  it("for it would not answer in time, is sent smaller ones and fewer at once", async () => {
    const embedder = await start({ embeddings: { slowAbove: 3 } }, "text-embedding-3-small", 500);
    const pool = createEmbedPool(embedder, { ...settings, retry: { ...retry, maxAttempts: 50 } });
    const list = texts(40);
    expect(arraysOf(await pool.embed(list))).toEqual(vectorsOf(list));
  });
});

describe("an interruption", () => {
  it("ends everything at once, and the requests under way with it", async () => {
    const controller = new AbortController();
    const embedder = await start({ fault: () => ({ type: "hang" }) });
    const pool = createEmbedPool(embedder, { ...settings, signal: controller.signal });
    const work = pool.embed(texts(100));
    setTimeout(() => controller.abort(), 100);
    await expect(work).rejects.toMatchObject({ code: "interrupted", exitCode: ExitCode.interrupted });
    await expect(pool.embed(["later"])).rejects.toMatchObject({ code: "interrupted" });
    await expect.poll(() => server.requests.every((request) => request.aborted)).toBe(true);
    expect(server.requests).toHaveLength(4);
  });
});

describe("embedQuery", () => {
  it("puts the model's question prefix before the question, and tries again", async () => {
    const embedder = await start({ fault: ({ index }) => (index === 0 ? faults.serverError() : null) });
    const vector = await embedQuery(
      { ...embedder, identity: async () => ({ ...(await embedder.identity()), queryPrefix: "search_query: " }) },
      "why?",
    );
    expect(Array.from(vector)).toEqual(fakeVector("search_query: why?", 8));
    expect(server.requests).toHaveLength(2);
  });

  it("takes the collection's own prefix", async () => {
    const vector = await embedQuery(await start(), "why?", undefined, "q: ");
    expect(Array.from(vector)).toEqual(fakeVector("q: why?", 8));
  });
});
