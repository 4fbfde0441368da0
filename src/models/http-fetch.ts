import { once } from "node:events";
import { type Agent, type IncomingMessage, globalAgent as httpAgent, request as requestHttp } from "node:http";
import { globalAgent as httpsAgent, request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { type Readable, Transform, addAbortSignal, pipeline } from "node:stream";
import { ReadableStream as WebStream } from "node:stream/web";
import { isLoopback } from "../secrets/allowed-hosts.ts";
import { AnswerTooLarge, answerLimits } from "./answer-limits.ts";

/** What a request is made of. */
export interface HttpRequest {
  method?: string;
  headers?: Headers;
  body?: string;
  signal?: AbortSignal | null;
  /** In place of the system's resolver. What a proxy resolves, it does not see. */
  lookup?: LookupFunction;
  /** Bytes of the answer at most, after decompression; its body fails with `AnswerTooLarge` behind them. */
  maxBytes?: number;
}

/** Answers that have no body by definition; `Response` insists. */
const bodiless = new Set([204, 205, 304]);

/**
 * `fetch` over Node's own HTTP client. The global one reads answers with WebAssembly, whose compilation delays the end of
 * a short process by 70 ms; and it goes through no proxy before Node 24. Follows no redirect. Asks for no compression,
 * and reads an answer that is compressed all the same. Throws what the connection fails with, by Node's codes, and an `AbortError` on abort.
 *
 * Honours `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; this machine itself is never reached through a proxy.
 */
export async function httpFetch(
  url: string,
  { method = "GET", headers, body, signal, lookup, maxBytes = answerLimits.bytes }: HttpRequest,
): Promise<Response> {
  const target = new URL(url);
  const agent = await agentFor(target);
  const request = (target.protocol === "https:" ? requestHttps : requestHttp)(target, {
    method,
    agent,
    headers: Object.fromEntries(headers ?? []),
    ...(signal ? { signal } : {}),
    ...(lookup ? { lookup } : {}),
  });
  request.end(body);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  // Once the head of the answer has come, a failure is reported by its body.
  request.on("error", () => {});
  if (signal) addAbortSignal(signal, answer);
  const status = answer.statusCode ?? 0;
  const received = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  if (bodiless.has(status)) answer.resume();
  const content = bodiless.has(status)
    ? null
    : await decoded(answer, status < 400 ? maxBytes : Math.min(maxBytes, answerLimits.errorBytes));
  // Not `Readable.toWeb`, which throws where nobody can catch it when a reader stops while pieces come.
  return new Response(content && (WebStream.from(content) as ReadableStream<Uint8Array>), {
    status,
    headers: received,
  });
}

/** The body as it was before the server compressed it, up to a size: a few kilobytes can stand for gigabytes. */
async function decoded(answer: IncomingMessage, maxBytes: number): Promise<Readable> {
  const coding = answer.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (coding === "identity" || coding === "") return pipeline(answer, limited(maxBytes), () => {});
  const { createBrotliDecompress, createUnzip } = await import("node:zlib");
  const decoder =
    coding === "br" ? createBrotliDecompress() : /^(x-)?gzip$|^deflate$/.test(coding) ? createUnzip() : null;
  if (decoder === null) {
    answer.destroy();
    throw new Error(`the answer is compressed with ${coding}, which nobody asked for`);
  }
  return pipeline(answer, decoder, limited(maxBytes), () => {});
}

function limited(maxBytes: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      length += chunk.length;
      if (length > maxBytes) done(new AnswerTooLarge(maxBytes));
      else done(null, chunk);
    },
  });
}

/** By the address of the proxy and the scheme of what is behind it; they keep connections. */
const proxyAgents = new Map<string, Agent>();

async function agentFor(url: URL): Promise<Agent> {
  const proxy = await proxyFor(url);
  if (proxy === null) return url.protocol === "https:" ? httpsAgent : httpAgent;
  const key = `${url.protocol} ${proxy.href}`;
  const agent = proxyAgents.get(key) ?? (await openProxyAgent(url, proxy));
  proxyAgents.set(key, agent);
  return agent;
}

async function openProxyAgent(url: URL, proxy: URL): Promise<Agent> {
  if (url.protocol === "https:") {
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    const agent = new HttpsProxyAgent(proxy, { keepAlive: true });
    // Else the proxy's refusal would be taken for the answer of the server behind it.
    agent.on("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) throw new Error(`the proxy ${proxy.host} refused the connection (HTTP ${statusCode})`);
    });
    return agent;
  }
  const { HttpProxyAgent } = await import("http-proxy-agent");
  return new HttpProxyAgent(proxy, { keepAlive: true });
}

async function proxyFor(url: URL): Promise<URL | null> {
  if (isLoopback(url.hostname) || !isProxyNamed()) return null;
  const { getProxyForUrl } = await import("proxy-from-env");
  const address = getProxyForUrl(url.href);
  if (address === "") return null;
  const proxy = URL.canParse(address) ? new URL(address) : null;
  if (proxy === null) throw new Error("HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is not an address");
  if (proxy.protocol === "http:" || proxy.protocol === "https:") return proxy;
  throw new Error(`a proxy of the kind ${proxy.protocol}//, which is not supported; use an http:// proxy`);
}

/** Spares the usual run the package. */
function isProxyNamed(): boolean {
  return Object.entries(process.env).some(([name, value]) => /^(https?|all)_proxy$/i.test(name) && value);
}
