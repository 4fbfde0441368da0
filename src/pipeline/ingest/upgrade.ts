import type { Collection, Manifest, NewManifest, Replacement } from "../../stores/types.ts";
import { ANALYSIS_VERSION } from "../../text/analysis/analyzer.ts";
import { ChunkWriter } from "./rows/chunk-writer.ts";
import { inCurrentForm } from "./rows/current-form.ts";
import { documentBatches, readDocuments } from "./document-batches.ts";
import { type RowWriter, thisProcess } from "./rows/row-writer.ts";

export interface UpgradeParts {
  createBeside(manifest: NewManifest): Promise<Replacement>;
  /** Left out: this process. */
  writer?: RowWriter;
}

/** Whether a collection has rows of an older form, or terms that an older analysis made. */
export function isOutdated({ schemaVersion, analysis }: Manifest): boolean {
  return schemaVersion < 2 || analysis !== ANALYSIS_VERSION;
}

/**
 * Rewrites a collection with rows as they are written now, vectors kept: nothing is loaded, cut or embedded anew. Returns
 * the sources of documents that were not complete; they are left out, so that an ingest makes them anew. On failure and
 * on abort the collection stays as it was.
 */
export async function upgrade(
  old: Collection,
  { createBeside, writer = thisProcess }: UpgradeParts,
  signal: AbortSignal,
): Promise<{ leftOut: string[] }> {
  const { schemaVersion: _, analyzer: __, analysis: ___, ...manifest } = old.manifest;
  const beside = await createBeside(manifest);
  try {
    const leftOut = await rewrite(old, new ChunkWriter(beside.collection, writer, { keepTimes: true }), signal);
    await beside.collection.optimize();
    signal.throwIfAborted();
    await beside.swap();
    return { leftOut };
  } catch (error) {
    await beside.discard().catch(() => {});
    throw error;
  }
}

async function rewrite(old: Collection, writer: ChunkWriter, signal: AbortSignal): Promise<string[]> {
  const leftOut: string[] = [];
  try {
    for (const batch of documentBatches(await old.documents())) {
      signal.throwIfAborted();
      const found = await readDocuments(old, batch);
      for (const { docId, docHash, docChunks, source } of batch) {
        const chunks = found.get(docId) ?? [];
        if (chunks.length !== docChunks) leftOut.push(source);
        else await writer.add({ docId, docHash, chunks: await inCurrentForm(chunks), supersedes: null, isNew: true });
      }
    }
  } finally {
    await writer.finish();
  }
  return leftOut;
}
