import type { Chunker } from "../../chunkers/types.ts";
import { UserError, messageOf } from "../../errors.ts";
import type { Loader } from "../../loaders/types.ts";
import type { Chunk, Document, StoredChunk } from "../../types.ts";
import { chunkId, documentId } from "../../util/ids.ts";
import { readRegularFile } from "../../files/read-regular-file.ts";
import type { DiscoveredFile } from "../discover/discover.ts";
import { passageContext } from "./passage-context.ts";
import { type IngestSettings, documentHash } from "./document-hash.ts";

export interface PrepareParts {
  loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
  chunker: Chunker;
  settings: IngestSettings;
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
    const bytes = await read(file, parts.maxFileBytes);
    const loader = await parts.loaderFor(file.source, bytes);
    const docHash = documentHash(file.source, bytes, loader, parts.settings);
    if (docHash === storedHash) return { state: "unchanged" };
    const { document, warnings } = await loader.load({ source: file.source, bytes });
    const chunks = parts.chunker.chunk(document, parts.settings.chunking);
    const docId = documentId(file.source);
    const rows = toRows(document, chunks, { docId, docHash, metadata: parts.settings.metadata });
    return { state: "ready", document: { docId, source: file.source, docHash, chunks: rows, warnings } };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return { state: "failed", ...failure };
  }
}

async function read(file: DiscoveredFile, maxFileBytes: number): Promise<Uint8Array> {
  if (file.size > maxFileBytes) {
    throw new UserError(
      "too-large",
      `the file has ${megabytes(file.size)} MB, more than the ${megabytes(maxFileBytes)} MB that are read; split it, or raise ingest.maxFileMb`,
    );
  }
  return readRegularFile(file.path, maxFileBytes);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

/** What is wrong with the file; `null` where the error is not the file's. */
function failureOf(error: unknown): { code: string; message: string } | null {
  if (error instanceof UserError) {
    return { code: error.code, message: error.hint === null ? error.message : `${error.message}; ${error.hint}` };
  }
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === "ENOENT") return { code: "vanished", message: "the file was deleted while the ingest ran" };
  if (code === "EACCES" || code === "EPERM")
    return { code: "not-readable", message: "the file may not be read: permission denied" };
  if (code === "EISDIR" || code === "EIO" || code === "ELOOP" || code === "EMFILE") {
    return { code: "not-readable", message: `the file cannot be read: ${messageOf(error)}` };
  }
  return null;
}

function toRows(
  document: Document,
  chunks: readonly Chunk[],
  common: { docId: string; docHash: string; metadata: Document["metadata"] },
): StoredChunk[] {
  const { source, title, format } = document;
  const metadata = { ...document.metadata, ...common.metadata };
  const updatedAt = Date.now();
  return chunks.map((chunk) => ({
    ...chunk,
    id: chunkId(common.docId, chunk.ordinal),
    docId: common.docId,
    docHash: common.docHash,
    docChunks: chunks.length,
    source,
    title,
    format,
    metadata,
    context: passageContext(title, chunk),
    updatedAt,
    vector: null,
  }));
}
