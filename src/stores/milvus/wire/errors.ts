import { ExitCode, UserError } from "../../../errors.ts";
import type { Status } from "./protocol.ts";

/** What a message about a failure may name; no secrets. */
export interface FailureContext {
  /** The server's address or the database's path. */
  location: string;
  database: string | null;
  tls: boolean;
  timeoutMs: number;
  /** Whether the other side is an engine of ours. */
  revives: boolean;
  /** Whether the request carried a token. */
  hasToken: boolean;
}

/** Codes of the `UserError`s that callers look at. */
export const MilvusErrorCode = {
  collectionNotFound: "collection-not-found",
  notLoaded: "milvus-not-loaded",
  indexNotFound: "milvus-index-not-found",
  unimplemented: "milvus-unimplemented",
  refused: "milvus-refused",
  connection: "milvus-connection",
  notPermitted: "milvus-permission",
} as const;

/** Codes of gRPC (https://grpc.io/docs/guides/status-codes/). */
export const GrpcStatus = {
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Codes of Milvus (`pkg/util/merr/errors.go`), beside those of the older enumeration that mean the same. */
const rateLimit = 8;
const notReady = new Set([1, 2]);
/** Too many requests, no memory, no disk, a quota, too few nodes. */
const quotaCodes = new Set([3, 4, 7, 9, 12]);
/** Collections, everything in them, databases. */
const countCodes = new Set([102, 250, 801]);
const notAuthenticated = 1400;
const notPermitted = 1401;
const collectionNotFound = 100;
const collectionNotLoaded = new Set([101, 103]);
const indexNotFound = 700;
const databaseNotFound = 800;
const legacyCollectionNotExists = 4;
const legacyRateLimit = 49;

/** Whether an answer is a failure: some servers fill in only one of the two codes. */
export function isFailure(status: Status): boolean {
  return status.code !== 0 || status.error_code !== 0;
}

/** Whether a later retry is likely to help: the server is starting or overloaded. */
export function isBusy(status: Status): boolean {
  return isRateLimited(status) || isNotReady(status);
}

function isRateLimited(status: Status): boolean {
  return status.code === rateLimit || (status.code === 0 && status.error_code === legacyRateLimit);
}

/** Milvus Lite uses the same numbers for other failures, which a retry does not mend. */
function isNotReady(status: Status): boolean {
  return notReady.has(status.code) && status.retriable;
}

/** An error that Milvus answered. */
export function statusError(status: Status, call: string, context: FailureContext): UserError {
  const reason = firstLine(status.reason);
  if (isRateLimited(status) || quotaCodes.has(status.code)) {
    return backend("milvus-quota", `${context.location} refuses more for now: ${reason}`, {
      hint: "wait and run the same command again, it goes on where it stopped; or raise the quota of the cluster",
    });
  }
  if (isNotReady(status)) {
    return backend("milvus-not-ready", `${context.location} is not ready: ${reason}`, {
      hint: "a server that was just started needs a minute; where it lasts, its log says why",
    });
  }
  if (countCodes.has(status.code)) {
    return backend("milvus-quota", `${context.location} takes no more: ${reason}`, {
      hint: "drop a collection that is no longer needed (rag collections drop), or raise the quota of the cluster",
    });
  }
  if (status.code === notAuthenticated) return wrongToken(context);
  if (status.code === notPermitted) return notAllowed(context.location, call, reason);
  if (status.code === collectionNotFound || (status.code === 0 && status.error_code === legacyCollectionNotExists)) {
    return backend(MilvusErrorCode.collectionNotFound, `there is no such collection in ${context.location}: ${reason}`);
  }
  if (collectionNotLoaded.has(status.code)) {
    return backend(MilvusErrorCode.notLoaded, `the collection is not loaded in ${context.location}: ${reason}`);
  }
  if (status.code === indexNotFound) {
    return backend(MilvusErrorCode.indexNotFound, `the collection has no index in ${context.location}: ${reason}`);
  }
  if (status.code === databaseNotFound || /database(?!=).*not (found|exist)/i.test(reason)) {
    return backend("milvus-database", `there is no database ${context.database ?? "default"} in ${context.location}`, {
      hint: "check `milvus.database`, or create the database first",
    });
  }
  // Without a collection to compare with, a refused dimension is one that the server never accepts.
  if (
    call !== "CreateCollection" &&
    /dim(ension)?s?\b.*(mismatch|not match|expected|should be)|(vector|length).*\bdim\b/i.test(reason)
  ) {
    return backend("milvus-dimensions", `the vectors do not fit the collection in ${context.location}: ${reason}`, {
      hint: "the embedding model is another than the collection was made with; name that one, or ingest with --recreate",
    });
  }
  return backend(MilvusErrorCode.refused, `${context.location} refused ${call} (code ${status.code}): ${reason}`);
}

/** A call that got no answer from Milvus. */
export function transportError(code: number, details: string, call: string, context: FailureContext): UserError {
  const { location } = context;
  const reason = firstLine(withoutWrapping(details));
  switch (code) {
    case GrpcStatus.unauthenticated:
      return wrongToken(context);
    case GrpcStatus.permissionDenied:
      return notAllowed(location, call, reason);
    case GrpcStatus.deadlineExceeded:
      return backend("milvus-timeout", `${location} did not answer within ${context.timeoutMs / 1000} s (${call})`, {
        hint: context.revives
          ? "its engine is stopped, or busy with another command: wait, raise `milvus.timeoutMs`, or end the process that .rag-engine.json in the database names"
          : "check that a Milvus listens there, or raise `milvus.timeoutMs`",
      });
    case GrpcStatus.unimplemented:
      return backend(MilvusErrorCode.unimplemented, `${location} does not know the call ${call}`, {
        hint: "it is not a Milvus, or one that is too old; 2.3 is the oldest that serves",
      });
    case GrpcStatus.resourceExhausted:
      return backend("milvus-quota", `${location} refuses more for now: ${reason}`);
    default:
      return connectionError(reason, call, context);
  }
}

function wrongToken({ location, hasToken }: FailureContext): UserError {
  if (!hasToken) {
    return backend("milvus-token", `${location} wants a token, and none is configured`, {
      hint: "set MILVUS_TOKEN (`milvus.token`) to an API key, or to user:password",
    });
  }
  return backend("milvus-token", `${location} does not accept the token`, {
    hint: "check `milvus.token` (MILVUS_TOKEN): an API key, or user:password",
  });
}

function notAllowed(location: string, call: string, reason: string): UserError {
  return backend(MilvusErrorCode.notPermitted, `${location} does not allow ${call}: ${reason}`);
}

function connectionError(reason: string, call: string, { location, tls }: FailureContext): UserError {
  if (tls && /wrong version number|packet length too long|SSL routines.*unexpected/i.test(reason)) {
    return backend("milvus-tls", `${location} does not speak TLS`, { hint: "write http:// in place of https://" });
  }
  if (tls && /alert no application protocol/i.test(reason)) return notMilvus(location, "it does not speak HTTP/2");
  const [, alert] = /alert ((?:bad |unknown )?(?:certificate|ca)\b[a-z ]*)/i.exec(reason) ?? [];
  if (alert !== undefined) {
    return backend("milvus-tls", `${location} wants a client's certificate that it trusts (it says: ${alert})`, {
      hint: "name yours in `milvus.tls.certFile` and `milvus.tls.keyFile`",
    });
  }
  if (/certificate|self.signed|ERR_TLS|altnames/i.test(reason)) {
    return backend("milvus-tls", `the certificate of ${location} is not accepted: ${reason}`, {
      hint: "name the authority's certificate in `milvus.tls.caFile`, or the server's name in `milvus.tls.serverName`",
    });
  }
  if (/ENOTFOUND|EAI_AGAIN|name resolution/i.test(reason)) {
    return backend("milvus-unreachable", `the host of ${location} is not known`, {
      hint: "check `milvus.uri`; the folder of an embedded store is written ./folder",
    });
  }
  if (/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOENT|ETIMEDOUT/i.test(reason)) {
    return backend("milvus-unreachable", `nothing answers at ${location}`, {
      hint: "start the server, or check `milvus.uri`",
    });
  }
  if (/protocol error|parse error|HTTP\/1|HTTP status|http2|content-type|bad request/i.test(reason)) {
    return notMilvus(location, reason);
  }
  // OpenSSL puts the words between numbers and the names of its functions and files.
  const [, words = reason] = /:SSL routines:[^:]*:([^:]+)/.exec(reason) ?? [];
  return backend(MilvusErrorCode.connection, `the connection to ${location} broke during ${call}: ${words}`, {
    hint: tls ? "check the address and its port" : "where the server wants TLS, write https:// in `milvus.uri`",
  });
}

function notMilvus(location: string, reason: string): UserError {
  return backend("milvus-not-milvus", `what answers at ${location} is not a Milvus: ${reason}`, {
    hint: "check the port: Milvus serves its API on 19530; 9091 and 2379 belong to other services",
  });
}

/** For plain text sent to a port that expects TLS. */
export function wantsTls({ location }: FailureContext): UserError {
  return backend("milvus-tls", `${location} wants TLS, and was spoken to without`, {
    hint: "write https:// in `milvus.uri`",
  });
}

export function backend(code: string, message: string, options: { hint?: string; cause?: unknown } = {}): UserError {
  return new UserError(code, message, { ...options, exitCode: ExitCode.backend });
}

/** The cause, without the remarks that gRPC puts around it. */
function withoutWrapping(details: string): string {
  const [, cause = details] = /Last error: (.*?)(?: \(\d{4}-[^)]*\))?\. Resolution note/s.exec(details) ?? [];
  return cause.replace(/^Error: /, "");
}

function firstLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "");
  return line === "" ? "no reason given" : line.slice(0, 400);
}
