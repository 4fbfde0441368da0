import type { CreateEmbeddingResponse } from "openai/resources/embeddings";

import { selfHosted, unlistedModel } from "../models/providers.ts";
import type { EmbeddingModelFacts } from "../models/providers.ts";
import type { EmbeddingIdentity } from "../types.ts";
import { asApiError } from "../models/api-error.ts";
import type { ModelEndpoint } from "../models/endpoint.ts";
import { embeddingFactsOf } from "../models/provider-facts.ts";
import { ModelError } from "../models/model-error.ts";
import { answerLimits, embeddingBytes } from "../models/answer-limits.ts";
import { connectOpenAI, withMaxBytes } from "../models/openai-client.ts";
import type { OpenAIConnection } from "../models/openai-client.ts";
import type { Embedder, EmbeddingBatch } from "./types.ts";

export interface OpenAIEmbedderOptions {
  /** Dimensions to ask for; the model's own where it is `null`. */
  dimensions: number | null;
  /**
   * Of the vectors that a collection has from this model: what a model is taken to make of which nobody noted it, and what
   * it is asked for where it turns out to make others.
   */
  collectionDimensions: number | null;
  /** `null`: what is known of the model. */
  queryPrefix: string | null;
  documentPrefix: string | null;
  /** Until the last byte of an answer, in milliseconds. */
  timeoutMs: number;
}

const dimensionsHint = "leave embedding.dimensions out, or choose a model that can shorten its vectors";

/** An embedding model behind an OpenAI-compatible API. Connects on first use. */
export function createOpenAIEmbedder(endpoint: ModelEndpoint, options: OpenAIEmbedderOptions): Embedder {
  const facts = endpoint.facts.embedding ?? selfHosted;
  const model: EmbeddingModelFacts = embeddingFactsOf(facts.models, endpoint.model) ?? unlistedModel;
  let connection: OpenAIConnection | undefined;
  const noted = options.dimensions ?? model.dimensions;
  let dimensions = noted ?? options.collectionDimensions;
  /** The first answer settles the length of all vectors where it was not known. */
  let probe: Promise<number> | undefined;

  // A model that is not listed is asked too: better an answer that it cannot than vectors of another length.
  let asked = options.dimensions === model.dimensions ? null : options.dimensions;
  /** Is smaller than numbers in words. A server that refuses it is not asked for it again. */
  let asBase64 = true;

  async function send(to: OpenAIConnection, input: readonly string[], signal: AbortSignal): Promise<unknown> {
    const format = asBase64 ? { encoding_format: "base64" } : null;
    const length = asked === null ? null : { [facts.dimensionsParameter]: asked };
    try {
      // Not `embeddings.create`, which asks for base64 where nothing is asked for.
      return await to.client.post<unknown>("/embeddings", {
        body: { model: endpoint.model, ...length, input, ...format },
        signal,
        ...withMaxBytes(embeddingBytes(input.length, dimensions)),
      });
    } catch (failure) {
      signal.throwIfAborted();
      const error = to.explain(failure);
      if (!(error instanceof ModelError) || error.kind !== "invalid-request") throw error;
      if (length !== null && /dimension/i.test(error.message)) throw withHint(error, askedHint());
      if (format === null || !/encoding_format|base64/i.test(error.message)) throw error;
      asBase64 = false;
      return send(to, input, signal);
    }
  }

  async function request(texts: readonly string[], signal: AbortSignal | undefined): Promise<EmbeddingBatch> {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    connection ??= connectOpenAI(endpoint);
    const wasAsked = asked !== null;
    let answer: unknown;
    try {
      answer = await send(connection, texts, signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
    } catch (error) {
      signal?.throwIfAborted();
      throw timeout.aborted ? connection.timeout(options.timeoutMs) : error;
    }
    const batch = readAnswer(answer, texts.length, connection);
    const first = batch.vectors[0];
    if (first !== undefined) dimensions ??= first.length;
    if (noted === null && !wasAsked && first !== undefined && first.length > (dimensions ?? 0)) {
      asked = dimensions;
      return request(texts, signal);
    }
    checkVectors(batch.vectors, dimensions ?? 0, connection, hintOnLength);
    return batch;
  }

  function hintOnLength(length: number): string | undefined {
    if (asked !== null || (noted === null && options.collectionDimensions !== null)) return askedHint();
    if (model.dimensions === null) return undefined;
    return `check embedding.model; where providers.${endpoint.provider}.dimensions is set, it has to be ${length}`;
  }

  /** Where a length was asked for: by the configuration, or for the sake of the collection. */
  function askedHint(): string {
    if (options.dimensions !== null || options.collectionDimensions === null) return dimensionsHint;
    return `the collection's vectors have ${options.collectionDimensions}: use the model that made them, or another collection`;
  }

  return {
    provider: endpoint.provider,
    model: endpoint.model,
    limits: {
      maxBatch: facts.maxBatch,
      maxTokensPerText: model.maxTokensPerText,
      maxTokensPerBatch: facts.maxTokensPerBatch,
    },
    keepsVectorsAs: {
      model: JSON.stringify([endpoint.provider, endpoint.baseUrl, endpoint.model, options.dimensions]),
      documentPrefix: options.documentPrefix ?? model.documentPrefix,
    },
    pricePerMillionTokens: model.price === 0 ? null : model.price,
    async identity(signal): Promise<EmbeddingIdentity> {
      if (dimensions === null) {
        probe ??= request(["dimensions"], signal).then(() => dimensions ?? 0);
        // A failed probe is not kept: the next call probes again.
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

function withHint(error: ModelError, hint: string): ModelError {
  return new ModelError(error.kind, error.message, { hint, status: error.status });
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
  if (!Array.isArray(data) && (answer as { error?: unknown } | null)?.error) {
    throw connection.badAnswer(`the server answers with an error: ${asApiError(answer).error.message}`);
  }
  if (!Array.isArray(data)) throw connection.badAnswer("the answer holds no embeddings");
  if (data.length !== count) throw connection.badAnswer(`${data.length} vectors came for ${count} texts`);

  const vectors = Array.from<Float32Array>({ length: count });
  let filled = 0;
  for (const [position, item] of data.entries()) {
    // A server that leaves the index out answers in order.
    const index: unknown = (item as { index?: unknown } | null)?.index ?? position;
    const vector = decodeVector((item as { embedding?: unknown } | null)?.embedding);
    if (vector === null) throw connection.badAnswer("an embedding is neither a list of numbers nor base64 floats");
    if (vector.length > answerLimits.dimensions) {
      throw connection.badAnswer(
        `a vector has ${vector.length} dimensions, more than the ${answerLimits.dimensions} that a store takes`,
      );
    }
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
    return embedding.length > 0 && embedding.every((value) => typeof value === "number" || value === null)
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

function checkVectors(
  vectors: readonly Float32Array[],
  dimensions: number,
  connection: OpenAIConnection,
  hintOnLength: (length: number) => string | undefined,
): void {
  for (const vector of vectors) {
    if (vector.length !== dimensions) {
      const what = `a vector has ${vector.length} dimensions instead of ${dimensions}`;
      throw connection.badAnswer(what, hintOnLength(vector.length));
    }
    // By index: an iterator takes ten times as long, and this sees every value of a corpus.
    let sum = 0;
    for (let index = 0; index < vector.length; index++) sum += Math.abs(vector[index] as number);
    if (!Number.isFinite(sum)) throw connection.badAnswer("a vector holds a value that is no finite number");
    if (sum === 0) throw connection.badAnswer("a vector is all zeros");
  }
}
