import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Config } from "../../config/schema.ts";
import { UserError, messageOf } from "../../errors.ts";
import { checkCollectionName } from "../../util/collection-name.ts";
import { parseMilvusAddress } from "../../addresses/milvus-address.ts";
import { OWN_KEY, openMilvusCollection } from "./collection.ts";
import { type MilvusConnection, type TlsMaterial, connectMilvus } from "./wire/connection.ts";
import { type AnalyzerChoice, type MilvusDialect, lite2Dialect, liteDialect, serverDialect } from "./dialect.ts";
import { MilvusErrorCode, backend } from "./wire/errors.ts";
import { openForeignCollection } from "./foreign/collection.ts";
import { ensureIndexes } from "./indexes.ts";
import { BM25_FUNCTION, type DescribedCollection, STRONG } from "./wire/protocol.ts";
import { manifestProperties, newSchema, readManifest } from "./schema.ts";
import { readMilvus } from "./reader.ts";
import type { Collection, Manifest, Store, WriterLease } from "../types.ts";

/** What the adapter is given beside a connection; the same for a server and for the engine on this machine. */
export interface MilvusStoreParts {
  connection: MilvusConnection;
  /** Asked once, before the first call that depends on it. */
  dialect(): Promise<MilvusDialect>;
  kind: "milvus" | "milvus-lite";
  location: string;
  settings: Pick<Config["milvus"], "analyzer" | "index" | "fields">;
  size(name: string): Promise<number | null>;
  lockForWriting(name: string, purpose: string): Promise<WriterLease>;
  close(): Promise<void>;
  /** A line for the user about what the deployment cannot do. */
  onNotice?(text: string): void;
}

export interface MilvusServerOptions {
  /** The configuration's `milvus`, its `uri` set. */
  milvus: Config["milvus"] & { uri: string };
  /** Absolute folder that the files of `milvus.tls` are relative to. */
  projectRoot: string;
  onNotice?(text: string): void;
}

/** A Milvus server, a cluster, or Zilliz Cloud. Throws `UserError` where the address is none; connects on first use. */
export function openMilvusStore({ milvus, projectRoot, onNotice }: MilvusServerOptions): Store {
  const address = parseMilvusAddress(milvus.uri);
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
    close: async () => {},
    ...(onNotice === undefined ? {} : { onNotice }),
  });
}

async function readTls(tls: Config["milvus"]["tls"], projectRoot: string): Promise<TlsMaterial> {
  const read = async (file: string | undefined): Promise<Buffer | null> => {
    if (file === undefined) return null;
    return readFile(resolve(projectRoot, file)).catch((error: unknown) => {
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

/** Introduces the client, as every Milvus expects, and learns what answers. */
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
        {
          hint: "check the port: Milvus serves its API on 19530",
        },
      );
    });
  const tags = server?.build_tags ?? "";
  // A Milvus Lite that someone else serves.
  if (tags === "milvus_lite") return { ...liteDialect, kind: "milvus" };
  if (tags !== "") return serverDialect(tags, target);
  try {
    return serverDialect((await connection.call("GetVersion", {})).version, target);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== MilvusErrorCode.unimplemented) throw error;
    return lite2Dialect(target);
  }
}

