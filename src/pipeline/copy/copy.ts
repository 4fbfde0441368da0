import { isDeepStrictEqual } from "node:util";
import { ExitCode, UserError } from "../../errors.ts";
import type { Collection, DocumentRecord, Manifest, ReadableCollection } from "../../stores/types.ts";
import type { StoredChunk } from "../../types.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import { ChunkWriter, type FinishedDocument } from "../ingest/rows/chunk-writer.ts";
import { inCurrentForm } from "../ingest/rows/current-form.ts";
import { documentBatches, readDocuments } from "../ingest/document-batches.ts";
import { thisProcess } from "../ingest/rows/row-writer.ts";
import { verifyCopy } from "./verify-copy.ts";

export interface CopyParts {
  source: ReadableCollection;
  /** `null` where the collection does not exist yet. */
  target: ReadableCollection | null;
  /** Called once, before the first write, where `target` is `null`, with the manifest of `source`. */
  createTarget(made: Manifest): Promise<Collection>;
  /** Why the target's store cannot hold a chunk, for people; `null` where it can. */
  refusalOf(chunk: StoredChunk): string | null;
}

export interface CopyProgress {
  stage: "comparing" | "copying" | "optimizing" | "verifying";
  documentsTotal: number;
  chunksTotal: number;
  /** Were in the target before. */
  chunksPresent: number;
  /** Written and acknowledged in this run. */
  chunksWritten: number;
}

export interface CopyRequest {
  /** What people call the two collections, for messages: `docs in .rag`. */
  names: { source: string; target: string };
  signal: AbortSignal;
  onProgress(progress: CopyProgress): void;
}

export interface CopyResult {
  /** Documents that the target's store cannot hold: they are left out, and count nowhere below. */
  failures: { source: string; message: string }[];
  /** `present`: were in the target before, in the same version. */
  documents: { total: number; copied: number; present: number };
  /** `compared`: read from both collections afterwards, and found equal. */
  chunks: { total: number; written: number; compared: number };
}

/**
 * Brings one collection over into another, vectors included, and verifies the result. A document that the target has in
 * the same version is skipped, one that its store cannot hold is left out, and a document's first row is written last: a copy that was killed at any moment is
 * completed by the next.
 *
 * Throws `UserError`, before anything is written: `foreign-collection`, `embedding-mismatch` where the target was made with another model or
 * metric, `target-has-others` where it holds documents that the source has not; later `source-incomplete`,
 * `source-changed` where another process took a document away before it was read, `interrupted` on abort, `copy-mismatch` where the two differ in the end, and the stores' failures. What was written
 * until then stays.
 */
export async function copy(parts: CopyParts, request: CopyRequest): Promise<CopyResult> {
  const { names, signal } = request;
  const progress: CopyProgress = {
    stage: "comparing",
    documentsTotal: 0,
    chunksTotal: 0,
    chunksPresent: 0,
    chunksWritten: 0,
  };
  const enter = (stage: CopyProgress["stage"]) => {
    progress.stage = stage;
    request.onProgress(progress);
  };

  enter("comparing");
  const source = refuseForeign(parts.source, names.source);
  const existing = parts.target === null ? null : refuseForeign(parts.target, names.target);
  if (existing !== null) {
    refuseOldForm(existing.manifest, names.target);
    checkMaking(source.manifest, existing.manifest, names);
  }
  const records = await untilAborted(source.documents(), signal);
  const inTarget = existing === null ? [] : await untilAborted(existing.documents(), signal);
  checkDocuments(records, inTarget, names);
  const missing = missingDocuments(records, inTarget);
  progress.documentsTotal = records.length;
  progress.chunksTotal = rowsOf(records);
  progress.chunksPresent = progress.chunksTotal - rowsOf(missing);

  const target = existing ?? (await parts.createTarget(source.manifest));
  enter("copying");
  const versions = new Map(inTarget.map((record) => [record.docId, record]));
  const refused = new Map<string, CopyResult["failures"][number]>();
  const writer = new ChunkWriter(target, thisProcess);
  try {
    for (const batch of documentBatches(missing)) {
      throwIfAborted(signal, progress);
      for (const document of await completeDocuments(batch, source, names.source)) {
        const message = document.chunks.map(parts.refusalOf).find((refusal) => refusal !== null);
        const supersedes = versions.get(document.docId) ?? null;
        if (message === undefined) await writer.add({ ...document, supersedes, isNew: existing === null });
        else refused.set(document.docId, { source: document.chunks[0]?.source ?? "", message: message ?? "" });
      }
      progress.chunksWritten = writer.written;
      request.onProgress(progress);
    }
  } finally {
    // On failure too: what is complete is kept, so that the next run does not copy it again.
    await writer.finish();
  }
  progress.chunksWritten = writer.written;
  throwIfAborted(signal, progress);

  enter("optimizing");
  await untilAborted(target.optimize(), signal);
  enter("verifying");
  const taken = records.filter(({ docId }) => !refused.has(docId));
  // Of an older version that the target took; this one it does not.
  const left = inTarget.filter(({ docId }) => refused.has(docId));
  const compared = await verifyCopy({ source, target, records: taken, left, targetName: names.target, signal });
  const copied = missing.length - refused.size;
  return {
    failures: [...refused.values()],
    documents: { total: taken.length, copied, present: taken.length - copied },
    chunks: { total: rowsOf(taken), written: writer.written, compared },
  };
}

