import { access, constants, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Connection, Table } from "@lancedb/lancedb";
import type { Config } from "../config/schema.ts";
import { ExitCode, UserError, messageOf } from "../errors.ts";
import { checkCollectionName } from "../util/collection-name.ts";
import { takeLock } from "../util/lock-file.ts";
import { openEmbeddedCollection } from "./embedded-collection.ts";
import { translateStoreError } from "./embedded-errors.ts";
import { collectionSchema, manifestOf } from "./embedded-rows.ts";
import { lancedb } from "./lancedb.ts";
import { createTextIndex } from "./embedded-indexes.ts";
import type { Collection, Manifest, NewManifest, Store, WriterLease } from "./types.ts";

export interface EmbeddedStoreOptions {
  /** Absolute path of the store's folder; made when the first collection is. */
  path: string;
  /** The path as the user knows it. */
  location: string;
  /** Settings of the full-text index of new collections. */
  text: Config["text"];
}

/** A store in a folder, served in-process by LanceDB: one table a collection, `<name>.lance`. */
export function openEmbeddedStore(options: EmbeddedStoreOptions): Store {
  const { path, location, text } = options;
  let connection: Promise<Connection> | null = null;

  const connected = (): Promise<Connection> => (connection ??= lancedb().then(({ connect }) => connect(path)));

  const tablePath = (name: string): string => join(path, `${name}.lance`);

  async function openTable(name: string): Promise<Table> {
    try {
      return await (await connected()).openTable(name);
    } catch (error) {
      await checkFolder(path, location);
      throw corrupt(tablePath(name), name, error);
    }
  }

  return {
    kind: "embedded",
    location,

    async list() {
      await checkFolder(path, location);
      const entries = await readdir(path, { withFileTypes: true }).catch(missingAs([]));
      const names = entries
        .filter((entry) => entry.isDirectory() && entry.name.endsWith(".lance"))
        .map((entry) => entry.name.slice(0, -".lance".length))
        .sort();
      const begun = await Promise.all(names.map((name) => holdsAnything(tablePath(name))));
      return names.filter((_, index) => begun[index]);
    },

    async open(name): Promise<Collection | null> {
      checkCollectionName(name);
      if (!(await holdsAnything(tablePath(name)))) {
        await checkFolder(path, location);
        return null;
      }
      const table = await openTable(name);
      const manifest = readManifest(await table.schema().catch(translateStoreError(location)), name, location);
      return openEmbeddedCollection({ table, name, manifest, folder: tablePath(name), location, text });
    },

    async create(name, newManifest: NewManifest) {
      checkCollectionName(name);
      await prepareFolder(path, location);
      if (await holdsAnything(tablePath(name))) {
        throw new UserError("collection-exists", `there is a collection "${name}" in ${location} already`, {
          hint: "choose another name, or drop it first: rag collections drop",
        });
      }
      const manifest: Manifest = { ...newManifest, analyzer: text.tokenizer };
      try {
        // What a killed maker left.
        await rm(tablePath(name), { recursive: true, force: true });
        const table = await (await connected()).createEmptyTable(name, collectionSchema(manifest));
        await createTextIndex(table, text);
        return openEmbeddedCollection({ table, name, manifest, folder: tablePath(name), location, text });
      } catch (error) {
        throw translateStoreError(location)(error);
      }
    },

    async drop(name) {
      checkCollectionName(name);
      await (await connected()).dropTable(name).catch(translateStoreError(location));
    },

    async lockForWriting(name, purpose): Promise<WriterLease> {
      checkCollectionName(name);
      await prepareFolder(path, location);
      const result = await takeLock(join(path, `${name}.lock`), purpose).catch(translateStoreError(location));
      if ("release" in result) return result;
      const { pid, host, purpose: theirs, since } = result.heldBy;
      throw new UserError(
        "collection-locked",
        `collection "${name}" is being written by another process: ${theirs} (process ${pid} on ${host}, since ${since})`,
        {
          hint: "wait until it has ended, or stop it; searching goes on meanwhile",
          exitCode: ExitCode.backend,
        },
      );
    },

    async close() {
      if (connection !== null) (await connection.catch(() => null))?.close();
    },
  };
}

function readManifest(schema: { metadata: Map<string, string> }, name: string, location: string): Manifest {
  const manifest = manifestOf(schema);
  if (manifest === null) {
    throw new UserError("foreign-collection", `"${name}" in ${location} is a LanceDB table that another program made`, {
      hint: "point store.path at another folder, or use another collection name",
    });
  }
  if (manifest.schemaVersion !== 1) {
    throw new UserError(
      "newer-collection",
      `collection "${name}" was made by milvus-rag ${manifest.toolVersion}, which keeps it in a form that this version cannot read`,
      {
        hint: "update milvus-rag, or ingest again with --recreate",
      },
    );
  }
  return manifest;
}

function corrupt(folder: string, name: string, error: unknown): UserError {
  return new UserError(
    "corrupt-collection",
    `collection "${name}" cannot be opened, its files in ${folder} are damaged: ${messageOf(error)}`,
    {
      hint: `to start over: delete the folder ${folder} and run rag ingest again; the documents themselves are not touched`,
      exitCode: ExitCode.backend,
      cause: error,
    },
  );
}

/** `false` for a table that is not there, and for one whose maker was killed before it held anything. */
async function holdsAnything(table: string): Promise<boolean> {
  for (const part of ["_versions", "data"]) {
    const names = await readdir(join(table, part)).catch(missingAs([]));
    if (names.length > 0) return true;
  }
  return false;
}

/** Throws where something is in the folder's place that cannot be read as one. A folder that is not there yet is fine. */
async function checkFolder(path: string, location: string): Promise<void> {
  const found = await stat(path).catch(missingAs(null));
  if (found === null) return;
  if (!found.isDirectory()) throw unusable(location, "it is a file, not a folder");
  await access(path, constants.R_OK | constants.X_OK).catch(() => {
    throw unusable(location, "it cannot be read");
  });
}

async function prepareFolder(path: string, location: string): Promise<void> {
  await checkFolder(path, location);
  try {
    if ((await mkdir(path, { recursive: true })) !== undefined) {
      // The index is made from the documents: it has no business in their repository.
      await writeFile(join(path, ".gitignore"), "*\n");
    }
    await access(path, constants.W_OK);
  } catch (error) {
    throw unusable(location, `it cannot be written: ${messageOf(error)}`);
  }
}

function unusable(location: string, reason: string): UserError {
  return new UserError("store-unusable", `the store folder ${location} cannot be used: ${reason}`, {
    hint: "set store.path in .ragrc to a folder that can be written, or give this one the rights",
    exitCode: ExitCode.backend,
  });
}

function missingAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return value;
    throw error;
  };
}
