import { Command as Program, Option } from "commander";
import { strategies } from "../chunkers/index.ts";
import { searchModes } from "../types.ts";
import { namingCollection } from "./arguments/collection-argument.ts";
import { addEval } from "./arguments/eval.ts";
import type { Dispatch } from "./context.ts";
import { refuseTogether } from "./arguments/contradictions.ts";
import { type CollectionFlags, type CommonFlags, type SearchFormat, searchFormats } from "./arguments/flags.ts";
import type { AskFlags } from "./commands/ask.ts";
import type { DropFlags } from "./commands/collections.ts";
import type { CopyFlags } from "./commands/copy.ts";
import type { IngestFlags } from "./commands/ingest.ts";
import type { SearchFlags } from "./commands/search.ts";
import type { TrustFlags } from "./commands/trust.ts";
import { usageError } from "./arguments/usage-error.ts";
import { decimal, escaped, filled, integer, metadata, model, oneOf, repeatable } from "./arguments/values.ts";

/**
 * Every command, flag and help text. Defaults stand in the configuration's schema, not here. Wrong usage is thrown as
 * a `UserError`; a `CommanderError` says that help or the version was printed.
 */
export function buildProgram(version: string, dispatch: Dispatch): Program {
  let reached: Program;
  const reach = (_: Program, command: Program): void => void (reached = command);
  const program = new Program("rag")
    .description("From a folder of documents to answers with sources, on Milvus or on an embedded store.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageError(error, reached);
    })
    .configureOutput({ writeErr: () => {} })
    .addHelpText(
      "after",
      `
Examples:
  rag ingest docs README.md
  rag search "how is data stored"
  rag ask "How is data stored?"

Exit codes: 0 done, 1 nothing found or below the gate, 2 wrong usage or configuration, 3 some files failed,
4 a store or model failed, 70 an error of rag itself, 130 interrupted.`,
    );

  reached = program;
  program.hook("preSubcommand", reach);
  program.addOption(new Option("-c, --collection <name>", "collection to use").argParser(filled("--collection")));
  program.addOption(new Option("--config <file>", "configuration file, in place of the nearest one"));
  program.addOption(
    new Option(
      "--uri <uri>",
      "where the collections live: a folder, a path ending in .db, or an address (milvus.uri)",
    ).argParser(filled("--uri")),
  );
  program.addOption(
    new Option("--embedding <provider[/model]>", "model that makes vectors").argParser(model("--embedding")),
  );
  program.addOption(new Option("--llm <provider[/model]>", "model that answers").argParser(model("--llm")));
  program.addOption(new Option("--json", "print one JSON document"));
  program.addOption(new Option("-q, --quiet", "print results and errors only"));
  program.addOption(new Option("-v, --verbose", "print one line a stage with its duration"));
  program.addOption(new Option("--no-color", "print without colour"));

  addIngest(program, dispatch);
  addSearch(program, dispatch);
  addAsk(program, dispatch);
  addEval(program, dispatch);
  addCollections(program, dispatch).hook("preSubcommand", reach);
  addTrust(program, dispatch);
  return program;
}

