import { UserError } from "../errors.ts";

/** Where a Milvus server is, and what its address said beside that. */
export interface MilvusAddress {
  /** `host:port`, as gRPC takes it. */
  target: string;
  /** Without the port, in lower case. */
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
 * the end. Throws `UserError` where it is no address.
 */
export function parseMilvusAddress(uri: string): MilvusAddress {
  const trimmed = uri.trim();
  const [, scheme = "http", rest = trimmed] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(trimmed) ?? [];
  const lowered = scheme.toLowerCase();
  const tls = tlsSchemes.has(lowered);
  if (!tls && !plainSchemes.has(lowered)) {
    throw notAnAddress(`it begins with ${lowered}://, which is neither http:// nor https://`);
  }
  let url: URL;
  try {
    // Under a scheme of its own, URL drops no port for being the scheme's default.
    url = new URL(`milvus://${rest}`);
  } catch (error) {
    throw notAnAddress("it has no host, or a port that is no number from 1 to 65535", error);
  }
  if (Number(url.port || DEFAULT_PORT) === 0) throw notAnAddress("its port is no number from 1 to 65535");
  const host = decodeURIComponent(url.hostname).toLowerCase();
  if (host === "" || /\s/.test(host)) throw notAnAddress("it has no host");
  const port = url.port === "" ? (tls ? DEFAULT_TLS_PORT : DEFAULT_PORT) : Number(url.port);
  const path = url.pathname.replaceAll(/^\/+|\/+$/g, "");
  if (path.includes("/")) throw notAnAddress("its path has more than the name of a database");
  return {
    target: `${host}:${port}`,
    hostname: host,
    tls,
    credentials: url.username === "" ? null : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`,
    database: path === "" ? null : decodeURIComponent(path),
    location: `${tls ? "https" : "http"}://${host}:${port}`,
  };
}

/** The address itself stays out of the message: it may hold a password. */
function notAnAddress(reason: string, cause?: unknown): UserError {
  return new UserError("milvus-address", `\`milvus.uri\` is not the address of a Milvus server: ${reason}`, {
    hint: "write http://host:19530, host:port, https://… for Zilliz Cloud, a path that ends in .db, or ./folder",
    cause,
  });
}
