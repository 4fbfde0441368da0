import { ExitCode, UserError, messageOf } from "../../errors.ts";

/** Turns what LanceDB throws into a `UserError` (exit code 4). LanceDB has no codes, so its messages are read. */
export function translateStoreError(location: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof UserError) throw error;
    const message = messageOf(error);
    if (/no space left|disk quota|os error 28/i.test(message)) {
      throw failed("disk-full", `the disk that holds ${location} is full`, error, {
        hint: "free some space and run the command again: what was written before is kept, and the rest follows",
      });
    }
    if (isOfTheSystem(message)) {
      throw failed("store-unusable", `the store folder ${location} cannot be used: ${reasonOf(message)}`, error, {
        hint: "give it the rights to read and write, or set store.path in .ragrc to another folder",
      });
    }
    throw failed("store-failed", `the embedded store in ${location} failed: ${reasonOf(message)}`, error, {
      hint: "run rag ingest again, it mends an index; where that does not help, make the collection anew: rag ingest … --recreate",
    });
  };
}

/** A `UserError` (exit code 4) for a table that LanceDB does not open: it is damaged, unless the system is in the way. */
export function corruptCollection(
  { name, folder, location }: { name: string; folder: string; location: string },
  error: unknown,
): UserError {
  const message = messageOf(error);
  const reason = reasonOf(message);
  if (isOfTheSystem(message)) {
    return failed(
      "store-unusable",
      `collection "${name}" in the store folder ${location} cannot be read: ${reason}`,
      error,
      { hint: `give ${folder} and all in it the rights to read and write` },
    );
  }
  const said = `collection "${name}" cannot be opened, its files in ${folder} are damaged: ${reason}`;
  return failed("corrupt-collection", said, error, {
    hint: `to start over: delete the folder ${folder} and run rag ingest again; the documents themselves are not touched`,
  });
}

/** Rights and the like. A missing file (error 2) counts as damage, since only the table itself names its files. */
function isOfTheSystem(message: string): boolean {
  return /^E[A-Z]+: |permission denied|read-only file system|\(os error (?!2\))\d+\)/i.test(message);
}

function failed(code: string, message: string, cause: unknown, { hint }: { hint: string }): UserError {
  return new UserError(code, message, { hint, exitCode: ExitCode.backend, cause });
}

/** LanceDB's message without the names of its error types, the places in its source, and repetitions. */
function reasonOf(message: string): string {
  const reason = message
    .replaceAll(
      /\b(?:lance error|LanceError\(\w+\)|Failed to (?:execute query|get next batch from) stream|GenericFailure|Execution error|External error|Generic [\w/]+ error):?,?\s*/gi,
      "",
    )
    .replace(/(?<!\s),?\s*(?:location:\s*)?(?:[a-z]:)?[\\/][^\s,]{0,300}\.rs:\d+.*$/is, "")
    .replace(/(?<!\s)\s*Caused by.*$/s, "")
    .replace(/(?<![.,:;\s])[.,:;\s]+$/, "");
  return reason === "" ? "it gave no reason" : reason.slice(0, 300);
}
