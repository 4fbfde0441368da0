import { ExitCode, UserError, messageOf } from "../../errors.ts";
import type { LockHolder } from "../../files/lock-file.ts";

/** The name is taken. */
export function collectionExists(name: string, location: string): UserError {
  return new UserError("collection-exists", `there is a collection "${name}" in ${location} already`, {
    hint: "choose another name, or drop it first: rag collections drop",
  });
}

/** A later version of this tool made the collection. */
export function newerCollection(name: string, toolVersion: string): UserError {
  return new UserError(
    "newer-collection",
    `collection "${name}" was made by milvus-rag ${toolVersion}, which keeps it in a form that this version cannot read`,
    { hint: "update milvus-rag, or ingest again with --recreate" },
  );
}

/** A `UserError` (exit code 2) for a collection that another command dropped while this one used it. */
export function droppedMeanwhile(name: string, location: string): UserError {
  return new UserError("collection-not-found", `collection "${name}" in ${location} was dropped meanwhile`, {
    hint: "make it anew with: rag ingest <paths...>",
  });
}

/** Another process writes. `what`: what the lock protects, as the subject of the sentence. */
export function collectionLocked(what: string, { pid, host, purpose, since }: LockHolder): UserError {
  return new UserError(
    "collection-locked",
    `${what} is being written by another process: ${purpose} (process ${pid} on ${host}, since ${since})`,
    { hint: "wait until it has ended, or stop it; searching goes on meanwhile", exitCode: ExitCode.backend },
  );
}

/** A collection of another program is dropped only where the user confirmed it with `--yes`. */
export function foreignIsNotDropped(name: string, location: string): UserError {
  return new UserError("foreign-collection", `another program made the collection "${name}" in ${location}`, {
    hint: `where nobody needs it any more: rag collections drop ${name} --yes`,
  });
}

/** A collection that cannot be read may be another program's. */
export function unreadableIsNotDropped(name: string, location: string, cause: unknown): UserError {
  return new UserError(
    "unreadable-collection",
    `the collection "${name}" in ${location} is not replaced or dropped: who made it cannot be told, as it cannot be read (${messageOf(cause)})`,
    { hint: `where nobody needs it any more: rag collections drop ${name} --yes`, exitCode: ExitCode.backend, cause },
  );
}