/** The store port over a connection. */
export function assembleMilvusStore(parts: MilvusStoreParts): Store {
  const { connection, location, settings } = parts;

  async function describe(name: string): Promise<DescribedCollection | null> {
    try {
      return await connection.call("DescribeCollection", { collection_name: name });
    } catch (error) {
      if (error instanceof UserError && error.code === MilvusErrorCode.collectionNotFound) return null;
      throw error;
    }
  }

  async function openDescribed(name: string, described: DescribedCollection): Promise<Collection> {
    const dialect = await parts.dialect();
    const manifest = readManifest(described);
    const common = { connection, dialect, name, schema: described.schema, searchParams: settings.index.searchParams };
    if (manifest === null) return openForeignCollection({ ...common, fields: settings.fields ?? {}, location });
    if (manifest.schemaVersion !== 1) {
      throw new UserError(
        "newer-collection",
        `collection "${name}" was made by milvus-rag ${(manifest as Manifest).toolVersion}, which keeps it in a form that this version cannot read`,
        { hint: "update milvus-rag, or ingest again with --recreate" },
      );
    }
    const { schema } = described;
    return openMilvusCollection({
      ...common,
      manifest,
      ensureIndexes: () => ensureIndexes({ connection, name, schema, manifest, dialect, dense: settings.index }),
      size: parts.size,
    });
  }

  /** Makes the collection with the first of the analyzers that the server has. */
  async function createWith(
    name: string,
    base: Manifest,
    choices: readonly (AnalyzerChoice | null)[],
  ): Promise<Manifest> {
    const dialect = await parts.dialect();
    const { encodeSchema } = await connection.protocol;
    for (const [index, analyzer] of choices.entries()) {
      const manifest = { ...base, analyzer: analyzer?.name ?? "none" };
      try {
        await connection.call("CreateCollection", {
          collection_name: name,
          schema: encodeSchema(newSchema(name, manifest, dialect, analyzer)),
          shards_num: 1,
          consistency_level: STRONG,
          properties: manifestProperties(manifest),
        });
        return manifest;
      } catch (error) {
        const isLast = index === choices.length - 1;
        if (isLast || !/analyzer|tokenizer|filter/i.test(messageOf(error))) throw error;
      }
    }
    throw new TypeError("no analyzer to try");
  }

  /** How new collections are made; throws where the settings ask for what the deployment lacks. */
  async function choicesForNew(): Promise<{ dialect: MilvusDialect; analyzers: (AnalyzerChoice | null)[] }> {
    const dialect = await parts.dialect();
    dialect.checkIndex(settings.index);
    return { dialect, analyzers: dialect.bm25 ? dialect.analyzers(settings.analyzer) : [null] };
  }

  return {
    kind: parts.kind,
    location,

    async list() {
      const { collection_names: names } = await connection.call("ShowCollections", {});
      return names.toSorted();
    },

    async open(name) {
      checkCollectionName(name);
      const described = await describe(name);
      return described === null ? null : openDescribed(name, described);
    },

    async create(name, newManifest) {
      checkCollectionName(name);
      const { dialect, analyzers } = await choicesForNew();
      if (newManifest.embedding === null && !dialect.bm25) {
        throw new UserError("no-text-index", `${dialect.product} has no BM25, and no embedding model is configured`, {
          hint: "BM25 needs Milvus 2.5 or later; with an older one, configure `embedding`",
        });
      }
      if ((await describe(name)) !== null) {
        throw new UserError("collection-exists", `there is a collection "${name}" in ${location} already`, {
          hint: "choose another name, or drop it first: rag collections drop",
        });
      }
      if (!dialect.bm25) {
        parts.onNotice?.(
          `${dialect.product} has no BM25, which Milvus 2.5 brought: ${name} is searched by vectors alone`,
        );
      }
      const manifest = await createWith(name, { ...newManifest, analyzer: "none" }, analyzers);
      const described = (await describe(name)) as DescribedCollection;
      try {
        const { schema } = described;
        const hasFunction = dialect.describesFunctions
          ? schema.functions.some(({ type }) => type === BM25_FUNCTION)
          : schema.fields.some((field) => field.is_function_output);
        if (dialect.bm25 && !hasFunction) {
          throw backend("no-text-index", `${dialect.product} made the collection without its BM25 function`);
        }
        await ensureIndexes({ connection, name, schema, manifest, dialect, dense: settings.index });
        await readMilvus({ connection, dialect, name, key: OWN_KEY, text: "text" }).load();
      } catch (error) {
        // A collection that cannot be searched would be in the way of the next attempt.
        await connection.call("DropCollection", { collection_name: name }).catch(() => {});
        throw error;
      }
      return openDescribed(name, described);
    },

    async checkNewCollections() {
      await choicesForNew();
    },

    async drop(name, { evenIfForeign = false } = {}) {
      checkCollectionName(name);
      const described = await describe(name);
      if (described === null) return;
      if (described.collection_name !== "" && described.collection_name !== name) {
        throw new UserError("alias", `"${name}" is an alias of the collection "${described.collection_name}"`, {
          hint: "drop the collection by its own name",
        });
      }
      if (readManifest(described) === null && !evenIfForeign) {
        throw new UserError("foreign-collection", `another program made the collection "${name}" in ${location}`, {
          hint: `where nobody needs it any more: rag collections drop ${name} --yes`,
        });
      }
      await connection.call("DropCollection", { collection_name: name });
    },

    lockForWriting: parts.lockForWriting,

    async close() {
      connection.close();
      await parts.close();
    },
  };
}
