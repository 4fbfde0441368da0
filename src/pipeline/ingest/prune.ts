import { UserError } from "../../errors.ts";
import type { DocumentRecord } from "../../stores/types.ts";

/** `safe` removes what is gone unless that is suspiciously much, `always` removes it, `never` keeps it. */
export type PrunePolicy = "safe" | "always" | "never";

/** What an ingest removes. */
export interface Pruning {
  gone: DocumentRecord[];
  /** `prune-refused`: so much is gone that it is not removed unless somebody says so. */
  refusal: UserError | null;
}

/**
 * The stored documents that this ingest covers and that are gone from disk. An unmounted folder looks like a folder whose
 * documents were all deleted: under `safe`, more than ten that are more than half of what is covered come with a refusal.
 */
export function documentsToRemove(
  stored: Iterable<DocumentRecord>,
  found: ReadonlySet<string>,
  covers: (source: string) => boolean,
  policy: PrunePolicy,
): Pruning {
  if (policy === "never") return { gone: [], refusal: null };
  const covered = [...stored].filter((record) => covers(record.source));
  const gone = covered.filter((record) => !found.has(record.source));
  const isSuspicious = policy === "safe" && gone.length > 10 && gone.length > covered.length / 2;
  return { gone, refusal: isSuspicious ? refusalOf(gone.length, covered.length) : null };
}

function refusalOf(gone: number, covered: number): UserError {
  return new UserError(
    "prune-refused",
    `${gone} of the ${covered} documents ingested from here before are gone; removing them all may be a mistake, and nothing was changed`,
    {
      hint: "if they are really gone, run the command again with --prune; to keep them in the collection, with --no-prune",
    },
  );
}
