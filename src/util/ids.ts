import { createHash } from "node:crypto";

/** 32 hexadecimal digits (128 bits) of the text's SHA-256: a key that is safe in any filter expression. */
export function shortHash(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Key of the document at this source. */
export function documentId(source: string): string {
  return shortHash(source);
}

/** Key of the chunk at this position of a document. */
export function chunkId(docId: string, ordinal: number): string {
  return shortHash(`${docId}:${ordinal}`);
}
