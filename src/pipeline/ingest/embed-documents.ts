import type { Collection } from "../../stores/types.ts";
import type { StoredChunk } from "../../types.ts";
import type { EmbedPool } from "../embed/embed.ts";
import type { ReadyDocument } from "./prepare-document.ts";

/** A document whose vectors are being made. */
export interface EmbeddingDocument {
  document: ReadyDocument;
  /** Chunks that have the vector of a stored chunk. */
  reused: number;
  /** Chunks that have, or would have, a vector that the cache keeps from an earlier run. Complete when `done` is. */
  cached: number;
  /** Chunks that the model has to be asked for. Complete when `done` is. */
  embedded: number;
  /** These chunks, and before `done` is complete those that the cache has. */
  missing: readonly StoredChunk[];
  /** Resolves to `null` when every chunk has its vector, else to the reason why one of them cannot have one. */
  done: Promise<string | null>;
}

/**
 * Gives each chunk the vector of a stored chunk of the same document with the same text, and sends the others to the
 * model. `embed` is `null` where nothing is sent and only the counts are wanted, which `isCached` is for; `collection`
 * where it holds nothing to reuse.
 */
export async function startEmbedding(
  documents: readonly ReadyDocument[],
  embed: EmbedPool | null,
  collection: Collection | null,
  isCached: (text: string) => boolean = () => false,
): Promise<EmbeddingDocument[]> {
  const stored = (await collection?.chunksOf(documents.map((document) => document.docId))) ?? [];
  const vectors = new Map(stored.map((chunk) => [reuseKey(chunk), chunk.vector]));
  return documents.map((document) => {
    const missing: StoredChunk[] = [];
    for (const chunk of document.chunks) {
      chunk.vector = vectors.get(reuseKey(chunk)) ?? null;
      if (chunk.vector === null) missing.push(chunk);
    }
    const reused = document.chunks.length - missing.length;
    if (embed === null) {
      const toSend = missing.filter((chunk) => !isCached(embeddingText(chunk)));
      const cached = missing.length - toSend.length;
      return { document, reused, cached, embedded: toSend.length, missing: toSend, done: Promise.resolve(null) };
    }
    const embedding = { document, reused, cached: 0, embedded: missing.length, missing };
    if (missing.length === 0) return { ...embedding, done: Promise.resolve(null) };
    const pending: EmbeddingDocument = Object.assign(embedding, {
      done: fillVectors(missing, embed, () => {
        embedding.cached++;
        embedding.embedded--;
      }),
    });
    // Awaited in its turn; until then a failure must not count as unhandled.
    pending.done.catch(() => {});
    return pending;
  });
}

function reuseKey(chunk: StoredChunk): string {
  return `${chunk.docId}\n${embeddingText(chunk)}`;
}

function embeddingText(chunk: StoredChunk): string {
  return chunk.context + chunk.text;
}

async function fillVectors(
  chunks: readonly StoredChunk[],
  embed: EmbedPool,
  onCached: () => void,
): Promise<string | null> {
  const outcomes = await embed.embed(chunks.map(embeddingText));
  for (const [index, chunk] of chunks.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error(`${outcomes.length} outcomes for ${chunks.length} texts`);
    if ("error" in outcome) return `${passageName(chunk)}: ${outcome.error}`;
    chunk.vector = outcome.vector;
    if (outcome.cached) onCached();
  }
  return null;
}

function passageName({ page, startLine, endLine, ordinal }: StoredChunk): string {
  if (page !== null) return `page ${page}`;
  return startLine === null ? `passage ${ordinal + 1}` : `lines ${startLine}-${endLine}`;
}
