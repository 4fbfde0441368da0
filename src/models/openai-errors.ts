import type { APIError } from "openai";
import { howToAllow } from "../secrets/allowed-hosts.ts";
import type { ModelEndpoint } from "./endpoint.ts";
import type { ModelErrorKind } from "./model-error.ts";
import { type ProviderSection, settingNames } from "./provider-names.ts";
import { retryDelayOf } from "./retry-after.ts";

/** Characters of what a provider says that are repeated. */
const longestQuote = 500;

/** What an answer with an error status means. */
export interface RefusedRequest {
  kind: ModelErrorKind;
  message: string;
  hint: string;
  status: number;
  retryable: boolean;
  /** How long the provider asks to wait, in milliseconds. */
  retryAfterMs: number | null;
  /** Position of the text that was refused, where the provider tells it. */
  inputIndex: number | null;
}

/** Reads an error of an OpenAI-compatible API; there are no common codes, so it also reads the provider's words. */
export function explainRefusal(
  error: APIError,
  endpoint: ModelEndpoint,
  clean: (text: string) => string,
): RefusedRequest {
  const status = error.status ?? 0;
  // Masked before it is cut: a part of a key would not be recognised.
  const said = clean(saidBy(error)).slice(0, longestQuote);
  const kind = kindOf(status, said, error);
  const retryAfterMs = retryDelayOf(error.headers ?? null, Date.now());
  const happened = whatHappened(kind, status, endpoint) + target(error) + pause(retryAfterMs);
  return {
    kind,
    message: `${happened}${said === "" ? "" : `: ${said}`}`,
    hint: kind === "not-found" && !/model/i.test(said) ? addressHint(endpoint) : hintFor(kind, endpoint),
    status,
    retryable: kind === "rate-limit" || kind === "server",
    retryAfterMs,
    inputIndex: kind === "too-long" ? inputIndexOf(said) : null,
  };
}

function pause(milliseconds: number | null): string {
  return milliseconds === null || milliseconds < 1000 ? "" : `, to come back in ${Math.ceil(milliseconds / 1000)} s`;
}

/** Where a redirect leads to, which is not followed. */
function target(error: APIError): string {
  const location = error.headers?.get("location") ?? "";
  return URL.canParse(location) ? ` to ${new URL(location).host}` : "";
}

/** What the provider says of the failure; a page meant for browsers is named, not quoted. */
function saidBy(error: APIError): string {
  const { message } = (error.error ?? {}) as { message?: unknown };
  // Without a body that is JSON, the client's message: the status, and the body as text.
  const text =
    typeof message === "string" ? message : error.message.replace(/^\d{3}\s*/, "").replace("status code (no body)", "");
  if (/<(!doctype|html|head|body)\b/i.test(text)) {
    const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
    return `a web page${title ? ` titled "${title}"` : ""} instead of an API answer, probably from a proxy in between`;
  }
  return text.replaceAll(/\s+/g, " ").trim();
}

function kindOf(status: number, said: string, error: APIError): ModelErrorKind {
  const code = `${error.code ?? ""} ${error.type ?? ""}`;
  if (status === 402 || /insufficient_quota|billing_hard_limit|insufficient[_ ]balance/i.test(code)) return "quota";
  if (status === 429)
    return /insufficient (quota|balance)|exceeded your current quota/i.test(said) ? "quota" : "rate-limit";
  // llama.cpp takes it for a failure of its own.
  if (status === 500 && isTooLong(said) && /\b(tokens|context)\b/i.test(said)) return "too-long";
  if (status === 501) return "invalid-request";
  if (status === 408 || status === 409 || status >= 500) return "server";
  // LiteLLM without a database says so to every key but its master key.
  if (status === 401 || status === 403 || /no_db_connection/.test(code)) return "auth";
  if (/model_not_found/.test(code) || status === 404 || status === 405) return "not-found";
  if (status >= 300 && status < 400) return "not-found";
  if (isTooMany(said)) return "too-many";
  if (status === 413 || /context_length_exceeded/.test(code) || isTooLong(said)) return "too-long";
  if (/model\b.*\b(not exist|not found)|supported (API )?model names|invalid model name/i.test(said)) {
    return "not-found";
  }
  return "invalid-request";
}

/** How providers say that a text has too many tokens; there is no common code for it. */
function isTooLong(said: string): boolean {
  return (
    /(context|sequence|input)[ _]?(length|window)|maximum (context|sequence|input|number of tokens)/i.test(said) ||
    /too (long|large|many tokens)|(exceed|larger|longer|more)\w{0,9} (than )?.{0,200}\b(tokens?|context|batch size)\b/i.test(
      said,
    )
  );
}

/** How providers say that a request has too many texts; each counts something else. */
function isTooMany(said: string): boolean {
  return (
    /batch size( is invalid| \d+ >)|array too long/i.test(said) ||
    /too many (inputs|texts)|at most \d+ (inputs|texts|requests)/i.test(said)
  );
}

/** `input[3]` in a message that tells which text is refused. */
function inputIndexOf(said: string): number | null {
  const match = /input\[(\d+)\]/.exec(said);
  return match ? Number(match[1]) : null;
}

