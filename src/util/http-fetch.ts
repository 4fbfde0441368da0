import { type Agent, globalAgent as httpAgent } from "node:http";
import { globalAgent as httpsAgent } from "node:https";
import { isLoopback } from "./allowed-hosts.ts";

/**
 * `fetch` over Node's own HTTP client. The global one reads answers with WebAssembly, whose compilation delays the end of
 * a short process by 70 ms; and it goes through no proxy before Node 24. Body and headers are read as usual, of the body
 * only what `for await` reads.
 *
 * Honours `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; this machine itself is never reached through a proxy.
 */
export async function httpFetch(url: string, init: RequestInit): Promise<Response> {
  const [{ default: fetch }, agent] = await Promise.all([import("minipass-fetch"), agentFor(new URL(url))]);
  return fetch(url, { ...init, agent });
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
