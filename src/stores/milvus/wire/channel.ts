import type { ChannelCredentials, ChannelOptions, Client, Metadata } from "@grpc/grpc-js";

/** The address of a channel, and what its requests carry. */
export interface Endpoint {
  /** `host:port`, or `unix:/path`. */
  target: string;
  /** Sent as the `authorization` header; `null` where there is none. */
  authorization: string | null;
}

/** Certificates and keys for TLS beside the system's authorities, as PEM. */
export interface TlsMaterial {
  ca: Buffer | null;
  key: Buffer | null;
  certificate: Buffer | null;
  /** Checked in place of the address's host. */
  serverName: string | null;
}

/** Milliseconds between keepalive pings, and until an unanswered ping closes the connection. */
export interface Keepalive {
  everyMs: number;
  answerMs: number;
}

/** What the SDK's own client sets. */
const KEEPALIVE: Keepalive = { everyMs: 10_000, answerMs: 5_000 };

export interface ChannelParts {
  endpoint(): Promise<Endpoint>;
  /** Read before the first call; `null`: plaintext. */
  tls: (() => Promise<TlsMaterial>) | null;
  database: string | null;
  /** The other side is an engine on this machine. */
  revives: boolean;
  keepalive?: Keepalive;
}

/** A channel that is open, or opens with the first call. */
export interface Channel {
  target: string;
  client: Client;
  metadata: Metadata;
  /** Whether its requests carry a token. */
  hasToken: boolean;
}

export async function openChannel(parts: ChannelParts): Promise<Channel> {
  const [grpc, endpoint, tls] = await Promise.all([import("@grpc/grpc-js"), parts.endpoint(), parts.tls?.()]);
  const credentials: ChannelCredentials =
    tls === undefined
      ? grpc.credentials.createInsecure()
      : grpc.credentials.createSsl(tls.ca, tls.key, tls.certificate);
  const client = new grpc.Client(endpoint.target, credentials, {
    ...channelOptions(parts),
    ...(tls?.serverName
      ? {
          "grpc.ssl_target_name_override": tls.serverName,
          "grpc.default_authority": tls.serverName,
        }
      : {}),
  });
  const metadata = new grpc.Metadata();
  if (endpoint.authorization !== null) metadata.set("authorization", endpoint.authorization);
  if (parts.database !== null) metadata.set("dbname", parts.database);
  return { target: endpoint.target, client, metadata, hasToken: endpoint.authorization !== null };
}

/** What a channel is opened with, beside what TLS adds. */
export function channelOptions({
  revives,
  keepalive = KEEPALIVE,
}: Pick<ChannelParts, "revives" | "keepalive">): ChannelOptions {
  return {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    // A channel of its own: after a restart, a shared one would still be waiting to try again.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 50,
    // No network lies between this machine and an engine on it: no proxy, and nothing that forgets a connection. Its
    // gRPC hangs up on clients that ask every few seconds.
    ...(revives
      ? { "grpc.enable_http_proxy": 0 }
      : {
          "grpc.enable_http_proxy": 1,
          // Routers drop idle connections silently. Without pings, the next request would wait for its whole timeout.
          "grpc.keepalive_time_ms": keepalive.everyMs,
          "grpc.keepalive_timeout_ms": keepalive.answerMs,
          "grpc.keepalive_permit_without_calls": 1,
        }),
  };
}

const HANDSHAKE_MS = 3_000;

/** Whether a TLS handshake gets an answer there, whatever the certificate; nothing else is sent. */
export async function speaksTls(target: string): Promise<boolean> {
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
