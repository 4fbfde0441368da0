import { UserError, messageOf } from "../../errors.ts";
import type { Loader } from "../../loaders/types.ts";
import type { Metadata, StoredChunk } from "../../types.ts";
import { chunkId, documentId } from "../../util/ids.ts";
import type { DiscoveredFile } from "../discover/discover.ts";
import { type CutDocument, type CutRequest, type DocumentCutter, crashed } from "./cut-document.ts";
import { type IngestSettings, documentHash } from "./document-hash.ts";

export interface PrepareParts {
  /** The bytes of a regular file of at most `maxBytes`; throws as `readRegularFile` does. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array>;
  loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
  cutter: DocumentCutter;
  /** Whether rows come with the terms that BM25 reads. */
  withTerms: boolean;
  settings: IngestSettings;
  /** Why the store cannot hold a chunk, for people; `null` where it can. */
  refusalOf(chunk: StoredChunk): string | null;
  maxFileBytes: number;
}

export type Prepared =
  | { state: "unchanged" }
  | { state: "failed"; code: string; message: string }
  | { state: "ready"; document: ReadyDocument };

/** A document as rows that only lack their vectors. */
export interface ReadyDocument {
  docId: string;
  source: string;
  docHash: string;
  chunks: StoredChunk[];
  warnings: string[];
}

/** Reads a file and, unless the store has this very version, makes its rows; their vectors are still `null`. */
export async function prepareDocument(
  file: DiscoveredFile,
  storedHash: string | undefined,
  parts: PrepareParts,
): Promise<Prepared> {
  try {
    const bytes = await read(file, parts);
    const { source, name = source } = file;
    const loader = await parts.loaderFor(name, bytes);
    const docHash = documentHash(file.source, bytes, loader, parts.settings);
    if (docHash === storedHash) return { state: "unchanged" };
    const cut = await cutFile({ source, name, bytes, withTerms: parts.withTerms }, parts.cutter);
    const rows = toRows(cut, file.source, docHash, parts.settings.metadata);
    for (const row of rows) {
      const refusal = parts.refusalOf(row);
      if (refusal !== null) return { state: "failed", code: "not-storable", message: refusal };
    }
    const docId = documentId(source);
    return { state: "ready", document: { docId, source, docHash, chunks: rows, warnings: cut.warnings } };
  } catch (error) {
    // Anything else is a bug, and of no single file.
    if (!(error instanceof UserError)) throw error;
    const message = error.hint === null ? error.message : `${error.message}; ${error.hint}`;
    return { state: "failed", code: error.code, message };
  }
}

/** An error in a loader fails only the file it was reading. */
async function cutFile(request: CutRequest, cutter: DocumentCutter): Promise<CutDocument> {
  return cutter.cut(request).catch((error: unknown) => {
    throw error instanceof UserError ? error : crashed(error);
  });
}

async function read(
  file: DiscoveredFile,
  { readFile, maxFileBytes }: Pick<PrepareParts, "readFile" | "maxFileBytes">,
): Promise<Uint8Array> {
  if (file.size > maxFileBytes) {
    throw new UserError(
      "too-large",
      `the file has ${megabytes(file.size)} MB, more than the ${megabytes(maxFileBytes)} MB that are read; split it, or raise ingest.maxFileMb`,
    );
  }
  return readFile(file.path, maxFileBytes).catch((error: unknown) => {
    throw isSystemError(error) ? unreadable(error) : error;
  });
}

/** Whether the system refused a call; whatever its reason, it is about the file that was read. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function unreadable(error: NodeJS.ErrnoException): UserError {
  switch (error.code) {
    case "ENOENT":
      return new UserError("vanished", "the file was deleted while the ingest ran");
    case "EACCES":
    case "EPERM":
      return new UserError("not-readable", "the file may not be read: permission denied");
    default:
      return new UserError("not-readable", `the file cannot be read: ${messageOf(error)}`);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

function toRows(
  { title, format, metadata, passages, language }: CutDocument,
  source: string,
  docHash: string,
  added: Metadata,
): StoredChunk[] {
  const docId = documentId(source);
  const all = { ...metadata, ...added };
  return passages.map((passage) => ({
    ...passage,
    id: chunkId(docId, docHash, passage.ordinal),
    docId,
    docHash,
    docChunks: passages.length,
    source,
    title,
    format,
    metadata: all,
    language,
    // Set when they are written.
    updatedAt: 0,
    writer: "",
    vector: null,
  }));
}
