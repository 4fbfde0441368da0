import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { ExitCode, UserError, messageOf } from "../../errors.ts";
import { createServer, type ServerOptions } from "./server.ts";
import { aborted } from "./stdio.ts";

/** Where clients send their requests. */
const endpoint = "/mcp";
/** A call of a tool has some hundreds of bytes. */
const maxBodyBytes = 1_000_000;
const loopback = "127.0.0.1";
const ownNames = new Set([loopback, "localhost", "[::1]"]);

export interface HttpOptions extends ServerOptions {
  /** 0: any that is free. */
  port: number;
  /** What every request has to carry. */
  token: string;
  onListening(address: string): void;
}

/**
 * Serves clients of this machine over HTTP, until the process is told to stop. Every request is one exchange: the server
 * keeps no state for a client. Throws `UserError` `port-in-use` (exit code 4) where it cannot listen.
 */
export async function serveHttp(options: HttpOptions): Promise<void> {
  const { port, token, context, onListening } = options;
  const server = createHttpServer((request, response) => {
    answer(request, response, options, token).catch((error: unknown) => {
      context.output.warn(`a request failed: ${messageOf(error)}`);
      refuse(response, 500, "the request failed");
    });
  });
  server.maxConnections = 100;
  server.listen(port, loopback);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new UserError("port-in-use", `cannot listen on ${loopback}:${port}: ${messageOf(error)}`, {
      hint: "name another port, or 0 for any that is free",
      exitCode: ExitCode.backend,
      cause: error,
    });
  }
  onListening(`http://${loopback}:${(server.address() as AddressInfo).port}${endpoint}`);
  await aborted(context.signal);
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  token: string,
): Promise<void> {
  // A page that a browser shows may reach this port under a name of its own (DNS rebinding), or send requests across.
  if (!isOwnHost(request.headers.host)) return refuse(response, 403, "the Host header names another machine");
  if (!isOwnOrigin(request.headers.origin)) return refuse(response, 403, "requests of web pages are refused");
  if (!carries(request.headers.authorization, token)) {
    response.setHeader("www-authenticate", "Bearer");
    return refuse(response, 401, "the token is missing or wrong");
  }
  const { pathname } = new URL(request.url ?? "/", `http://${loopback}`);
  if (pathname !== endpoint) return refuse(response, 404, `the endpoint is ${endpoint}`);
  if (request.method !== "POST") {
    response.setHeader("allow", "POST");
    return refuse(response, 405, "requests are sent with POST");
  }
  const body = await readBody(request);
  if (body === null) {
    response.setHeader("connection", "close");
    return refuse(response, 413, `a request may have ${maxBodyBytes} bytes`);
  }
  await exchange(request, response, body, options);
}

/** One request of a client, by a server of its own that shares the session with all others. */
async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  options: ServerOptions,
): Promise<void> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = createServer(options);
  await server.connect(transport);
  // A client that goes away takes its call with it.
  response.on("close", () => void server.close());
  const headers = new Headers();
  for (const name of ["accept", "content-type", "mcp-protocol-version"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const url = `http://${loopback}${endpoint}`;
  const answered = await transport.handleRequest(
    new Request(url, { method: "POST", headers, body: new Uint8Array(body) }),
  );
  const text = await answered.text();
  if (response.destroyed) return;
  response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(options.context.output.masked(text));
}

function isOwnHost(host: string | undefined): boolean {
  return ownNames.has((host ?? "").toLowerCase().replace(/:\d+$/, ""));
}

/** Programs send none; a page of this machine may. */
function isOwnOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && ownNames.has(new URL(origin).hostname);
}

/** Compared by hashes, which are of one length, in the same time whatever differs. */
function carries(authorization: string | undefined, token: string): boolean {
  const [, given = ""] = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? "") ?? [];
  return timingSafeEqual(sha256(given), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** `null` where the body is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > maxBodyBytes) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code: -32000, message }, id: null }));
}
