import type { Collection, DocumentRecord } from "../../stores/types.ts";
import type { StoredChunk } from "../../types.ts";

/** Rows that are read together: enough to make a request's cost small, few enough to keep memory flat. */
const batchRows = 2000;

/** Documents in their order, as many together as have up to 2,000 chunks; a larger one comes alone. */
export function* documentBatches(documents: Iterable<DocumentRecord>): Generator<DocumentRecord[]> {
  let batch: DocumentRecord[] = [];
  let rows = 0;
  for (const document of documents) {
    if (batch.length > 0 && rows + document.docChunks > batchRows) {
      yield batch;
      batch = [];
      rows = 0;
    }
    batch.push(document);
    rows += document.docChunks;
  }
  if (batch.length > 0) yield batch;
}

/** The chunks of each document, in their order, by its id; rows that belong to another version of it are left out. */
export async function readDocuments(
  collection: Collection,
  documents: readonly DocumentRecord[],
): Promise<Map<string, StoredChunk[]>> {
  const hashes = new Map(documents.map(({ docId, docHash }) => [docId, docHash]));
  const found = new Map<string, StoredChunk[]>(documents.map(({ docId }) => [docId, []]));
  for (const chunk of await collection.chunksOf([...hashes.keys()])) {
    if (chunk.docHash === hashes.get(chunk.docId)) found.get(chunk.docId)?.push(chunk);
  }
  for (const chunks of found.values()) chunks.sort((a, b) => a.ordinal - b.ordinal);
  return found;
}
