import { hash } from "node:crypto";

/** 32 hexadecimal digits (128 bits) of the text's SHA-256: a key that is safe in any filter expression. */
export function shortHash(text: string | Uint8Array): string {
  // In one call: an object for each of a million keys takes twice the time, and garbage collection.
  return hash("sha256", text).slice(0, 32);
}

/** Key of the document at this source. */
export function documentId(source: string): string {
  return shortHash(source);
}

/**
 * Key of the chunk at this position of a version of a document. The first chunk is the commit record: its key is the same
 * in all versions, so that a new version takes the place of the old one in one write. The other chunks of two versions
 * have different keys, so that no writer overwrites what another one wrote of another version.
 */
export function chunkId(docId: string, docHash: string, ordinal: number): string {
  return shortHash(ordinal === 0 ? docId : `${docId}:${docHash}:${ordinal}`);
}
