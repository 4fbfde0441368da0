import { createRequire } from "node:module";
import type * as Sdk from "openai";

import { messageOf } from "../errors.ts";
import { AnswerTooLarge } from "./answer-limits.ts";
import { httpFetch } from "./http-fetch.ts";
import type { ModelEndpoint } from "./endpoint.ts";
import { ModelError } from "./model-error.ts";
import type { ModelErrorKind } from "./model-error.ts";
import { asApiError } from "./api-error.ts";
import { createRedactor } from "../secrets/redact.ts";
import { explainRefusal, hintFor } from "./openai-errors.ts";

/** `text`: the body, where it is no JSON. */
type StatusErrorParts = [status: number, body: object, text: string | undefined, headers: Headers];

export interface OpenAIConnection {
  /** Retries nothing, reads no environment variable, and follows no redirect. */
  client: Sdk.OpenAI;
  /** What a failed request means, without the key. An error that is none of the provider's or the network's is returned as it is. */
  explain(error: unknown): unknown;
  /** An answer that came, but cannot be used. The hint is what to do about it, where more is known than the kind says. */
  badAnswer(what: string, hint?: string): ModelError;
  /** The request was not answered in time. */
  timeout(timeoutMs: number): ModelError;
}

/** The only headers that are sent: the client adds others that tell of the machine, and some from the environment. */
const sentHeaders = ["accept", "authorization", "content-type"];

/**
 * Connects to an OpenAI-compatible API; nothing is sent yet. The package is loaded here and not before: as CommonJS,
 * which takes two thirds of the time that its ES modules take.
 */
export function connectOpenAI(endpoint: ModelEndpoint): OpenAIConnection {
  const sdk = createRequire(import.meta.url)("openai") as typeof Sdk;
  const clean = createRedactor([endpoint.apiKey]);
  /** The package reads errors of OpenAI's shape alone, and drops what other servers say. */
  class Client extends sdk.OpenAI {
    protected override makeStatusError(...[status, body, text, headers]: StatusErrorParts): Sdk.APIError {
      return super.makeStatusError(status, text === undefined ? asApiError(body) : body, text, headers);
    }
  }
  const { origin, pathname, searchParams } = new URL(endpoint.baseUrl);
  const client = new Client({
    baseURL: origin + pathname,
    defaultQuery: Object.fromEntries(searchParams),
    // The client insists on a key. Where there is none, the header is taken out again.
    apiKey: endpoint.apiKey ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    // The client's own limit ends with the answer's head; callers set one that ends with its last byte.
    timeout: 2 ** 31 - 1,
    logLevel: "off",
    fetch: (url, init) =>
      httpFetch(url as string, {
        ...(init?.method === undefined ? {} : { method: init.method }),
        ...(typeof init?.body === "string" ? { body: init.body } : {}),
        headers: only(init?.headers, endpoint),
        signal: init?.signal ?? null,
        ...maxBytesOf(init),
      }),
  });
  const name = endpoint.model === "" ? endpoint.label : `${endpoint.label} (${endpoint.model})`;

  function fail(kind: ModelErrorKind, what: string, options: ConstructorParameters<typeof ModelError>[2] = {}) {
    return new ModelError(kind, `${name}: ${clean(what)}`, { hint: hintFor(kind, endpoint), ...options });
  }

  function explainStatus(error: Sdk.APIError): ModelError {
    const { kind, message, ...rest } = explainRefusal(error, endpoint, clean);
    return fail(kind, message, rest);
  }

  return {
    client,
    explain(error) {
      if (error instanceof sdk.APIUserAbortError) return error;
      if (error instanceof sdk.APIConnectionError) {
        return fail("connection", `no connection to ${endpoint.baseUrl} (${reasonOf(error)})`, { retryable: true });
      }
      if (error instanceof sdk.APIError && error.status !== undefined) return explainStatus(error);
      const tooLarge = tooLargeIn(error);
      if (tooLarge !== null) return fail("bad-response", tooLarge.message);
      if (error instanceof SyntaxError) {
        return fail("bad-response", "the answer is cut off or no JSON", { retryable: true });
      }
      // The connection broke while the answer was read.
      if (isSocketError(error)) {
        return fail("connection", `the connection broke (${reasonOf(error)})`, { retryable: true });
      }
      return error;
    },
    badAnswer: (what, hint) => fail("bad-response", what, hint === undefined ? {} : { hint }),
    timeout: (timeoutMs) => fail("timeout", `no answer within ${timeoutMs / 1000} s`, { retryable: true }),
  };
}

/** What a request passes as `fetchOptions`: the package hands it on to `fetch` as it is. */
export function withMaxBytes(maxBytes: number): { fetchOptions: object } {
  return { fetchOptions: { maxBytes } };
}

function maxBytesOf(init: object | undefined): { maxBytes?: number } {
  const { maxBytes } = (init ?? {}) as { maxBytes?: unknown };
  return typeof maxBytes === "number" ? { maxBytes } : {};
}

function tooLargeIn(error: unknown): AnswerTooLarge | null {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AnswerTooLarge) return cause;
  }
  return null;
}

function only(headers: RequestInit["headers"] | undefined, endpoint: ModelEndpoint): Headers {
  const all = new Headers(headers);
  const kept = new Headers({ "user-agent": "milvus-rag" });
  for (const name of sentHeaders) {
    const value = all.get(name);
    if (value !== null && (name !== "authorization" || endpoint.apiKey !== null)) kept.set(name, value);
  }
  return kept;
}

/** The innermost cause's code, or its message where it has none of the system's. */
function reasonOf(error: unknown): string {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : messageOf(cause);
}

function isSocketError(error: unknown): boolean {
  return (
    error instanceof Error &&
    typeof (error as { code?: unknown }).code === "string" &&
    /^(E[A-Z]+|HPE_|Z_|ERR__ERROR_FORMAT)/.test(String((error as { code?: unknown }).code))
  );
}
