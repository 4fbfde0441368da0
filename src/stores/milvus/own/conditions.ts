import type { VersionCondition } from "../../shared/document-versions.ts";
import { isOneOf, quote } from "../literals.ts";

/** Conditions in Milvus's expression language. A document's row 0 is its commit record. */
export const isCommitRecord = "ord == 0";
export const isNoCommitRecord = "ord > 0";

export function isVersion({ docIds, docHashes, updatedAt }: VersionCondition): string {
  const hashes = docHashes.map(quoted).join(",");
  return `${isOneOf("doc_id", docIds)} and doc_hash in [${hashes}] and updated_at <= ${updatedAt}`;
}

/** A hash, or the code of a language, as a literal. */
export function quoted(text: string): string {
  const literal = quote(text);
  if (literal === null) throw new TypeError("a document's hash or language is not plain text");
  return literal;
}
