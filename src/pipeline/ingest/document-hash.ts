import { createHash } from "node:crypto";
import type { Chunker, ChunkingOptions } from "../../chunkers/types.ts";
import type { Loader } from "../../loaders/types.ts";
import type { EmbeddingIdentity } from "../../types.ts";
import type { Metadata } from "../../types.ts";

/** What decides a document's chunks besides the file itself; the same for all documents of an ingest. */
export interface IngestSettings {
  chunker: Pick<Chunker, "name" | "version" | "uses">;
  chunking: ChunkingOptions;
  embedding: EmbeddingIdentity | null;
  metadata: Metadata;
}

/**
 * Equal hashes mean equal rows: it covers the file's bytes and place, the loader's version and variant, the settings that the
 * chunker uses, the embedding model and the metadata given. 32 hexadecimal digits.
 */
export function documentHash(
  source: string,
  bytes: Uint8Array,
  loader: Pick<Loader, "name" | "version" | "variant">,
  settings: IngestSettings,
): string {
  const decisive = {
    source,
    loader: [loader.name, loader.version, ...(loader.variant === undefined ? [] : [loader.variant])],
    chunker: [settings.chunker.name, settings.chunker.version],
    chunking: settings.chunker.uses.map((option) => [option, settings.chunking[option]]),
    embedding: settings.embedding,
    metadata: settings.metadata,
  };
  return createHash("sha256").update(JSON.stringify(decisive)).update("\n").update(bytes).digest("hex").slice(0, 32);
}
