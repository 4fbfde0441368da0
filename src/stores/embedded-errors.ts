import { ExitCode, UserError, messageOf } from "../errors.ts";

/** Makes a `UserError` (exit code 4) of what LanceDB throws: it knows only messages. */
export function translateStoreError(location: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof UserError) throw error;
    const message = messageOf(error);
    if (/no space left|disk quota|os error 28/i.test(message)) {
      throw failed("disk-full", `the disk that holds ${location} is full`, error, {
        hint: "free some space and run the command again: what was written before is kept, and the rest follows",
      });
    }
    if (/permission denied|os error 13|read-only file system|os error 30/i.test(message)) {
      throw failed("store-unusable", `the store folder ${location} cannot be written: ${reasonOf(message)}`, error, {
        hint: "give it the rights to write, or set store.path in .ragrc to another folder",
      });
    }
    throw failed("store-failed", `the embedded store in ${location} failed: ${reasonOf(message)}`, error, {
      hint: "run rag ingest again, it mends an index; where that does not help, make the collection anew: rag ingest … --recreate",
    });
  };
}

function failed(code: string, message: string, cause: unknown, { hint }: { hint: string }): UserError {
  return new UserError(code, message, { hint, exitCode: ExitCode.backend, cause });
}

/** What happened, without the names of LanceDB's own errors and the lines of its source, and said once. */
function reasonOf(message: string): string {
  const reason = message
    .replaceAll(
      /\b(?:lance error|LanceError\(\w+\)|Failed to execute query stream|GenericFailure|Execution error|External error):?,?\s*/gi,
      "",
    )
    .replace(/,?\s*(?:location:\s*)?\/[^\s,]*\.rs:\d+.*$/s, "")
    .replace(/\s*Caused by.*$/s, "")
    .replace(/[.,:;\s]+$/, "");
  return reason === "" ? "it gave no reason" : reason.slice(0, 300);
}
