import type { CreateEmbeddingResponse, EmbeddingCreateParams } from "openai/resources/embeddings";

import { unlistedModel } from "../providers.ts";
import type { EmbeddingModelFacts } from "../providers.ts";
import type { EmbeddingIdentity } from "../stores/types.ts";
import type { ModelEndpoint } from "../util/model-endpoint.ts";
import { connectOpenAI } from "../util/openai-client.ts";
import type { OpenAIConnection } from "../util/openai-client.ts";
import type { Embedder, EmbeddingBatch } from "./types.ts";

export interface OpenAIEmbedderOptions {
  /** Dimensions to ask for; the model's own where it is `null`. */
  dimensions: number | null;
  /** `null`: what is known of the model. */
  queryPrefix: string | null;
  documentPrefix: string | null;
  /** Until the last byte of an answer, in milliseconds. */
  timeoutMs: number;
}

/** An embedding model behind an OpenAI-compatible API. Connects on first use. */
export function createOpenAIEmbedder(endpoint: ModelEndpoint, options: OpenAIEmbedderOptions): Embedder {
  const facts = endpoint.facts.embedding;
  const model: EmbeddingModelFacts = facts?.models[endpoint.model] ?? unlistedModel;
  let connection: OpenAIConnection | undefined;
  let dimensions = options.dimensions ?? model.dimensions;
  /** The first answer settles the length of all vectors where it was not known. */
  let probe: Promise<number> | undefined;

  async function request(texts: readonly string[], signal: AbortSignal | undefined): Promise<EmbeddingBatch> {
    connection ??= connectOpenAI(endpoint);
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const body: EmbeddingCreateParams = { model: endpoint.model, input: [...texts], encoding_format: "base64" };
    // A model that is not listed is asked too: better an answer that it cannot than vectors of another length.
    if (options.dimensions !== null && options.dimensions !== model.dimensions) {
      Object.assign(body, { [facts?.dimensionsParameter ?? "dimensions"]: options.dimensions });
    }
    let answer: unknown;
    try {
      answer = await connection.client.embeddings.create(body, {
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (timeout.aborted) throw connection.timeout(options.timeoutMs);
      throw connection.explain(error);
    }
    const batch = readAnswer(answer, texts.length, connection);
    const first = batch.vectors[0];
    if (first !== undefined) dimensions ??= first.length;
    checkVectors(batch.vectors, dimensions ?? 0, connection);
    return batch;
  }

  return {
    provider: endpoint.provider,
    model: endpoint.model,
    limits: {
      maxBatch: facts?.maxBatch ?? 64,
      maxTokensPerText: model.maxTokensPerText,
      maxTokensPerBatch: facts?.maxTokensPerBatch ?? 100_000,
    },
    pricePerMillionTokens: model.price === 0 ? null : model.price,
    async identity(signal): Promise<EmbeddingIdentity> {
      if (dimensions === null) {
        probe ??= request(["dimensions"], signal).then(() => dimensions ?? 0);
        // A probe that failed is no answer: the next call asks again.
        probe.catch(() => (probe = undefined));
        await probe;
      }
      return {
        provider: endpoint.provider,
        model: endpoint.model,
        dimensions: dimensions ?? 0,
        queryPrefix: options.queryPrefix ?? model.queryPrefix,
        documentPrefix: options.documentPrefix ?? model.documentPrefix,
      };
    },
    embed: (texts, signal) => request(texts, signal),
    close: () => Promise.resolve(),
  };
}

/** One vector a text in the texts' order. Throws `ModelError` where the answer is of another shape. */
function readAnswer(answer: unknown, count: number, connection: OpenAIConnection): EmbeddingBatch {
  if (typeof answer === "string") {
    const page = /<(!doctype|html)\b/i.test(answer);
    throw connection.badAnswer(
      page ? "the answer is a web page, probably from a proxy in between" : "the answer is text instead of JSON",
    );
  }
  const { data, usage } = (answer ?? {}) as Partial<CreateEmbeddingResponse>;
  if (!Array.isArray(data)) throw connection.badAnswer("the answer holds no embeddings");
  if (data.length !== count) throw connection.badAnswer(`${data.length} vectors came for ${count} texts`);

  const vectors = Array.from<Float32Array>({ length: count });
  let filled = 0;
  for (const [position, item] of data.entries()) {
    // A server that leaves the index out answers in order.
    const index: unknown = (item as { index?: unknown } | null)?.index ?? position;
    const vector = decodeVector((item as { embedding?: unknown } | null)?.embedding);
    if (vector === null) throw connection.badAnswer("an embedding is neither a list of numbers nor base64 floats");
    if (typeof index !== "number" || !(index in vectors) || vectors[index] !== undefined) {
      throw connection.badAnswer("the embeddings' positions are not those of the texts");
    }
    vectors[index] = vector;
    filled++;
  }
  if (filled !== count) throw connection.badAnswer(`${filled} vectors came for ${count} texts`);
  const tokens = usage?.prompt_tokens ?? usage?.total_tokens;
  return { vectors, tokens: typeof tokens === "number" && tokens > 0 ? tokens : null };
}

/** From little-endian 32-bit floats in base64, or from a list of numbers; `null` for anything else. */
function decodeVector(embedding: unknown): Float32Array | null {
  if (Array.isArray(embedding)) {
    return embedding.every((value) => typeof value === "number" || value === null)
      ? Float32Array.from(embedding as number[], (value) => value ?? Number.NaN)
      : null;
  }
  if (typeof embedding !== "string") return null;
  const bytes = Buffer.from(embedding, "base64");
  if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
  // A copy of its own: small buffers share a pool whose parts may not start at a multiple of four.
  const vector = new Float32Array(bytes.length / 4);
  new Uint8Array(vector.buffer).set(bytes);
  return vector;
}

function checkVectors(vectors: readonly Float32Array[], dimensions: number, connection: OpenAIConnection): void {
  for (const vector of vectors) {
    if (vector.length !== dimensions) {
      throw connection.badAnswer(`a vector has ${vector.length} dimensions instead of ${dimensions}`);
    }
    // By index: an iterator takes ten times as long, and this sees every value of a corpus.
    let sum = 0;
    for (let index = 0; index < vector.length; index++) sum += Math.abs(vector[index] as number);
    if (!Number.isFinite(sum)) throw connection.badAnswer("a vector holds a value that is no finite number");
    if (sum === 0) throw connection.badAnswer("a vector is all zeros");
  }
}
