import type { ChunkRecord, Collection, DocumentRecord } from "../../../stores/types.ts";

/** Chunks of one version of a document that no commit record names. */
export interface UncommittedVersion {
  docId: string;
  docHash: string;
  /** The latest stamp among them, in milliseconds. */
  updatedAt: number;
  writers: Set<string>;
}

/** How a collection differs from what its commit records say. */
export interface Differences {
  /** Read first. */
  records: DocumentRecord[];
  uncommitted: UncommittedVersion[];
  /** Documents whose committed version lacks chunks, or has some that it should not have. */
  incomplete: DocumentRecord[];
}

/**
 * Compares the chunks with the commit records. Where there are as many as the records say, that is all; else every chunk
 * is looked at.
 *
 * Other writers may commit meanwhile. A version counts as uncommitted where neither the records read before the chunks
 * nor those read after them name it, and a document as incomplete where both name the same version.
 */
export async function findDifferences(collection: Collection): Promise<Differences> {
  const records = await collection.documents();
  const expected = records.reduce((sum, { docChunks }) => sum + docChunks, 0);
  if ((await collection.countChunks()) === expected) return { records, uncommitted: [], incomplete: [] };
  const chunks = await collection.chunkRecords();
  const after = collection.severalWriters ? await collection.documents() : records;
  const before = new Set(records.map(versionKey));
  const committed = new Set([...before, ...after.map(versionKey)]);

  const ordinals = new Map<string, Set<number>>();
  const uncommitted = new Map<string, UncommittedVersion>();
  for (const chunk of chunks) {
    const key = versionKey(chunk);
    if (committed.has(key)) {
      const known = ordinals.get(key);
      if (known === undefined) ordinals.set(key, new Set([chunk.ordinal]));
      else known.add(chunk.ordinal);
    } else {
      addTo(uncommitted, key, chunk);
    }
  }
  const incomplete = after.filter((record) => {
    const key = versionKey(record);
    return before.has(key) && !isComplete(ordinals.get(key) ?? new Set(), record.docChunks);
  });
  return { records, uncommitted: [...uncommitted.values()], incomplete };
}

function versionKey({ docId, docHash }: Pick<ChunkRecord, "docId" | "docHash">): string {
  return `${docId} ${docHash}`;
}

function addTo(versions: Map<string, UncommittedVersion>, key: string, chunk: ChunkRecord): void {
  const { docId, docHash, updatedAt, writer } = chunk;
  const known = versions.get(key);
  if (known === undefined) {
    versions.set(key, { docId, docHash, updatedAt, writers: new Set([writer]) });
    return;
  }
  known.updatedAt = Math.max(known.updatedAt, updatedAt);
  known.writers.add(writer);
}

/** Whether these are all ordinals from 1 up, those behind the commit record's. */
function isComplete(ordinals: ReadonlySet<number>, docChunks: number): boolean {
  return ordinals.size === docChunks - 1 && [...ordinals].every((ordinal) => ordinal < docChunks);
}
