import type { DocumentVersion } from "../types.ts";
import { slices } from "./slices.ts";

/** Versions in one condition. */
const versionsAtOnce = 200;

/** Rows of any of these documents with any of these hashes, as far as they are not younger than `updatedAt`. */
export interface VersionCondition {
  docIds: string[];
  docHashes: string[];
  updatedAt: number;
}

/**
 * Conditions that name these versions and no other. Documents that were written together share a stamp, and so a
 * condition; a hash covers the source, so no two documents share a hash.
 */
export function* versionConditions(versions: readonly DocumentVersion[]): Generator<VersionCondition> {
  const byStamp = new Map<number, DocumentVersion[]>();
  for (const version of versions) {
    const group = byStamp.get(version.updatedAt);
    if (group === undefined) byStamp.set(version.updatedAt, [version]);
    else group.push(version);
  }
  for (const [updatedAt, group] of byStamp) {
    for (const part of slices(group, versionsAtOnce)) {
      yield { updatedAt, docIds: part.map(({ docId }) => docId), docHashes: part.map(({ docHash }) => docHash) };
    }
  }
}
