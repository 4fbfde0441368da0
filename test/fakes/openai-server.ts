import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One request as the server saw it. */
export interface RecordedRequest {
  /** Counted from 0 over the server's life. */
  index: number;
  method: string;
  /** Without the query, e.g. `/v1/embeddings`. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The parsed JSON body; `null` where there was none. */
  body: Record<string, unknown> | null;
  /** Milliseconds of `performance.now()` when the request had arrived whole. */
  receivedAt: number;
  /** Set when the client went away before the answer was complete. */
  aborted: boolean;
}

/** What goes wrong with one request. */
export type Fault =
  /** Answers with this status and body instead of the real answer. */
  | { type: "respond"; status: number; body: unknown; headers?: Record<string, string> }
  /** Takes the request and never answers. */
  | { type: "hang" }
  /** Resets the connection before a byte is answered. */
  | { type: "reset" }
  /** Sends the head and the first part of the good answer, then resets the connection. */
  | { type: "reset-midway" }
  /** Ends a well-formed HTTP answer in the middle of its JSON. */
  | { type: "truncate" }
  /** Sends the good answer after changing it. */
  | { type: "alter"; change(body: Record<string, unknown>): unknown };

/** Answers the requests of one path; it may write to `response` itself (streams) and return nothing. */
export type Handler = (request: RecordedRequest, response: ServerResponse) => unknown;

export interface FakeServerOptions {
  /** Delay before every answer, in milliseconds. */
  latencyMs?: number;
  /** The only key that is accepted; every key and none where it is not set. */
  key?: string;
  /** Asked before every answer. */
  fault?: (request: RecordedRequest) => Fault | null | undefined;
  /** By path, e.g. `{ "/v1/chat/completions": … }`; `/v1/embeddings` is there already. */
  handlers?: Record<string, Handler>;
  embeddings?: FakeEmbeddingOptions;
}

interface FakeEmbeddingOptions {
  /** Names that are known; any name where it is not set. */
  models?: readonly string[];
  dimensions?: number;
  /** Refuses the `dimensions` parameter, as models that cannot shorten their vectors do. */
  refusesDimensions?: boolean;
  /** Answers lists of numbers even where base64 was asked for. */
  alwaysFloats?: boolean;
  maxBatch?: number;
  /** A longer text is refused with 400, as the whole request is. */
  maxCharsPerText?: number;
  /** Whether the refusal says which input is too long. */
  namesTooLongInput?: boolean;
  /** Refuses such a text with 500, as `llama-server` does. */
  failsAtLongText?: boolean;
  /** Refuses `encoding_format`. */
  refusesFormat?: boolean;
  /** Never answers a request of more texts, as a server that takes longer for them than anyone waits. */
  slowAbove?: number;
}

export interface FakeServer {
  /** Ends in `/v1`. */
  baseUrl: string;
  requests: RecordedRequest[];
  /** The most requests that were under way at one time. */
  readonly maxInFlight: number;
  close(): Promise<void>;
}

/** An error in the shape that OpenAI gives it. */
export function apiError(message: string, options: { type?: string; code?: string | null } = {}): unknown {
  return {
    error: { message, type: options.type ?? "invalid_request_error", param: null, code: options.code ?? null },
  };
}

/** What other servers answer in the place of OpenAI's error, as recorded from them. */
export const dialects = {
  /** llama-cpp-python, vLLM, and whatever else is made with FastAPI. */
  fastApi: (detail: unknown): unknown => ({ detail }),
  fastApiFields: (...fields: [field: string, says: string][]): unknown => ({
    detail: fields.map(([field, says]) => ({ type: "extra_forbidden", loc: ["body", field], msg: says, input: "a" })),
  }),
  /** Text Embeddings Inference. */
  textEmbeddingsInference: (message: string): unknown => ({ message, code: 413, type: "Validation" }),
  mistral: (message: string): unknown => ({ object: "error", message, type: "invalid_request_error", code: "1500" }),
  plain: (message: string): unknown => ({ error: message }),
  llamaCpp: (code: number, message: string, type: string): unknown => ({ error: { code, message, type } }),
  liteLlm: (message: string, type: string): unknown => ({ error: { message, type, param: null, code: "400" } }),
};