function whatHappened(kind: ModelErrorKind, status: number, endpoint: ModelEndpoint): string {
  switch (kind) {
    case "rate-limit":
      return "too many requests (HTTP 429)";
    case "quota":
      return `the account has no quota or balance left (HTTP ${status})`;
    case "auth":
      return endpoint.apiKey === null ? `no key was sent (HTTP ${status})` : `the key was refused (HTTP ${status})`;
    case "not-found":
      return status >= 300 && status < 400
        ? `the address answers with a redirect (HTTP ${status})`
        : `no such model or address (HTTP ${status})`;
    case "too-long":
      return `a text is too long (HTTP ${status})`;
    case "too-many":
      return `too many texts in a request (HTTP ${status})`;
    case "server":
      return `the server failed (HTTP ${status})`;
    default:
      return `the request was refused (HTTP ${status})`;
  }
}

/** What a person can do about a failure. */
export function hintFor(kind: ModelErrorKind, endpoint: ModelEndpoint): string {
  const { setting, provider, baseUrl } = endpoint;
  const names = settingNames(setting, provider);
  switch (kind) {
    case "rate-limit":
      return setting === "embedding"
        ? "run the command again later: it goes on where it stopped; a lower embedding.concurrency stays below the limit"
        : "try again later, or use another model";
    case "quota":
      return `add credit to the account that the key belongs to, or set ${names.provider} to another one`;
    case "auth":
      return keyHint(endpoint);
    case "not-found":
      if (provider === "ollama") return `fetch the model first: ollama pull ${endpoint.model}`;
      return successorHint(endpoint) ?? addressHint(endpoint);
    case "too-long":
      if (setting === "rerank") return "use a smaller chunking.maxChars, or a reranker that takes longer texts";
      return setting === "embedding"
        ? "use a smaller chunking.maxChars, or a model that takes longer texts"
        : "use a smaller ask.maxContextChars, or a model that takes longer texts";
    case "too-many":
      return setting === "rerank"
        ? "set search.rerankCandidates to as many as it takes"
        : "set embedding.batchSize to as many as it takes";
    case "connection":
      return isOwnServer(endpoint)
        ? `start the server if it is not running, or set ${names.baseUrl}`
        : `check the network, HTTPS_PROXY and ${names.baseUrl} if you set them; then run the command again`;
    case "timeout":
      return `run the command again, or raise ${names.timeout}`;
    case "server":
      return isOwnServer(endpoint)
        ? "look into the server's log, or run the command again later"
        : "run the command again later";
    case "bad-response":
      return `check that ${baseUrl} ${servedBy[setting]}`.replace("{model}", () => endpoint.model);
    case "invalid-request":
      return setting === "rerank"
        ? `check ${names.model} ("${provider}/${endpoint.model}")`
        : `check ${names.model} ("${endpoint.model}") and the other settings under ${setting}`;
  }
}

/** What a server has to be, where its answers are of another kind. */
const servedBy: Readonly<Record<ProviderSection, string>> = {
  embedding: 'is an OpenAI-compatible API and that "{model}" is a model for embeddings',
  llm: 'is an OpenAI-compatible API and that "{model}" is a model for chat',
  rerank: 'serves /rerank and that "{model}" is a reranker',
};

function addressHint({ setting, provider, model, baseUrl }: ModelEndpoint): string {
  const parts = new URL(baseUrl).pathname.split("/").filter((part) => part !== "");
  const doubled = parts.find((part, index) => part === parts[index + 1]);
  const stands = doubled === undefined ? "" : `, in which /${doubled} stands twice`;
  return `check ${settingNames(setting, provider).model} ("${model}") and the address ${baseUrl}${stands}`;
}

/** What to use in place of a chat model that the provider has ended; `null` where nothing is known of that. */
function successorHint({ setting, model, label, facts }: ModelEndpoint): string | null {
  const successors = setting === "llm" ? (facts.chat?.successors ?? {}) : {};
  const successor = Object.hasOwn(successors, model) ? successors[model] : undefined;
  if (successor === undefined) return null;
  return `set llm.model to "${successor}", which takes the place of "${model}" at ${label}`;
}

/** What to do about a key that was refused, or that is missing. */
function keyHint({ setting, provider, keyVariable, keySource, baseUrl }: ModelEndpoint): string {
  const names = settingNames(setting, provider);
  switch (keySource) {
    case "configuration":
      return `check ${names.apiKey}, and that the key may use this model`;
    case "environment":
      return `check ${keyVariable}, and that the key may use this model`;
    case "withheld":
      return `${keyVariable} is not sent to an address that a project names; ${howToAllow(new URL(baseUrl))}`;
    case "none":
      return keyVariable === null
        ? setting === "rerank"
          ? `set ${names.apiKey} to the variable that holds the key`
          : `set ${names.apiKey}, or providers.${provider}.keyVariable to the variable that holds the key`
        : `export ${keyVariable}=<your key>`;
  }
}

/** Nobody's but the user's, who can look after it. */
const isOwnServer = (endpoint: ModelEndpoint): boolean => endpoint.facts.hosts.length === 0;
