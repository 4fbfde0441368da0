import { hostname } from "node:os";
import { resolve } from "node:path";
import type { MilvusAddress } from "../../addresses/milvus-address.ts";
import type { Config } from "../../config/schema.ts";
import { UserError, messageOf } from "../../errors.ts";
import { readRegularFile } from "../../files/read-regular-file.ts";
import type { Store, StoreUse } from "../types.ts";
import { type MilvusDialect, lite2Dialect, serverDialect } from "./dialect.ts";
import { servedLiteDialect } from "./lite/dialect.ts";
import { assembleMilvusStore } from "./store.ts";
import type { TlsMaterial } from "./wire/channel.ts";
import { type MilvusConnection, connectMilvus } from "./wire/connection.ts";
import { MilvusErrorCode, backend } from "./wire/errors.ts";

/** A bundle of all public authorities takes 250 kB. */
const maxPemBytes = 4_000_000;

export interface MilvusServerOptions {
  address: MilvusAddress;
  /** The configuration's `milvus`. */
  milvus: Config["milvus"];
  /** Absolute folder that the files of `milvus.tls` are relative to. */
  projectRoot: string;
  use: StoreUse;
  onNotice?(text: string): void;
}

/** Long enough for a job that writes for an hour to survive the restart of a proxy. */
const WRITING_PATIENCE_MS = 60_000;

/** A Milvus server, a cluster, or Zilliz Cloud. Connects on first use. */
export function openMilvusServer({ address, milvus, projectRoot, use, onNotice }: MilvusServerOptions): Store {
  const database = milvus.database ?? address.database;
  const token = milvus.token || address.credentials;
  const tls = milvus.tls;
  const usesTls = address.tls || tls?.caFile !== undefined || tls?.certFile !== undefined;
  const location = usesTls ? address.location.replace(/^http:/, "https:") : address.location;
  const connection = connectMilvus({
    endpoint: async () => ({
      target: address.target,
      authorization: token ? Buffer.from(token).toString("base64") : null,
    }),
    revives: false,
    tls: usesTls ? () => readTls(tls, projectRoot) : null,
    database: database ?? null,
    timeoutMs: milvus.timeoutMs,
    location,
    ...(use === "writing"
      ? { patienceMs: WRITING_PATIENCE_MS, consistency: "strong" }
      : { consistency: milvus.consistency }),
  });
  let dialect: Promise<MilvusDialect> | null = null;
  return assembleMilvusStore({
    connection,
    dialect: () => (dialect ??= askForDialect(connection, address.target, location)),
    kind: "milvus",
    location: database ? `${location}/${database}` : location,
    settings: milvus,
    size: async () => null,
    // A server takes several writers; rows are replaced by key.
    lockForWriting: async () => ({ release: async () => {} }),
    ...(onNotice === undefined ? {} : { onNotice }),
  });
}

async function readTls(tls: Config["milvus"]["tls"], projectRoot: string): Promise<TlsMaterial> {
  const read = async (file: string | undefined): Promise<Buffer | null> => {
    if (file === undefined) return null;
    return readRegularFile(resolve(projectRoot, file), maxPemBytes).catch((error: unknown) => {
      throw new UserError("tls-file", `the file ${file} of \`milvus.tls\` cannot be read: ${messageOf(error)}`);
    });
  };
  return {
    ca: await read(tls?.caFile),
    key: await read(tls?.keyFile),
    certificate: await read(tls?.certFile),
    serverName: tls?.serverName ?? null,
  };
}

/** Sends the handshake that every Milvus expects, and reads which server answers. */
async function askForDialect(connection: MilvusConnection, target: string, location: string): Promise<MilvusDialect> {
  const { server_info: server } = await connection
    .call("Connect", {
      client_info: {
        sdk_type: "milvus-rag",
        sdk_version: "1",
        local_time: new Date().toISOString(),
        user: "",
        host: hostname(),
      },
    })
    .catch((error: unknown) => {
      if (!(error instanceof UserError) || error.code !== MilvusErrorCode.unimplemented) throw error;
      throw backend(
        "milvus-not-milvus",
        `what answers at ${location} is not a Milvus: it does not know how to connect`,
        { hint: "check the port: Milvus serves its API on 19530" },
      );
    });
  const tags = server?.build_tags ?? "";
  if (tags === "milvus_lite") return servedLiteDialect;
  if (tags !== "") return serverDialect(tags, target);
  try {
    return serverDialect((await connection.call("GetVersion", {})).version, target);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== MilvusErrorCode.unimplemented) throw error;
    return lite2Dialect(target);
  }
}
