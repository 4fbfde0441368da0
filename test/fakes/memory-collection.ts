import type { Collection, DocumentVersion } from "../../src/stores/types.ts";
import type { StoredChunk } from "../../src/types.ts";

/** A collection in memory with the semantics of rows that every store has; it cannot be searched. */
export function memoryCollection(): Collection {
  const rows = new Map<string, StoredChunk>();
  const all = () => [...rows.values()].map((row) => ({ ...row }));
  const remove = (versions: readonly DocumentVersion[], isMeant: (row: StoredChunk) => boolean): void => {
    for (const row of rows.values()) {
      const isNamed = versions.some(
        ({ docId, docHash, updatedAt }) => row.docId === docId && row.docHash === docHash && row.updatedAt <= updatedAt,
      );
      if (isNamed && isMeant(row)) rows.delete(row.id);
    }
  };
  return {
    name: "docs",
    manifest: {
      schemaVersion: 2,
      embedding: null,
      metric: "cosine",
      analyzer: "multilingual",
      analysis: 1,
      chunking: {},
      toolVersion: "0",
      createdAt: "2026-01-01T00:00:00.000Z",
    },
    modes: ["text"],
    severalWriters: true,
    upsertIsAtomic: false,
    documents: async () => all().filter(({ ordinal }) => ordinal === 0),
    chunksOf: async (docIds) => all().filter(({ docId }) => docIds.includes(docId)),
    passages: async ({ docId, docHash }, first, last) =>
      all()
        .filter((row) => row.docId === docId && row.docHash === docHash && row.ordinal >= first && row.ordinal <= last)
        .sort((left, right) => left.ordinal - right.ordinal),
    textsWithWordLike: async () => all().map(({ text }) => text),
    upsert: async (chunks) => {
      // As in every store, terms are indexed and not read back.
      for (const { terms: _, ...chunk } of chunks) rows.set(chunk.id, chunk);
    },
    deleteDocuments: async (versions) => remove(versions, () => true),
    deleteUncommitted: async (versions) => remove(versions, ({ ordinal }) => ordinal > 0),
    countChunks: async () => rows.size,
    chunkRecords: async () => all().filter(({ ordinal }) => ordinal > 0),
    optimize: async () => {},
    overview: () => Promise.reject(new Error("a collection in memory is not listed")),
    search: () => Promise.reject(new Error("a collection in memory is not searched")),
    wordFrequencies: async () => null,
    stats: async () => ({
      documents: all().filter(({ ordinal }) => ordinal === 0).length,
      chunks: rows.size,
      sizeBytes: null,
      index: [],
      updatedAt: null,
    }),
  };
}
