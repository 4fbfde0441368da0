import type { Document } from "../types.ts";

/** A file's bytes and how it is called. */
export interface LoaderInput {
  /** Posix path relative to the project root. */
  source: string;
  bytes: Uint8Array;
  /** Opens the file where it is encrypted. */
  password?: string | undefined;
}

/** What the user says about files that they do not say themselves. */
export interface LoadingOptions {
  /** The encoding of texts that have no byte order mark; left out, it is told from each file. */
  encoding?: string | undefined;
  /** Opens encrypted PDFs. */
  pdfPassword?: string | undefined;
}

/** What a loader made of a file. */
export interface LoadResult {
  document: Document;
  /** What the reader of the answer should know, e.g. "page 3 has no text; it may need OCR". One sentence each. */
  warnings: string[];
}

/** Turns the bytes of one format into a document. */
export interface Loader {
  readonly name: string;
  /** Raised when the same bytes give another document than before: it is part of every document's hash. */
  readonly version: number;
  /** What else than the bytes decides the document: part of its hash as well. */
  readonly variant?: string;
  /** Throws `UserError` where the file is not what its name says, is encrypted or broken. */
  load(input: LoaderInput): Promise<LoadResult>;
}
