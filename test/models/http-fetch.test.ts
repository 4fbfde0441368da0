import { once } from "node:events";
import { type IncomingMessage, type Server, createServer } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { httpFetch } from "../../src/models/http-fetch.ts";

const servers: Server[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("a request", () => {
  it("brings status, headers and body, and keeps its connection for the next", async () => {
    const ports: (number | undefined)[] = [];
    const address = await listen(
      createServer(async (request, response) => {
        ports.push(request.socket.remotePort);
        const body = await textOf(request);
        response.writeHead(418, { "content-type": "application/json", "x-answer": "yes" });
        response.end(JSON.stringify({ method: request.method, path: request.url, body }));
      }),
    );
    for (let time = 0; time < 2; time++) {
      const response = await httpFetch(`${address}/path?a=b`, { method: "POST", body: "grüße" });
      expect(response.status).toBe(418);
      expect(response.ok).toBe(false);
      expect(response.headers.get("X-Answer")).toBe("yes");
      expect(await response.json()).toEqual({ method: "POST", path: "/path?a=b", body: "grüße" });
    }
    expect(ports[0]).toBe(ports[1]);
  });

  it("reads an answer that has no body", async () => {
    const address = await listen(createServer((_, response) => response.writeHead(204).end()));
    const response = await httpFetch(address, {});
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  it("does not follow a redirect", async () => {
    const address = await listen(createServer((_, response) => response.writeHead(302, { location: "/x" }).end()));
    expect((await httpFetch(address, {})).status).toBe(302);
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("reads an answer that is compressed by %s though nobody asked for it", async (coding, compress) => {
    const address = await listen(
      createServer((_, response) => response.writeHead(200, { "content-encoding": coding }).end(compress("grüße"))),
    );
    expect(await (await httpFetch(address, {})).text()).toBe("grüße");
  });

  it("fails where a compressed answer is damaged, or compressed by something unknown", async () => {
    const address = await listen(
      createServer((request, response) => {
        response.writeHead(200, { "content-encoding": request.url === "/damaged" ? "gzip" : "own" }).end("no gzip");
      }),
    );
    await expect((await httpFetch(`${address}/damaged`, {})).text()).rejects.toMatchObject({ code: "Z_DATA_ERROR" });
    await expect(httpFetch(address, {})).rejects.toThrow("compressed with own");
  });

  it("fails where the connection breaks before and in the middle of the answer, and where nobody listens", async () => {
    const address = await listen(
      createServer((request, response) => {
        if (request.url === "/before") return void request.socket.resetAndDestroy();
        response.writeHead(200, { "content-length": "100" });
        response.write("a part", () => request.socket.resetAndDestroy());
      }),
    );
    await expect(httpFetch(`${address}/before`, {})).rejects.toMatchObject({ code: "ECONNRESET" });
    const response = await httpFetch(`${address}/midway`, {});
    await expect(response.text()).rejects.toMatchObject({ code: "ECONNRESET" });
    servers[0]?.close();
    servers[0]?.closeAllConnections();
    await expect(httpFetch(address, {})).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is given up on abort, while it waits and while it is answered", async () => {
    const address = await listen(
      createServer((request, response) => {
        if (request.url === "/waiting") return;
        response.writeHead(200).write("a part");
      }),
    );
    const waiting = new AbortController();
    const request = httpFetch(`${address}/waiting`, { signal: waiting.signal });
    setTimeout(() => waiting.abort(), 20);
    await expect(request).rejects.toMatchObject({ name: "AbortError" });

    const reading = new AbortController();
    const response = await httpFetch(address, { signal: reading.signal });
    setTimeout(() => reading.abort(), 20);
    await expect(response.text()).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("a proxy of the environment", () => {
  it("gets plain requests for other machines, with its own credentials", async () => {
    const seen: { url: string | undefined; authorization: string | undefined; host: string | undefined }[] = [];
    const proxy = await listen(
      createServer((request, response) => {
        const { host, "proxy-authorization": authorization } = request.headers;
        seen.push({ url: request.url, authorization, host });
        response.end("through the proxy");
      }),
    );
    vi.stubEnv("HTTP_PROXY", proxy.replace("//", "//me:secret@"));
    const response = await httpFetch("http://models.test/v1/embeddings", { method: "POST", body: "{}" });
    expect(await response.text()).toBe("through the proxy");
    const authorization = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(seen).toEqual([{ url: "http://models.test/v1/embeddings", authorization, host: "models.test" }]);
  });

  it("gets no more of a request over TLS than where it goes", async () => {
    const seen: { target: string | undefined; headers: object }[] = [];
    const server = createServer();
    server.on("connect", (request, socket) => {
      seen.push({ target: request.url, headers: request.headers });
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    vi.stubEnv("https_proxy", await listen(server));
    const request = httpFetch("https://models.test/v1", {
      headers: new Headers({ authorization: "Bearer sk-secret" }),
    });
    await expect(request).rejects.toThrow(/the proxy 127\.0\.0\.1:\d+ refused the connection \(HTTP 403\)/);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.target).toBe("models.test:443");
    expect(JSON.stringify(seen)).not.toContain("sk-secret");
  });

  it("is left out for this machine, and for hosts of NO_PROXY", async () => {
    let proxied = 0;
    const proxy = await listen(createServer((_, response) => response.end(String(++proxied))));
    const address = await listen(createServer((_, response) => response.end("direct")));
    vi.stubEnv("HTTP_PROXY", proxy);
    expect(await (await httpFetch(address, {})).text()).toBe("direct");
    vi.stubEnv("NO_PROXY", "models.invalid");
    await expect(httpFetch("http://models.invalid/", {})).rejects.toMatchObject({ code: /ENOTFOUND|EAI_AGAIN/ });
    expect(proxied).toBe(0);
  });

  it("that cannot be used is named, without its password", async () => {
    vi.stubEnv("ALL_PROXY", "socks5://me:secret@127.0.0.1:1");
    await expect(httpFetch("https://models.test/", {})).rejects.toThrow("socks5://, which is not supported");
    vi.stubEnv("ALL_PROXY", "http://[");
    await expect(httpFetch("https://models.test/", {})).rejects.toThrow("is not an address");
  });
});

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