/** The faults that model providers are known for. */
export const faults = {
  rateLimited: (headers: Record<string, string> = {}): Fault => ({
    type: "respond",
    status: 429,
    headers,
    body: apiError("Rate limit reached for requests.", { type: "requests", code: "rate_limit_exceeded" }),
  }),
  outOfQuota: (): Fault => ({
    type: "respond",
    status: 429,
    body: apiError("You exceeded your current quota, please check your plan and billing details.", {
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
  }),
  serverError: (status = 500): Fault => ({
    type: "respond",
    status,
    body: apiError("The server had an error while processing your request.", { type: "server_error" }),
  }),
  /** What a company's proxy answers when the address behind it does not. */
  htmlPage: (status = 502): Fault => ({
    type: "respond",
    status,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>",
  }),
  unknownModel: (model: string): Fault => ({
    type: "respond",
    status: 404,
    body: apiError(`The model \`${model}\` does not exist or you do not have access to it.`, {
      code: "model_not_found",
    }),
  }),
  /** Echoes the key, as some providers do. */
  wrongKey: (key: string): Fault => ({
    type: "respond",
    status: 401,
    body: apiError(`Incorrect API key provided: ${key}.`, { code: "invalid_api_key" }),
  }),
} satisfies Record<string, (...parameters: never[]) => Fault>;

/** A vector that depends on the text alone, of unit length, never zero. */
export function fakeVector(text: string, dimensions: number): number[] {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0) | 1;
  const values: number[] = [];
  for (let index = 0; index < dimensions; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values.push(state / 2 ** 31);
  }
  const length = Math.hypot(...values);
  return values.map((value) => Math.fround(value / length));
}

/**
 * A server that speaks the OpenAI HTTP API over a real socket on the loopback address, and fails on request.
 * Call `close` in the test's clean-up: it ends hanging connections too.
 */
export async function startFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  const handlers: Record<string, Handler> = {
    "/v1/embeddings": (request) => answerEmbeddings(request, options.embeddings ?? {}),
    ...options.handlers,
  };
  let inFlight = 0;
  let maxInFlight = 0;

  const server = createServer((incoming, response) => {
    inFlight++;
    maxInFlight = Math.max(maxInFlight, inFlight);
    response.once("close", () => inFlight--);
    answer(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await record(incoming, requests.length);
    requests.push(request);
    response.once("close", () => (request.aborted = !response.writableFinished));
    if (options.latencyMs) await sleep(options.latencyMs);
    const fault = options.fault?.(request) ?? null;
    if (fault?.type === "hang") return;
    if (fault?.type === "reset") {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (fault?.type === "respond") {
      respond(response, fault.status, fault.body, fault.headers);
      return;
    }
    if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
      const sent = request.headers.authorization?.replace("Bearer ", "") ?? "";
      respond(response, 401, apiError(`Incorrect API key provided: ${sent}.`, { code: "invalid_api_key" }));
      return;
    }
    const handler = handlers[request.path];
    if (!handler) {
      respond(response, 404, apiError(`Unknown request URL: ${request.method} ${request.path}.`));
      return;
    }
    const result = await handler(request, response);
    if (result === undefined) return;
    if (result instanceof Refusal) {
      respond(response, result.status, result.body);
      return;
    }
    sendResult(response, result, fault);
  }

  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    get maxInFlight() {
      return maxInFlight;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Returned by a handler that refuses a request. */
export class Refusal {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    this.status = status;
    this.body = body;
  }
}

async function record(incoming: IncomingMessage, index: number): Promise<RecordedRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  return {
    index,
    method: incoming.method ?? "",
    path: (incoming.url ?? "").replace(/\?.*$/, ""),
    headers: incoming.headers,
    body: text === "" ? null : (JSON.parse(text) as Record<string, unknown>),
    receivedAt: performance.now(),
    aborted: false,
  };
}

function respond(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(text);
}

function sendResult(response: ServerResponse, result: unknown, fault: Fault | null): void {
  const body = fault?.type === "alter" ? fault.change(result as Record<string, unknown>) : result;
  const text = JSON.stringify(body);
  const half = text.slice(0, Math.floor(text.length / 2));
  if (fault?.type === "truncate") {
    respond(response, 200, half);
  } else if (fault?.type === "reset-midway") {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.write(half, () => response.socket?.resetAndDestroy());
  } else {
    respond(response, 200, text);
  }
}

function answerEmbeddings(request: RecordedRequest, options: FakeEmbeddingOptions): unknown {
  const body = request.body ?? {};
  const model = String(body["model"]);
  const inputs = [body["input"]].flat().map(String);
  if (options.models && !options.models.includes(model)) {
    return new Refusal(404, apiError(`The model \`${model}\` does not exist.`, { code: "model_not_found" }));
  }
  if (options.maxBatch !== undefined && inputs.length > options.maxBatch) {
    return new Refusal(400, apiError(`Too many inputs: at most ${options.maxBatch} are allowed.`));
  }
  if (options.refusesDimensions && body["dimensions"] !== undefined) {
    return new Refusal(400, apiError("This model does not support specifying dimensions."));
  }
  if (options.refusesFormat && body["encoding_format"] !== undefined) {
    return new Refusal(422, dialects.fastApiFields(["encoding_format", "Extra inputs are not permitted"]));
  }
  // It stays open until the client gives up.
  if (inputs.length > (options.slowAbove ?? Number.POSITIVE_INFINITY)) return undefined;
  const tooLong = inputs.findIndex((text) => text.length > (options.maxCharsPerText ?? Number.POSITIVE_INFINITY));
  if (tooLong !== -1 && options.failsAtLongText) {
    const message = `input (${inputs[tooLong]?.length} tokens) is too large to process. increase the physical batch size (current batch size: ${options.maxCharsPerText})`;
    return new Refusal(500, dialects.llamaCpp(500, message, "server_error"));
  }
  if (tooLong !== -1) {
    const message = options.namesTooLongInput
      ? `Invalid 'input[${tooLong}]': maximum context length is ${options.maxCharsPerText} tokens.`
      : `This model's maximum context length is ${options.maxCharsPerText} tokens, however you requested more.`;
    return new Refusal(400, apiError(message, { code: "context_length_exceeded" }));
  }
  const dimensions = Number(body["dimensions"] ?? options.dimensions ?? 8);
  const asBase64 = body["encoding_format"] === "base64" && !options.alwaysFloats;
  const tokens = inputs.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  return {
    object: "list",
    model,
    data: inputs.map((text, index) => {
      const vector = fakeVector(text, dimensions);
      const embedding = asBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector;
      return { object: "embedding", index, embedding };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
