import type { Chunker, ChunkingOptions } from "../../chunkers/types.ts";
import { UserError, messageOf } from "../../errors.ts";
import type { Loader } from "../../loaders/types.ts";
import { loadAnalyzer } from "../../text/analysis/analyzer.ts";
import { languageOf } from "../../text/analysis/language.ts";
import type { Chunk, Document, StoredChunk } from "../../types.ts";
import { passageContext } from "./passage-context.ts";
import { documentLanguage } from "./rows/language.ts";

/** A file that was read. */
export interface CutRequest {
  /** Posix path relative to the project root. */
  source: string;
  /** Whose extension says what the file is: the source, or another name where the source does not say it. */
  name: string;
  bytes: Uint8Array;
  /** Whether passages come with the terms that BM25 reads. */
  withTerms: boolean;
}

/** A chunk with what is derived from it and its document alone. */
export interface Passage extends Chunk, Pick<StoredChunk, "context" | "terms"> {}

/** What is stored of a file, without what belongs to one ingest. Plain data, which can pass between threads. */
export interface CutDocument extends Pick<Document, "title" | "format" | "metadata"> {
  passages: Passage[];
  language: string;
  warnings: string[];
}

/** Loads files, cuts them and analyses their words: nearly all the computing of an ingest without a model. */
export interface DocumentCutter {
  /** How many files to begin before the first one is done. */
  readonly ahead: number;
  /** Throws `UserError` where the file cannot be read; anything else that it throws is a bug in a loader. */
  cut(request: CutRequest): Promise<CutDocument>;
  /** Nothing more comes for now: gives back what is held for more. */
  rest(): void;
}

export interface CutParts {
  loaderFor(source: string, bytes: Uint8Array): Promise<Loader>;
  chunker: Chunker;
  chunking: ChunkingOptions;
}

/** Cuts one file in this thread; throws as `DocumentCutter.cut` does. */
export async function cutDocument(
  { source, name, bytes, withTerms }: CutRequest,
  { loaderFor, chunker, chunking }: CutParts,
): Promise<CutDocument> {
  const loader = await loaderFor(name, bytes);
  const { document, warnings } = await loader.load({ source, bytes });
  const chunks = chunker.chunk(document, chunking);
  const language = await documentLanguage(chunks);
  const { title, format, metadata } = document;
  const passages: Passage[] = chunks.map((chunk) => Object.assign(chunk, { context: passageContext(title, chunk) }));
  if (withTerms && passages.length > 0) {
    const { documentTerms } = await loadAnalyzer(languageOf(language));
    for (const passage of passages) passage.terms = documentTerms(passage.context + passage.text);
  }
  return { title, format, metadata, passages, language, warnings };
}

/** Cuts files in this thread, one after the other. */
export function cutterOfThisThread(parts: CutParts): DocumentCutter {
  return { ahead: 1, cut: (request) => cutDocument(request, parts), rest() {} };
}

/** A bug in a loader, as a failure of the one file that met it. */
export function crashed(error: unknown): UserError {
  const place = /^[^\S\n]+at (?:.*\()?([^()\n]+)\)?$/m.exec(error instanceof Error ? (error.stack ?? "") : "")?.[1];
  const where = place === undefined ? "" : ` (${place})`;
  return new UserError("loader-crashed", `the loader failed: ${messageOf(error)}${where}`, {
    hint: "this is a bug in rag; please report it, with the file if you can",
    cause: error,
  });
}
