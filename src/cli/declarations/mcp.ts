import type { Command as Program } from "commander";
import type { CommonFlags } from "../arguments/flags.ts";
import { integer } from "../arguments/values.ts";
import type { McpFlags } from "../commands/mcp.ts";
import type { Dispatch } from "../context.ts";

/** Adds `rag mcp` to the program. */
export function addMcp(program: Program, dispatch: Dispatch): void {
  program
    .command("mcp")
    .summary("serve the documents to coding agents (Model Context Protocol)")
    .description(
      "Serve the documents to coding agents by the Model Context Protocol, on standard input and output or on a port of " +
        "this machine. The store and the models stay open between calls. Read-only, unless --allow-ingest is given.",
    )
    .option(
      "--http <port>",
      "listen on this port of the loopback address; 0 for any that is free",
      integer("--http", 0, 65_535),
    )
    .option("--allow-ingest", "let agents ingest files of the project")
    .addHelpText(
      "after",
      `
Tools: search, read, list_collections, list_sources; ask where a language model is configured; ingest
with --allow-ingest. docs/agents.md has the configuration of each agent.

With --http, every request has to carry the token that is printed on stderr, or the one in
RAG_MCP_TOKEN, as "Authorization: Bearer <token>".

Examples:
  rag mcp
  rag mcp --http 7777 --collection docs
  claude mcp add rag -- rag mcp`,
    )
    .action((_: unknown, command: Program) =>
      dispatch<McpFlags>(command.optsWithGlobals<CommonFlags>(), async () => (await import("../commands/mcp.ts")).mcp),
    );
}
