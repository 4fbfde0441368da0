import type { Chunk, Document } from "../types.ts";

/** All settings of all strategies; each chunker reads its own. Sizes in characters (UTF-16 code units). */
export interface ChunkingOptions {
  /** No chunk is longer. */
  maxChars: number;
  /** What the end of one chunk and the start of the next share, where a text has to be cut. */
  overlapChars: number;
  /** The literal string that `separator` splits at. */
  separator: string;
  /** Sentences in a chunk, and how many of them the next one repeats. */
  sentences: number;
  sentenceOverlap: number;
}

/** Splits a document into chunks. Pure: the same document and options give the same chunks. */
export interface Chunker {
  readonly name: string;
  /** Raised when the same input gives other chunks than before: it is part of every document's hash. */
  readonly version: number;
  /** The options that its result depends on: they are part of the document's hash and of the manifest. */
  readonly uses: readonly (keyof ChunkingOptions)[];
  chunk(document: Document, options: ChunkingOptions): Chunk[];
}
