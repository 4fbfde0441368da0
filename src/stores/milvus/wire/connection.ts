import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../../../util/backoff.ts";
import { type Channel, type ChannelParts, openChannel, speaksTls } from "./channel.ts";
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
import {
  CONSISTENCY_LEVEL,
  type CallName,
  type Calls,
  type Consistency,
  type Protocol,
  type Status,
  milvusProtocol,
} from "./protocol.ts";

export interface ConnectionOptions extends ChannelParts {
  /** Asked before the first call, and again when the other side is gone: it may start it. */
  endpoint: ChannelParts["endpoint"];
  /** Whether `endpoint` can bring the other side back, so that a call that broke is worth repeating. */
  revives: boolean;
  /** Milliseconds for one request. */
  timeoutMs: number;
  /** Milliseconds for one that works through what is stored, where such a request may take longer than `timeoutMs`. */
  workMs?: number;
  /** Milliseconds that a call waits for a server which answered before and is gone: while it, or its proxy, restarts. */
  patienceMs?: number;
  /** How fresh what is read has to be; `strong` where it is not set. */
  consistency?: Consistency;
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
  /** What every read says; a number of `milvus.proto.common.ConsistencyLevel`. */
  readonly consistency: number;
  close(): void;
}

const BACKOFF_MS = 1_000;
/** Waits of 0.5 s + 1 s + … + 16 s on average: half a minute of patience with a rate limit, or a server that starts. */
const BUSY_ATTEMPTS = 7;
const LONGEST_WAIT_MS = 32_000;
const CONNECTION_ATTEMPTS = 3;
/** As long as a person waits for an answer. */
const PATIENCE_MS = 2_000;
/** Short, so that a restarted server is found soon; random, so that its clients do not all ask at once. */
const LONGEST_WAIT_FOR_RETURN_MS = 5_000;

type Outcome = { over: Promise<Channel> } & (
  | { response: unknown }
  | { status: Status }
  | { transport: { code: number; details: string } }
);

/** Opens nothing: the connection is made by the first call. */
export function connectMilvus(options: ConnectionOptions): MilvusConnection {
  let channel: Promise<Channel> | null = null;
  let hasAnswered = false;
  const closed = new AbortController();
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
          return resolve(status !== null && isFailure(status) ? { status, over } : { response, over });
        },
      );
    });
  }

  async function call(name: CallName, request: object, { timeoutMs = usualMs(name, options) } = {}): Promise<unknown> {
    const baseMs = options.backoffMs ?? BACKOFF_MS;
    let giveUpAt: number | null = null;
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(name, request, timeoutMs);
      if ("response" in outcome) {
        hasAnswered = true;
        return outcome.response;
      }
      const { target, hasToken } = await outcome.over;
      const context: FailureContext = { ...options, tls: options.tls !== null, timeoutMs, hasToken };
      let wait = backoffMs(attempts, { baseMs, maxMs: LONGEST_WAIT_MS });
      if ("status" in outcome) {
        hasAnswered = true;
        const limit = isBusy(outcome.status) ? BUSY_ATTEMPTS : CONNECTION_ATTEMPTS;
        const repeat = (isBusy(outcome.status) || outcome.status.retriable) && attempts < limit;
        if (!repeat) throw statusError(outcome.status, name, context);
      } else {
        const { code, details } = outcome.transport;
        giveUpAt ??= Date.now() + (options.patienceMs ?? PATIENCE_MS);
        const left = giveUpAt - Date.now();
        // Every call here may be made twice: rows are replaced by key, and what is deleted stays deleted.
        const mayReturn = code === GrpcStatus.unavailable && (options.revives || hasAnswered);
        if (!mayReturn || (options.revives ? attempts >= CONNECTION_ATTEMPTS : left <= 0)) {
          const error = transportError(code, details, name, context);
          // gRPC does not tell a port that wants TLS from one that hangs up.
          const isSilent = error.code === MilvusErrorCode.connection && !context.tls && !options.revives;
          throw isSilent && (await speaksTls(target)) ? wantsTls(context) : error;
        }
        leave(outcome.over);
        if (options.revives) continue;
        wait = Math.min(left, backoffMs(attempts, { baseMs, maxMs: LONGEST_WAIT_FOR_RETURN_MS }));
      }
      // Closing the connection gives up the calls under way.
      await sleep(wait, undefined, { signal: closed.signal });
    }
  }

  return {
    call: call as MilvusConnection["call"],
    get protocol() {
      return protocol();
    },
    consistency: CONSISTENCY_LEVEL[options.consistency ?? "strong"],
    close() {
      closed.abort();
      leave(channel);
    },
  };
}

/** Calls that are answered without reading what is stored. */
const lookUps = new Set<CallName>([
  "Connect",
  "GetVersion",
  "ShowCollections",
  "ShowPartitions",
  "DescribeCollection",
  "DescribeIndex",
  "GetLoadState",
]);

function usualMs(name: CallName, { timeoutMs, workMs = 0 }: ConnectionOptions): number {
  return lookUps.has(name) ? timeoutMs : Math.max(timeoutMs, workMs);
}

function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => (made ??= make());
}
