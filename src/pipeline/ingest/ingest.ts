import type { Collection, DocumentRecord } from "../../stores/types.ts";
import { type IngestResult, IngestTally } from "./ingest-tally.ts";
import { documentsToRemove } from "./prune.ts";
import { findDifferences } from "./rows/differences.ts";
import { reconcile } from "./rows/reconcile.ts";
import { type IngestParts, type IngestRequest, IngestRun, failedFast } from "./run/ingest-run.ts";

/** How often incomplete documents are written again, in case other writers delete their rows meanwhile. */
const mostMendings = 3;

/**
 * Brings a collection in line with the files that were discovered: skips unchanged documents, writes those that are new,
 * different or incomplete, removes those that are gone, and the rows that killed runs left. All state is in the store,
 * so the next run completes one that was killed at any moment. Throws `UserError`: `prune-refused` before anything is
 * written, `interrupted` on abort, the store's and the model's failures. What was written until then stays.
 */
export async function ingest(parts: IngestParts, request: IngestRequest): Promise<IngestResult> {
  const { discovery } = request;
  const tally = new IngestTally(discovery, request.onProgress);
  if (request.failFast && discovery.failures[0] !== undefined) throw failedFast(discovery.failures[0]);
  tally.enter("scanning");
  const before =
    parts.collection === null
      ? { records: [], uncommitted: [], incomplete: [] }
      : await findDifferences(parts.collection);
  const { records } = before;
  const found = new Set(discovery.files.map((file) => file.source));
  const { gone, refusal } = documentsToRemove(records, found, (source) => discovery.covers(source), request.prune);
  // A dry run goes on, because it also reports what would be written.
  if (refusal !== null && !request.dryRun) throw refusal;
  tally.result.pruneRefused = refusal !== null;
  tally.result.refusal = refusal;

  tally.enter("ingesting");
  const run = new IngestRun(parts, request, tally);
  await run.ingestFiles(discovery.files, before);

  tally.result.documents.removed = gone.length;
  tally.result.chunks.deleted += chunksOf(gone);
  if (request.dryRun) return tally.result;
  tally.enter("removing");
  if (gone.length > 0) await run.collection?.deleteDocuments(gone);
  const isAsBefore = run.isUntouched && gone.length === 0 && before.uncommitted.length === 0;
  if (run.collection !== null && (run.collection.severalWriters || !isAsBefore)) await mend(run, run.collection);
  tally.enter("optimizing");
  // Also when nothing was written: an ingest killed after its last write has left this undone.
  await run.collection?.optimize();
  return tally.result;
}

/** Deletes rows of no document, and writes incomplete documents again if their files are part of the run. */
async function mend(run: IngestRun, collection: Collection): Promise<void> {
  const { request, tally, writer } = run;
  const { discovery, signal, onNotice = () => {} } = request;
  const files = new Map(discovery.files.map((file) => [file.source, file]));
  for (let mendings = 0; ; mendings++) {
    const incomplete = await reconcile(collection, { writer, signal, onNotice }).catch((error: unknown) => {
      tally.throwIfAborted(request);
      throw error;
    });
    const again = incomplete.flatMap(({ source }) => files.get(source) ?? []);
    if (again.length === 0 || mendings === mostMendings) {
      const names = incomplete.map(({ source }) => source).sort();
      tally.result.warnings.push(
        ...names.map((source) => `${source} is incomplete in the collection: run rag ingest on it`),
      );
      return;
    }
    await run.mendFiles(again, { records: incomplete, incomplete, uncommitted: [] });
  }
}

function chunksOf(records: readonly DocumentRecord[]): number {
  return records.reduce((sum, record) => sum + record.docChunks, 0);
}