async function completeDocuments(
  batch: readonly DocumentRecord[],
  source: Collection,
  sourceName: string,
): Promise<Omit<FinishedDocument, "supersedes">[]> {
  const found = await readDocuments(source, batch);
  const complete: Omit<FinishedDocument, "supersedes">[] = [];
  for (const { docId, docHash, docChunks, source: file } of batch) {
    const chunks = found.get(docId) ?? [];
    if (chunks.length !== docChunks) {
      if (await hasChanged(source, { docId, docHash })) throw sourceChanged(file, sourceName);
      throw new UserError(
        "source-incomplete",
        `${file} is not complete in collection ${sourceName}: ${chunks.length} of ${docChunks} chunks are there`,
        { hint: `complete it with rag ingest ${file}, then copy again`, exitCode: ExitCode.backend },
      );
    }
    complete.push({ docId, docHash, chunks: await inCurrentForm(chunks) });
  }
  return complete;
}

/** Whether a document is another version by now, or gone: a server keeps no writer from a collection that is read. */
async function hasChanged(source: Collection, before: Pick<DocumentRecord, "docId" | "docHash">): Promise<boolean> {
  const now = (await source.documents()).find(({ docId }) => docId === before.docId);
  return now?.docHash !== before.docHash;
}

function sourceChanged(file: string, sourceName: string): UserError {
  return new UserError("source-changed", `another process changed ${file} while collection ${sourceName} was copied`, {
    hint: "run the same command again when that process has ended: what was copied stays",
    exitCode: ExitCode.backend,
  });
}

function rowsOf(records: readonly DocumentRecord[]): number {
  return records.reduce((sum, { docChunks }) => sum + docChunks, 0);
}

/** The documents that the target has not, or in another version. */
function missingDocuments(records: readonly DocumentRecord[], inTarget: readonly DocumentRecord[]): DocumentRecord[] {
  const versions = new Map(inTarget.map((record) => [record.docId, record]));
  return records.filter(({ docId, docHash, docChunks }) => {
    const there = versions.get(docId);
    return there?.docHash !== docHash || there.docChunks !== docChunks;
  });
}

/** Refuses a collection of another program: it has no commit records to copy, and is never written. */
export function refuseForeign(collection: ReadableCollection, name: string): Collection {
  if (collection.foreign === undefined) return collection;
  throw new UserError("foreign-collection", `another program made collection ${name}: it is searched, not copied`, {
    hint: "ingest the documents themselves into a collection of another name",
  });
}

/** Its rows have other columns. */
function refuseOldForm({ schemaVersion, toolVersion }: Manifest, name: string): void {
  if (schemaVersion > 1) return;
  throw new UserError(
    "older-collection",
    `collection ${name} was made by milvus-rag ${toolVersion}, whose form is only read`,
    {
      hint: "run rag ingest on it, which brings it to the present form; or copy to another name with --as",
    },
  );
}

/** Vectors of different models, or compared in different ways, do not belong into one collection. */
function checkMaking(source: Manifest, target: Manifest, names: CopyRequest["names"]): void {
  if (isDeepStrictEqual(source.embedding, target.embedding) && source.metric === target.metric) return;
  throw new UserError(
    "embedding-mismatch",
    `collection ${names.target} was made with ${making(target)}, and ${names.source} with ${making(source)}`,
    { hint: "copy to another name with --as, or drop the collection there first" },
  );
}

function making({ embedding, metric }: Manifest): string {
  if (embedding === null) return "no embedding model";
  const { provider, model, dimensions, queryPrefix, documentPrefix } = embedding;
  const prefixes = [queryPrefix, documentPrefix].map((prefix) => JSON.stringify(prefix)).join(" and ");
  const prefixed = queryPrefix === "" && documentPrefix === "" ? "" : `, prefixes ${prefixes}`;
  return `${provider}/${model} (${dimensions} dimensions, ${metric}${prefixed})`;
}

/** A copy never deletes a document, and never mixes two collections: the result would be neither. */
function checkDocuments(
  records: readonly DocumentRecord[],
  inTarget: readonly DocumentRecord[],
  names: CopyRequest["names"],
): void {
  const copied = new Set(records.map(({ docId }) => docId));
  const others = inTarget.filter(({ docId }) => !copied.has(docId)).map(({ source }) => source);
  if (others.length === 0) return;
  const count = others.length === 1 ? "a document" : `${others.length.toLocaleString("en-US")} documents`;
  throw new UserError(
    "target-has-others",
    `collection ${names.target} holds ${count} that ${names.source} has not, e.g. ${others.sort()[0]}`,
    { hint: "copy to another name with --as, or drop the collection there first" },
  );
}

function throwIfAborted(signal: AbortSignal, { chunksPresent, chunksTotal, chunksWritten }: CopyProgress): void {
  if (!signal.aborted) return;
  const [done, total] = [chunksPresent + chunksWritten, chunksTotal].map((count) => count.toLocaleString("en-US"));
  throw new UserError("interrupted", `interrupted with ${done} of ${total} chunks copied`, {
    hint: "what was copied stays; run the same command again to go on",
    exitCode: ExitCode.interrupted,
  });
}
