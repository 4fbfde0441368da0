import { isDeepStrictEqual } from "node:util";
import { ExitCode, UserError } from "../../errors.ts";
import type { Collection, DocumentRecord } from "../../stores/types.ts";
import type { StoredChunk } from "../../types.ts";
import { untilAborted } from "../../util/until-aborted.ts";
import { inCurrentForm } from "../ingest/rows/current-form.ts";
import { documentBatches, readDocuments } from "../ingest/document-batches.ts";

/** Chunks that are picked, evenly over the collection; their documents are compared whole. */
const pickedChunks = 200;
/** Chunks to compare at most, about: a collection of few large documents is not read twice. */
const comparedChunks = 10_000;

/** Whether a field of a chunk came over; every field has to say how it is compared. */
const comesOver: {
  [Field in keyof Omit<StoredChunk, "terms">]: (original: StoredChunk[Field], copied: StoredChunk[Field]) => boolean;
} = {
  id: Object.is,
  docId: Object.is,
  source: Object.is,
  ordinal: Object.is,
  docHash: Object.is,
  docChunks: Object.is,
  text: Object.is,
  context: Object.is,
  format: Object.is,
  page: Object.is,
  startLine: Object.is,
  endLine: Object.is,
  language: Object.is,
  // Those of the copying itself.
  updatedAt: () => true,
  writer: () => true,
  metadata: isDeepStrictEqual,
  title: isSameTitle,
  heading: isDeepStrictEqual,
  vector: isSameVector,
};

export interface Verification {
  source: Collection;
  target: Collection;
  /** All that both hold now. */
  records: readonly DocumentRecord[];
  /** What the target holds beside these. */
  left: readonly DocumentRecord[];
  /** For messages. */
  targetName: string;
  signal: AbortSignal;
}

/**
 * Compares two collections: all documents by version, the number of chunks, and a sample of chunks field by field,
 * vectors bit by bit. Returns how many chunks were compared. Throws `UserError` `copy-mismatch`, which names the first
 * difference.
 */
export async function verifyCopy({ source, target, records, left, targetName, signal }: Verification): Promise<number> {
  const differs = (difference: string) => mismatch(targetName, difference);
  const stored = await untilAborted(target.documents(), signal);
  const versions = new Map(stored.map((record) => [record.docId, record]));
  for (const { docId, docHash, docChunks, source: file } of records) {
    const there = versions.get(docId);
    if (there === undefined) throw differs(`${file} is not there`);
    if (there.docHash !== docHash || there.docChunks !== docChunks) throw differs(`${file} is another version`);
  }
  const held = [...records, ...left];
  const expected = held.reduce((sum, { docChunks }) => sum + docChunks, 0);
  const { chunks, documents } = await untilAborted(target.stats(), signal);
  if (documents !== held.length) throw differs(`it holds ${documents} documents instead of ${held.length}`);
  if (chunks !== expected) throw differs(`it holds ${chunks} chunks instead of ${expected}`);

  let compared = 0;
  for (const batch of documentBatches(sampleOf(records))) {
    const reading = Promise.all([readDocuments(source, batch), readDocuments(target, batch)]);
    const [originals, copies] = await untilAborted(reading, signal);
    for (const { docId, source: file } of batch) {
      const copied = new Map(copies.get(docId)?.map((chunk) => [chunk.ordinal, chunk]));
      for (const original of await inCurrentForm(originals.get(docId) ?? [])) {
        const twin = copied.get(original.ordinal);
        if (twin === undefined) throw differs(`chunk ${original.ordinal} of ${file} is not there`);
        const field = firstDifference(original, twin);
        if (field !== null) throw differs(`the ${field} of chunk ${original.ordinal} of ${file}`);
        compared++;
      }
    }
  }
  return compared;
}

/** The smallest document, and those that hold chunks picked at even distances. */
function sampleOf(records: readonly DocumentRecord[]): Set<DocumentRecord> {
  const sample = new Set<DocumentRecord>();
  const smallest = records.reduce<DocumentRecord | null>(
    (least, record) => (least === null || record.docChunks < least.docChunks ? record : least),
    null,
  );
  if (smallest === null) return sample;
  sample.add(smallest);
  const total = records.reduce((sum, { docChunks }) => sum + docChunks, 0);
  // A chunk that is picked at random stands in a document of this size on average.
  const chunksPerPick = records.reduce((sum, { docChunks }) => sum + docChunks ** 2, 0) / total;
  const picks = Math.max(1, Math.min(pickedChunks, Math.floor(comparedChunks / chunksPerPick)));
  let passed = 0;
  let picked = 0;
  for (const record of records) {
    passed += record.docChunks;
    const reached = Math.ceil((passed / total) * picks);
    if (reached > picked) sample.add(record);
    picked = reached;
  }
  return sample;
}

/** The first field that two chunks differ in. */
function firstDifference(original: StoredChunk, copied: StoredChunk): keyof typeof comesOver | null {
  const differs = <Field extends keyof typeof comesOver>(field: Field) =>
    !comesOver[field](original[field], copied[field]);
  return (Object.keys(comesOver) as (keyof typeof comesOver)[]).find((field) => differs(field)) ?? null;
}

/** Shorter than any store's limit to a title. */
const wholeTitle = 1000;

/** A store may cut a title that goes on for pages. */
function isSameTitle(original: string, copied: string): boolean {
  return original === copied || (copied.length >= wholeTitle && original.startsWith(copied));
}

function isSameVector(original: Float32Array | null, copied: Float32Array | null): boolean {
  if (original === null || copied === null) return original === copied;
  return original.length === copied.length && original.every((value, index) => Object.is(value, copied[index]));
}

function mismatch(targetName: string, difference: string): UserError {
  return new UserError("copy-mismatch", `the copy ${targetName} differs from its source: ${difference}`, {
    hint: "drop the copy and make it again, or copy to another name with --as",
    exitCode: ExitCode.backend,
  });
}
