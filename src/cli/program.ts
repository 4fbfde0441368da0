import { type CommanderError, Help, Command as Program, Option } from "commander";
import { UserError } from "../errors.ts";
import { filled, listed, model, when } from "./arguments/values.ts";
import { isSeveral } from "./arguments/collection-patterns.ts";
import type { CommonFlags } from "./arguments/flags.ts";
import { usageError } from "./arguments/usage-error.ts";
import { describedOption } from "./arguments/described-defaults.ts";
import type { Dispatch } from "./context.ts";
import type { HelpPage } from "./render/terminal/help.ts";
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

/** Columns of the help in a pipe and in the documentation. */
const usualColumns = 100;

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
 * The program with every command, flag and help text. The defaults that the help tells are those of the configuration's
 * schema. Wrong usage is thrown as a `UserError`; a `CommanderError` says that help or the version was printed, or with exit code 1 that nothing was asked for.
 *
 * @param page where help goes; `null`: to stdout, as it stands in the documentation
 */
export function buildProgram(version: string, dispatch: Dispatch, page: HelpPage | null = null): Program {
  const usual = new Help();
  let reached: Program;
  const reach = (_: Program, command: Program): void => void (reached = command);
  const program = new Program("rag")
    .description("From a folder of documents to answers with sources, on Milvus or on an embedded store.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: page?.columns ?? usualColumns,
      optionDescription: (option) =>
        describedOption({ long: option.long, description: usual.optionDescription(option) }),
    })
    .exitOverride((error) => {
      if (error.exitCode === 0 || isBare(error, program)) throw error;
      throw usageError(error, reached);
    })
    .configureOutput({ writeErr: () => {}, ...(page === null ? {} : { writeOut: page.write }) })
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
  program.addOption(
    new Option("--color <when>", "print in colour: auto (on a terminal), always or never")
      .default(true, "auto")
      .argParser(when("--color")),
  );
  program.addOption(new Option("--no-color", "print without colour"));
  program.addOption(new Option("--pager").hideHelp());
  program.addOption(new Option("--no-pager", "print long results on a terminal at once, not in the pager"));

  for (const declare of declarations) declare(program, dispatch);
  // A group's own subcommand is reached by the group's hook.
  for (const group of program.commands) if (group.commands.length > 0) group.hook("preSubcommand", reach);
  return program;
}

/** Nothing but `rag` was typed; with `--json`, a program asks, and gets an error. */
function isBare(error: CommanderError, program: Program): boolean {
  return error.code === "commander.help" && program.args.length === 0 && program.opts<CommonFlags>().json !== true;
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