function addIngest(program: Program, dispatch: Dispatch): void {
  const command = program.command("ingest");
  refuseTogether(command, [
    {
      flags: ["--prune", "--no-prune"],
      hint: "with neither, documents whose files are gone are removed unless that is most of them",
    },
    { flags: ["--recreate", "--no-prune"], hint: "--recreate drops every document of the collection" },
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
    .argument("[paths...]", "files, folders and globs")
    .option("--files-from <file>", "read paths from a file, one a line or NUL-separated; - for standard input")
    .option("--include <glob>", "only files that match (repeatable)", repeatable("--include"))
    .option("--exclude <glob>", "no files that match (repeatable)", repeatable("--exclude"))
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
    .option("--dry-run", "write nothing; all counts are of what would be done")
    .option("--check", "write nothing; exit 1 where the collection is out of date")
    .option("--concurrency <count>", "embedding requests in flight at most", integer("--concurrency", 1, 64))
    .option("--fail-fast", "stop at the first file that fails")
    .option("--follow-links", "follow links that lead out of the folders named")
    .addHelpText(
      "after",
      `
Examples:
  rag ingest docs "notes/**/*.md" --exclude drafts/
  rag ingest faq --strategy separator --separator "# "
  git ls-files -z "*.md" | rag ingest --files-from -
  rag ingest docs --check --json`,
    )
    .action((paths: string[], _: unknown, command: Program) =>
      dispatch<IngestFlags>(
        { include: [], exclude: [], metadata: {}, ...command.optsWithGlobals<CommonFlags>(), paths },
        async () => (await import("./commands/ingest.ts")).ingest,
      ),
    );
}

const aboutFilters = `
The fields of a filter are source, title, format (markdown, text, pdf, html, docx, pptx, xlsx, odt,
odp, ods, epub, notebook, eml, mbox, csv, json, jsonl, rst, asciidoc, org, latex, subtitles or code),
page, heading and any metadata key. heading is the path of headings above a passage, joined by " > ", as in
"heading=Guide > Storage". A condition is about the whole value and minds case; in the glob of ~,
* stands for any characters and ? for one. Numbers compare as numbers: 2.10 is 2.1, and less than
2.9. A passage without the field only meets !=.`;

/** The flags that search and ask share. */
function addRetrievalOptions(command: Program): Program {
  return command
    .option("-k, --top-k <count>", "passages to find", integer("--top-k", 1, 1000))
    .option("--mode <name>", `how to search: ${searchModes.join(", ")}`, oneOf("--mode", searchModes))
    .option(
      "--filter <condition>",
      "only passages where it holds (repeatable): field, then = != < <= > >= or ~ (glob), then a value",
      repeatable("--filter"),
    );
}

function addSearch(program: Program, dispatch: Dispatch): void {
  const command = program
    .command("search")
    .summary("find the passages that match a query best")
    .description("Find the passages that match a query best. Exits with 1 where nothing is found.")
    .argument("<query>", "what to look for; - for standard input");
  addRetrievalOptions(command)
    .option("--min-score <number>", "leave out hits below this score", decimal("--min-score"))
    .option("--format <name>", `how to print: ${searchFormats.join(", ")}`, oneOf("--format", searchFormats))
    .option("--full", "print passages whole")
    .option("--print0", "print paths, each with a NUL at its end, for xargs -0")
    .addHelpText(
      "after",
      `${aboutFilters}

--format paths prints each file once, with its path from the working folder. In all other
formats a source starts at the folder of the configuration file, where there is one.

Examples:
  rag search "how is data stored" -k 3
  rag search "index types" --filter "source~docs/*" --filter "year>=2024"
  rag search "ports" --filter format=pdf --filter "heading~*Installation*"
  rag search "timeout" --format paths | xargs less`,
    )
    .action((query: string, options: { format?: SearchFormat }, command: Program) =>
      dispatch<SearchFlags>(
        {
          filter: [],
          ...command.optsWithGlobals<CommonFlags>(),
          ...(options.format === "json" ? { json: true } : {}),
          query,
        },
        async () => (await import("./commands/search.ts")).search,
      ),
    );
}

function addAsk(program: Program, dispatch: Dispatch): void {
  const command = program
    .command("ask")
    .summary("answer a question from the documents, with sources")
    .description(
      "Answer a question from the documents and cite the passages that say so. Without an LLM, the answer is made of " +
        "quotes. Exits with 1 where the documents do not answer it.",
    )
    .argument("<question>", "the question; - for standard input");
  addRetrievalOptions(command)
    .option("--no-stream", "print the answer when it is complete")
    .option("--show-context", "print the passages that the answer was made from")
    .option("--prompt <file>", "prompt template in place of the built-in one", filled("--prompt"))
    .option(
      "--max-context-chars <count>",
      "characters of passages in the prompt at most",
      integer("--max-context-chars", 1),
    )
    .option("--strict", "refuse an answer whose citations cannot be verified")
    .addHelpText(
      "after",
      `${aboutFilters}

Examples:
  rag ask "How is data stored?"
  rag ask "What changed in 2025?" --filter year=2025 --llm deepseek
  echo "How do I upgrade?" | rag ask - --json`,
    )
    .action((question: string, _: unknown, command: Program) =>
      dispatch<AskFlags>(
        { filter: [], stream: true, ...command.optsWithGlobals<CommonFlags>(), question },
        async () => (await import("./commands/ask.ts")).ask,
      ),
    );
}

function addCollections(program: Program, dispatch: Dispatch): Program {
  const collections = program
    .command("collections")
    .summary("list, show, copy and drop collections")
    .description("List, show, copy and drop collections.")
    .helpCommand("help [command]", "print the help of a command");
  collections
    .command("list")
    .description("List the collections of the store.")
    .action((_: unknown, command: Program) =>
      dispatch<CommonFlags>(command.optsWithGlobals(), async () => {
        const { listCollections } = await import("./commands/collections.ts");
        return listCollections;
      }),
    );
  collections
    .command("show")
    .description("Show a collection: documents, chunks, how it was made, indexes, size.")
    .argument("[name]", "the collection; or name it with --collection")
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<CollectionFlags>(namingCollection<CollectionFlags>(name, command), async () => {
        const { showCollection } = await import("./commands/collections.ts");
        return showCollection;
      }),
    );
  collections
    .command("sources")
    .description("List the documents of a collection.")
    .argument("[name]", "the collection; or name it with --collection")
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<CollectionFlags>(namingCollection<CollectionFlags>(name, command), async () => {
        const { listSources } = await import("./commands/collections.ts");
        return listSources;
      }),
    );
  collections
    .command("drop")
    .description("Drop a collection with all that it holds. Asks first on a terminal; elsewhere it needs --yes.")
    .argument("[name]", "the collection; or name it with --collection")
    .option("-y, --yes", "drop it without asking")
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<DropFlags>(namingCollection<DropFlags>(name, command), async () => {
        const { dropCollection } = await import("./commands/collections.ts");
        return dropCollection;
      }),
    );
  collections
    .command("copy")
    .usage("[name] --to <uri> [options]")
    .description(
      "Copy a collection to another store, vectors included: nothing is embedded again. Interrupted, the same command " +
        "goes on; run again later, it brings over what changed. At the end both sides are compared.",
    )
    .argument("[name]", "the collection; or name it with --collection")
    .requiredOption("--to <uri>", "store to copy to: a folder, a path ending in .db, or an address", filled("--to"))
    .option("--as <name>", "name of the copy, in place of the collection's own", filled("--as"))
    .addHelpText(
      "after",
      `
The target is read like milvus.uri: a path ending in .db is Milvus Lite, http://host:19530 or host:19530 a server, and
https://… Zilliz Cloud. Any other path with a slash is the folder of an embedded store, as is what follows file:. A bare
name, a host in milvus.uri, is refused here: it could be meant as a folder. A server gets the token in MILVUS_TOKEN, or
user:password@ from the address.

A target collection that exists is continued where it was made with the same embedding model and metric, and holds no
document that the source has not; otherwise it is left as it is, and --as names another one.

Examples:
  rag collections copy docs --to ./milvus.db
  rag collections copy docs --to http://localhost:19530 --as docs_2026
  rag collections copy docs --to ./backup/.rag`,
    )
    .action((name: string | undefined, _: unknown, command: Program) =>
      dispatch<CopyFlags>(namingCollection<CopyFlags>(name, command), async () => {
        const { copyCollection } = await import("./commands/copy.ts");
        return copyCollection;
      }),
    );
  return collections;
}

function addTrust(program: Program, dispatch: Dispatch): void {
  const command = program.command("trust");
  refuseTogether(command, [{ flags: ["--yes", "--revoke"], hint: "--yes trusts the file, --revoke takes that back" }]);
  command
    .summary("show what a project's configuration asks for, and agree to it")
    .description(
      "Show what the configuration of a project asks for beyond what a project may decide: to send data to a host, to " +
        "reach outside of its folder, to read variables, to run a program. Agreed to, it is trusted until it changes.",
    )
    .option("-y, --yes", "agree without asking")
    .option("--revoke", "trust the file no more")
    .addHelpText(
      "after",
      `
With --json and without --yes it only shows. Exits with 1 where the file asks for something and is not trusted. In
scripts, RAG_ALLOW_HOST=host agrees to a single host, and --config <file> to a file for one run.`,
    )
    .action((_: unknown, command: Program) =>
      dispatch<TrustFlags>(command.optsWithGlobals(), async () => (await import("./commands/trust.ts")).trust),
    );
}
