import type { Command as Program } from "commander";
import { strategies } from "../../chunkers/index.ts";
import { refuseTogether } from "../arguments/contradictions.ts";
import type { CommonFlags } from "../arguments/flags.ts";
import { amount, escaped, filled, integer, metadata, oneOf, repeatable } from "../arguments/values.ts";
import type { IngestFlags } from "../commands/ingest/flags.ts";
import type { Dispatch } from "../context.ts";

/** Adds `rag ingest` to the program. */
export function addIngest(program: Program, dispatch: Dispatch): void {
  const command = program.command("ingest");
  refuseTogether(command, [
    {
      flags: ["--prune", "--no-prune"],
      hint: "with neither, documents whose files are gone are removed unless that is most of them",
    },
    { flags: ["--recreate", "--no-prune"], hint: "--recreate drops every document of the collection" },
    ...["--check", "--dry-run", "--recreate"].map((flag) => ({
      flags: ["--watch", flag] as const,
      hint: "--watch ingests each change as it comes",
    })),
    {
      flags: ["--check", "--recreate"],
      hint: "--check compares with the collection that is there, and writes nothing",
    },
  ]);
  command
    .summary("bring a collection up to date with files")
    .description(
      "Bring a collection up to date with files: new and changed ones are written, unchanged ones are left alone, and " +
        "documents whose files are gone from the folders named are removed. Respects .gitignore and .ragignore.",
    )
    .argument("[paths...]", "files, folders and globs; addresses of pages and of a sitemap.xml")
    .option("--files-from <file>", "read paths from a file, one a line or NUL-separated; - for standard input")
    .option("--include <glob>", "only files that match (repeatable)", repeatable("--include"))
    .option("--exclude <glob>", "leave out files that match (repeatable)", repeatable("--exclude"))
    .option("--strategy <name>", `how documents are split: ${strategies.join(", ")}`, oneOf("--strategy", strategies))
    .option("--max-chars <count>", "characters in a chunk at most", integer("--max-chars", 1, 16_000))
    .option("--overlap-chars <count>", "characters that neighbouring chunks share", integer("--overlap-chars", 0))
    .option("--separator <text>", "string to split at; \\n and \\t are understood", escaped("--separator"))
    .option("--metadata <key=value>", "metadata of every document (repeatable)", metadata("--metadata"))
    .option("--recreate", "start over with a new collection, which replaces the old one once it is complete")
    .option("--project <name>", "project that the collection belongs to (project)", filled("--project"))
    .option(
      "--wait [seconds]",
      "wait for another command that writes the collection; without seconds, as long as it takes",
      integer("--wait", 0),
    )
    .option("--prune", "remove documents whose files are gone, however many")
    .option("--no-prune", "remove no documents")
    .option("--dry-run", "write nothing and call no model; say what would be done, and what it would take")
    .option("--max-cost <usd>", "embed nothing if it would cost more, by an estimate", amount("--max-cost"))
    .option("--max-tokens <count>", "embed nothing if it were more, by an estimate", integer("--max-tokens", 0))
    .option("--check", "write nothing; exit 1 where the collection is out of date")
    .option("--watch", "stay, and follow the files: each change is ingested; Ctrl-C ends")
    .option("--concurrency <count>", "embedding requests in flight at most", integer("--concurrency", 1, 64))
    .option("--fail-fast", "stop at the first file that fails")
    .option("--follow-links", "follow links that lead out of the folders named")
    .option("--encoding <name>", "encoding of texts without a byte order mark, e.g. windows-1252", filled("--encoding"))
    .option("--pdf-password <text>", "opens encrypted PDFs; better in the variable RAG_PDF_PASSWORD")
    .addHelpText(
      "after",
      `
Examples:
  rag ingest docs "notes/**/*.md" --exclude drafts/
  rag ingest faq --strategy separator --separator "# "
  rag ingest https://example.com/docs/sitemap.xml
  git ls-files -z "*.md" | rag ingest --files-from -
  rag ingest docs --check --json`,
    )
    .action((paths: string[], _: unknown, command: Program) =>
      dispatch<IngestFlags>(
        { include: [], exclude: [], metadata: {}, ...command.optsWithGlobals<CommonFlags>(), paths },
        async () => (await import("../commands/ingest/ingest.ts")).ingest,
      ),
    );
}
