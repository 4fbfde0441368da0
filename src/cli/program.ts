import { Command as Program, Option } from "commander";
import { UserError } from "../errors.ts";
import { filled, listed, model } from "./arguments/values.ts";
import { isSeveral } from "./arguments/collection-patterns.ts";
import type { CommonFlags } from "./arguments/flags.ts";
import { usageError } from "./arguments/usage-error.ts";
import type { Dispatch } from "./context.ts";
import { addAsk } from "./declarations/ask.ts";
import { addChat } from "./declarations/chat.ts";
import { addCollections } from "./declarations/collections.ts";
import { addCompletion } from "./declarations/completion.ts";
import { addDoctor } from "./declarations/doctor.ts";
import { addEval } from "./declarations/eval.ts";
import { addGet } from "./declarations/get.ts";
import { addInit } from "./declarations/init.ts";
import { addIngest } from "./declarations/ingest.ts";
import { addMcp } from "./declarations/mcp.ts";
import { addOpen } from "./declarations/open.ts";
import { addSearch } from "./declarations/search.ts";
import { addTrust } from "./declarations/trust.ts";

/** The commands, in the order in which the help lists them. */
const declarations = [
  addIngest,
  addSearch,
  addAsk,
  addGet,
  addOpen,
  addEval,
  addCollections,
  addChat,
  addMcp,
  addTrust,
  addInit,
  addDoctor,
  addCompletion,
];

/**
 * The program with every command, flag and help text. Defaults stand in the configuration's schema, not here. Wrong usage is thrown as
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
  program.hook("preAction", (_, command) => refuseSeveral(command));
  program.addOption(
    new Option(
      "-c, --collection <name>",
      "collection to use; search and ask take several: repeated, comma-separated, or globs",
    ).argParser(listed("--collection")),
  );
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

  for (const declare of declarations) declare(program, dispatch);
  // A group's own subcommand is reached by the group's hook.
  for (const group of program.commands) if (group.commands.length > 0) group.hook("preSubcommand", reach);
  return program;
}

/** The commands that search several collections at once. */
const searching = new Set(["search", "ask", "chat"]);

/** Throws `UserError` `usage` where several collections are named for a command about one. */
function refuseSeveral(command: Program): void {
  const { collection } = command.optsWithGlobals<CommonFlags>();
  if (searching.has(command.name()) || !isSeveral(collection)) return;
  throw new UserError(
    "usage",
    `${command.name()} takes one collection, and --collection names several: ${collection}`,
    {
      hint: "run it once for each; search and ask take several",
    },
  );
}
