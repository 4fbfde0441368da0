import { UserError } from "../errors.ts";

/** Where a Milvus server is, and what its address said beside that. */
export interface MilvusAddress {
  /** `host:port`, as gRPC takes it. */
  target: string;
  /** Without the port, in lower case. An IPv6 address is in brackets and shortened. */
  hostname: string;
  tls: boolean;
  /** `user:password` from the address; `null` where it holds none. */
  credentials: string | null;
  /** From the address's path, as Milvus's own clients read it; `null` where it has none. */
  database: string | null;
  /** For messages: with scheme and port, without secrets. */
  location: string;
}

const DEFAULT_PORT = 19_530;
const DEFAULT_TLS_PORT = 443;
const tlsSchemes = new Set(["https", "grpcs"]);
const plainSchemes = new Set(["http", "tcp", "grpc"]);

/**
 * Reads `host`, `host:port`, `http(s)://[user:password@]host[:port][/database]`, in any case and with any slashes at
 * the end. Two addresses lead to the same server if their `target` is equal. Throws `UserError` `milvus-address` where
 * the text is no address; the message does not repeat the text, which may hold a password.
 */
export function parseMilvusAddress(uri: string): MilvusAddress {
  const trimmed = uri.trim();
  const [, scheme = "http", rest = trimmed] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(trimmed) ?? [];
  const lowered = scheme.toLowerCase();
  const tls = tlsSchemes.has(lowered);
  if (!tls && !plainSchemes.has(lowered)) {
    throw notAnAddress(`it begins with ${lowered}://, which is neither http:// nor https://`);
  }
  const { url, host, username, password, path } = partsOf(rest);
  if (host === "" || /\s/.test(host)) throw notAnAddress("it has no host");
  if (url.port === "0") throw notAnAddress("its port is no number from 1 to 65535");
  if (path.includes("/")) throw notAnAddress("its path has more than the name of a database");
  const target = `${host}:${url.port || (tls ? DEFAULT_TLS_PORT : DEFAULT_PORT)}`;
  return {
    target,
    hostname: host,
    tls,
    credentials: username === "" ? null : `${username}:${password}`,
    database: path === "" ? null : path,
    location: `${tls ? "https" : "http"}://${target}`,
  };
}

/** The parts of an address without its scheme, decoded; the path without slashes around it. */
function partsOf(rest: string) {
  try {
    // Under a scheme that URL does not know, it drops no port for being the scheme's default.
    const url = new URL(`milvus://${rest}`);
    return {
      url,
      host: decodeURIComponent(url.hostname).toLowerCase(),
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      path: decodeURIComponent(url.pathname.replaceAll(/^\/+|\/+$/g, "")),
    };
  } catch (error) {
    throw notAnAddress("it has no host, or a port that is no number from 1 to 65535", error);
  }
}

function notAnAddress(reason: string, cause?: unknown): UserError {
  return new UserError("milvus-address", `\`milvus.uri\` is not the address of a Milvus server: ${reason}`, {
    hint: "write http://host:19530, host:port, https://… for Zilliz Cloud, a path that ends in .db, or ./folder",
    cause,
  });
}
