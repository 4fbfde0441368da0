import { afterEach, describe, expect, it } from "vitest";
import type { Environment } from "../../src/config/environment.ts";
import { configSchema } from "../../src/config/schema.ts";
import { type Provider, providers } from "../../src/models/providers.ts";
import { openReranker } from "../../src/rerankers/index.ts";
import { type FakeServer, type FakeServerOptions, startFakeServer } from "../fakes/openai-server.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(options: FakeServerOptions): Promise<FakeServer> {
  const server = await startFakeServer(options);
  servers.push(server);
  return server;
}

const environment: Environment = {
  variables: {
    JINA_API_KEY: "jina-key",
    COHERE_API_KEY: "cohere-key",
    VOYAGE_API_KEY: "voyage-key",
    GATEWAY_KEY: "gateway-key",
  },
  projectRoot: "/",
  workingDirectory: "/",
  configFile: "/.ragrc",
  configIsTrusted: true,
};

/** A reranker of this name, whose API is at an address of this machine. */
function open(name: string, baseUrl: string, row: Record<string, unknown> = {}) {
  const [provider = "", ...model] = name.split("/");
  const config = configSchema.parse({ providers: { [provider]: { baseUrl, ...row } } });
  return openReranker({ provider, model: model.join("/") || null }, config, environment);
}

const question = "How is data stored?";
const passages = ["about cats", "data is stored in tables", "stored"];
const scored = [
  { index: 1, score: 0.9 },
  { index: 2, score: 0.5 },
  { index: 0, score: 0.1 },
];

/** What each server takes and answers, from its documentation. */
const protocols = {
  jina: {
    path: "/v1/rerank",
    key: "jina-key",
    body: {
      model: "jina-reranker-v2-base-multilingual",
      query: question,
      documents: passages,
      return_documents: false,
    },
    answer: {
      model: "m",
      usage: { total_tokens: 9 },
      results: scored.map(({ index, score }) => ({ index, relevance_score: score })),
    },
  },
  cohere: {
    path: "/v1/rerank",
    key: "cohere-key",
    body: { model: "rerank-v4.0-fast", query: question, documents: passages },
    answer: { id: "1", results: scored.map(({ index, score }) => ({ index, relevance_score: score })), meta: {} },
  },
  voyage: {
    path: "/v1/rerank",
    key: "voyage-key",
    body: { model: "rerank-2.5", query: question, documents: passages },
    answer: { object: "list", data: scored.map(({ index, score }) => ({ index, relevance_score: score })) },
  },
  "vllm/BAAI/bge-reranker-v2-m3": {
    path: "/v1/rerank",
    key: null,
    body: {
      model: "BAAI/bge-reranker-v2-m3",
      query: question,
      documents: passages,
      truncate_prompt_tokens: -1,
    },
    answer: {
      id: "rerank-1",
      results: scored.map(({ index, score }) => ({
        index,
        document: { text: passages[index] },
        relevance_score: score,
      })),
    },
  },
  llamacpp: {
    path: "/v1/rerank",
    key: null,
    body: { query: question, documents: passages },
    answer: { object: "list", results: scored.map(({ index, score }) => ({ index, relevance_score: score })) },
  },
  tei: {
    path: "/rerank",
    key: null,
    body: { query: question, texts: passages, raw_scores: false, return_text: false, truncate: true },
    answer: scored,
  },
};

