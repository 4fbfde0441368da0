import { setTimeout as sleep } from "node:timers/promises";
import type { ChannelCredentials, Client, Metadata } from "@grpc/grpc-js";
import { backoffMs } from "../../../util/backoff.ts";
import {
  type FailureContext,
  GrpcStatus,
  MilvusErrorCode,
  isBusy,
  isFailure,
  statusError,
  transportError,
  wantsTls,
} from "./errors.ts";
import { type CallName, type Calls, type Protocol, type Status, milvusProtocol } from "./protocol.ts";

/** Where a channel leads and what its requests carry. */
interface Endpoint {
  /** `host:port`, or `unix:/path`. */
  target: string;
  /** Sent as the `authorization` header; `null` where there is none. */
  authorization: string | null;
}

/** What TLS needs beyond the system's own authorities, as PEM. */
export interface TlsMaterial {
  ca: Buffer | null;
  key: Buffer | null;
  certificate: Buffer | null;
  /** Checked in place of the address's host. */
  serverName: string | null;
}

export interface ConnectionOptions {
  /** Asked before the first call, and again when the other side is gone: it may start it. */
  endpoint(): Promise<Endpoint>;
  /** Whether `endpoint` can bring the other side back, so that a call that broke is worth repeating. */
  revives: boolean;
  /** Read before the first call; `null`: plaintext. */
  tls: (() => Promise<TlsMaterial>) | null;
  database: string | null;
  /** Milliseconds for one request. */
  timeoutMs: number;
  /** Milliseconds for one that works through what is stored, where such a request may take longer than `timeoutMs`. */
  workMs?: number;
  /** For messages, without secrets. */
  location: string;
  /** Most milliseconds before the first repetition of a refused call; each next may wait twice as long. */
  backoffMs?: number;
}

/** Makes the calls of one store; every failure is a `UserError` that names the address and the cause. */
export interface MilvusConnection {
  call<Name extends CallName>(
    name: Name,
    request: Calls[Name][0],
    options?: { timeoutMs?: number },
  ): Promise<Calls[Name][1]>;
  readonly protocol: Promise<Protocol>;
  close(): void;
}

const BACKOFF_MS = 1_000;
/** Waits of 0.5 s + 1 s + … + 16 s on average: half a minute of patience with a rate limit, or a server that starts. */
const BUSY_ATTEMPTS = 7;
const LONGEST_WAIT_MS = 32_000;
const CONNECTION_ATTEMPTS = 3;
const HANDSHAKE_MS = 3_000;

type Outcome =
  | { response: unknown }
  | { status: Status }
  | { transport: { code: number; details: string }; over: Promise<Channel> };

/** Opens nothing: the connection is made by the first call. */
export function connectMilvus(options: ConnectionOptions): MilvusConnection {
  let channel: Promise<Channel> | null = null;
  let hasAnswered = false;
  const protocol = lazily(milvusProtocol);

  const openOnce = (): Promise<Channel> => {
    channel ??= openChannel(options);
    return channel;
  };
  /** Closes a channel that broke. Another call may have replaced it already: the new one stays. */
  const leave = (left: Promise<Channel> | null): void => {
    if (channel === left) channel = null;
    void left?.then(
      ({ client }) => client.close(),
      () => {},
    );
  };

  async function attempt(name: CallName, request: object, timeoutMs: number): Promise<Outcome> {
    const over = openOnce();
    const [{ client, metadata }, definitions] = await Promise.all([over, protocol()]);
    const codec = definitions.codec(name);
    // Another call found this channel broken and closed it.
    if (channel !== over)
      return { transport: { code: GrpcStatus.unavailable, details: "the connection was lost" }, over };
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        codec.path,
        (message: object) => codec.encode(message),
        (bytes: Buffer) => codec.decode(bytes),
        request,
        metadata,
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (error !== null) return resolve({ transport: error, over });
          const status = codec.statusOf(response);
          return resolve(status !== null && isFailure(status) ? { status } : { response });
        },
      );
    });
  }

  async function call(name: CallName, request: object, { timeoutMs = usualMs(name, options) } = {}): Promise<unknown> {
    const context: FailureContext = { ...options, tls: options.tls !== null, timeoutMs };
    const baseMs = options.backoffMs ?? BACKOFF_MS;
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(name, request, timeoutMs);
      if ("response" in outcome) {
        hasAnswered = true;
        return outcome.response;
      }
      if ("status" in outcome) {
        hasAnswered = true;
        const limit = isBusy(outcome.status) ? BUSY_ATTEMPTS : CONNECTION_ATTEMPTS;
        const repeat = (isBusy(outcome.status) || outcome.status.retriable) && attempts < limit;
        if (!repeat) throw statusError(outcome.status, name, context);
      } else {
        const { code, details } = outcome.transport;
        // Every call here may be made twice: rows are replaced by key, and what is deleted stays deleted.
        const mayReturn = code === GrpcStatus.unavailable && (options.revives || hasAnswered);
        if (!mayReturn || attempts >= CONNECTION_ATTEMPTS) {
          const error = transportError(code, details, name, context);
          // gRPC does not tell a port that wants TLS from one that hangs up.
          const isSilent = error.code === MilvusErrorCode.connection && !context.tls && !options.revives;
          throw isSilent && (await speaksTls((await outcome.over).target)) ? wantsTls(context) : error;
        }
        leave(outcome.over);
        if (options.revives) continue;
      }
      await sleep(backoffMs(attempts, { baseMs, maxMs: LONGEST_WAIT_MS }));
    }
  }

  return {
    call: call as MilvusConnection["call"],
    get protocol() {
      return protocol();
    },
    close: () => leave(channel),
  };
}

/** Calls that are answered without reading what is stored. */
const lookUps = new Set<CallName>([
  "Connect",
  "GetVersion",
  "ShowCollections",
  "DescribeCollection",
  "DescribeIndex",
  "GetLoadState",
]);

function usualMs(name: CallName, { timeoutMs, workMs = 0 }: ConnectionOptions): number {
  return lookUps.has(name) ? timeoutMs : Math.max(timeoutMs, workMs);
}

interface Channel {
  target: string;
  client: Client;
  metadata: Metadata;
}

async function openChannel(options: ConnectionOptions): Promise<Channel> {
  const [grpc, endpoint, tls] = await Promise.all([import("@grpc/grpc-js"), options.endpoint(), options.tls?.()]);
  const credentials: ChannelCredentials =
    tls === undefined
      ? grpc.credentials.createInsecure()
      : grpc.credentials.createSsl(tls.ca, tls.key, tls.certificate);
  const client = new grpc.Client(endpoint.target, credentials, {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    // A channel of its own: after a restart, a shared one would still be waiting to try again.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 50,
    // An engine on this machine is not behind a proxy.
    "grpc.enable_http_proxy": options.revives ? 0 : 1,
    ...(tls?.serverName
      ? {
          "grpc.ssl_target_name_override": tls.serverName,
          "grpc.default_authority": tls.serverName,
        }
      : {}),
  });
  const metadata = new grpc.Metadata();
  if (endpoint.authorization !== null) metadata.set("authorization", endpoint.authorization);
  if (options.database !== null) metadata.set("dbname", options.database);
  return { target: endpoint.target, client, metadata };
}

/** Whether a TLS handshake gets an answer there, whatever the certificate; nothing else is sent. */
async function speaksTls(target: string): Promise<boolean> {
  const { connect } = await import("node:tls");
  const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, timeout: HANDSHAKE_MS });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("secureConnect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}

function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => (made ??= make());
}