describe("a /rerank endpoint", () => {
  it.each(Object.entries(protocols))("of %s is asked and understood", async (name, { path, key, body, answer }) => {
    const server = await serve({ handlers: { [path]: () => answer }, ...(key === null ? {} : { key }) });
    const reranker = await open(name, server.baseUrl);
    expect(await reranker.rerank(question, passages)).toEqual([0.1, 0.9, 0.5]);
    expect(server.requests.map((request) => [request.path, request.body])).toEqual([[path, body]]);
    expect(server.requests[0]?.headers.authorization).toBe(key === null ? undefined : `Bearer ${key}`);
  });

  it("of a router of llama.cpp is told the model that is named", async () => {
    const server = await serve({ handlers: { "/v1/rerank": () => protocols.llamacpp.answer } });
    await (await open("llamacpp/bge-reranker-v2-m3", server.baseUrl)).rerank(question, passages);
    expect(server.requests[0]?.body).toEqual({
      model: "bge-reranker-v2-m3",
      query: question,
      documents: passages,
    });
  });

  it("is tested for every provider that has one", () => {
    const known = Object.entries<Provider>(providers).filter(([, { rerank }]) => rerank !== null);
    expect(Object.keys(protocols).map((name) => name.split("/")[0])).toEqual(
      expect.arrayContaining(known.map(([name]) => name)),
    );
  });

  it("of a provider of one's own speaks as most do, with the row's key and model", async () => {
    const server = await serve({ handlers: { "/v1/rerank": () => protocols.cohere.answer }, key: "gateway-key" });
    const row = { keyVariable: "GATEWAY_KEY", rerankModel: "the-reranker" };
    const reranker = await open("gateway", server.baseUrl, row);
    expect(reranker.name).toBe("gateway/the-reranker");
    expect(await reranker.rerank(question, passages)).toEqual([0.1, 0.9, 0.5]);
    expect(server.requests[0]?.body).toMatchObject({ model: "the-reranker" });
  });

  it("gets as many passages in a request as it takes, and its logits become probabilities together", async () => {
    const many = Array.from({ length: 70 }, (_, at) => `passage ${at}`);
    const server = await serve({
      handlers: {
        "/rerank": ({ body }) =>
          (body as { texts: string[] }).texts.map((text, index) => ({
            index,
            score: Number(text.split(" ")[1]) / 10 - 1,
          })),
      },
    });
    const scores = await (await open("tei", server.baseUrl)).rerank(question, many);
    expect(server.requests.map(({ body }) => (body as { texts: string[] }).texts.length)).toEqual([32, 32, 6]);
    // The last request alone would look like probabilities in part.
    expect(scores).toEqual(many.map((_, at) => 1 / (1 + Math.exp(-(at / 10 - 1)))));
  });

  const results = protocols.jina.answer.results;
  it.each<[string, unknown]>([
    ["fewer scores than passages", { results: results.slice(1) }],
    ["more scores than passages", { results: [...results, { index: 3, relevance_score: 1 }] }],
    ["a position twice", { results: [results[0], results[0], results[1]] }],
    ["a position that no passage has", { results: [...results.slice(1), { index: 7, relevance_score: 1 }] }],
    ["a position that is no number", { results: [...results.slice(1), { index: "length", relevance_score: 1 }] }],
    ["a negative position", { results: [...results.slice(1), { index: -1, relevance_score: 1 }] }],
    ["a score that is no number", { results: [...results.slice(1), { index: 1, relevance_score: "0.9" }] }],
    ["a score that is null", { results: [...results.slice(1), { index: 1, relevance_score: null }] }],
    ["no list", { results: { 0: 1 } }],
    ["nothing", null],
    ["text", "ok"],
    ["an error with status 200", { error: { message: "out of memory" } }],
    ["entries that are nothing", { results: [null, null, null] }],
  ])("that answers with %s is not believed", async (_, answer) => {
    const server = await serve({ handlers: { "/v1/rerank": () => answer } });
    await expect((await open("jina", server.baseUrl)).rerank(question, passages)).rejects.toMatchObject({
      code: "model-bad-response",
      exitCode: 4,
    });
  });

  it("that answers without end is cut off", async () => {
    const server = await serve({
      handlers: { "/v1/rerank": () => ({ results: "x".repeat(9_000_000) }) },
    });
    await expect((await open("jina", server.baseUrl)).rerank(question, passages)).rejects.toMatchObject({
      code: "model-bad-response",
      message: expect.stringContaining("8 MB"),
    });
  });

  it("that refuses the key says where the key is from", async () => {
    const server = await serve({ handlers: { "/v1/rerank": () => null }, key: "another" });
    await expect((await open("cohere", server.baseUrl)).rerank(question, passages)).rejects.toMatchObject({
      code: "model-auth",
      hint: expect.stringContaining("COHERE_API_KEY"),
      message: expect.not.stringContaining("cohere-key"),
    });
  });

  it("does not answer to someone who has gone", async () => {
    const server = await serve({ fault: () => ({ type: "hang" }) });
    const controller = new AbortController();
    const asked = (await open("jina", server.baseUrl)).rerank(question, passages, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("a reranker is refused before anything is sent", () => {
  const openPlain = (provider: string, model: string | null, more: Partial<Environment> = {}, config = {}) =>
    (async () => openReranker({ provider, model }, configSchema.parse(config), { ...environment, ...more }))();

  it("where its provider has none, or needs a name or a key", async () => {
    await expect(openPlain("openai", null)).rejects.toMatchObject({ code: "no-rerankers" });
    await expect(openPlain("vllm", null)).rejects.toMatchObject({ code: "model-not-set" });
    await expect(openPlain("local", null)).rejects.toMatchObject({ code: "model-not-set" });
    await expect(openPlain("nobody", null)).rejects.toMatchObject({ code: "unknown-provider" });
    await expect(openPlain("jina", null, { variables: {} })).rejects.toMatchObject({
      code: "missing-key",
      hint: expect.stringContaining("JINA_API_KEY"),
    });
  });

  it("where a project's file sends the passages to a host of its own", async () => {
    const project = { configIsTrusted: false };
    const own = { providers: { jina: { baseUrl: "https://reranker.example/v1" } } };
    await expect(openPlain("jina", null, project, own)).rejects.toMatchObject({ code: "foreign-host" });
    const allowed = { ...project, variables: { ...environment.variables, RAG_ALLOW_HOST: "reranker.example" } };
    await expect(openPlain("jina", null, allowed, own)).resolves.toMatchObject({
      name: expect.stringMatching(/^jina/),
    });
    // Whoever exported the key has agreed to the provider itself.
    await expect(openPlain("jina", null, project)).resolves.toMatchObject({ name: expect.stringMatching(/^jina/) });
  });
});
