import { randomBytes } from "node:crypto";
import { ExitCode, UserError } from "../../errors.ts";
import type { CommonFlags } from "../arguments/flags.ts";
import type { CommandContext } from "../context.ts";
import { showAddress } from "../render/mcp.ts";
import { openRuntime } from "../runtime.ts";

export interface McpFlags extends CommonFlags {
  /** The port to listen on; standard input and output are served where it is not set. */
  http?: number;
  allowIngest?: boolean;
}

/** Holds the token of the HTTP server. */
const tokenVariable = "RAG_MCP_TOKEN";
/** Characters that a token of the user's has at least. */
const shortestToken = 16;

/** `rag mcp`: serves until the client is done. Throws `UserError` where the configuration is wrong, before it serves. */
export async function mcp(flags: McpFlags, context: CommandContext): Promise<ExitCode> {
  const { createSession } = await import("../session.ts");
  const first = await openRuntime(flags, [], context);
  const canAsk = first.config.llm.provider !== "extractive";
  let opened: typeof first | null = first;
  const session = createSession(async () => {
    const runtime = opened ?? (await openRuntime(flags, [], context));
    opened = null;
    return runtime;
  });
  const options = { session, context, flags, canAsk, allowIngest: flags.allowIngest ?? false };
  try {
    if (flags.http === undefined) {
      const { serveStdio } = await import("../mcp/stdio.ts");
      await serveStdio(options);
    } else {
      const { serveHttp } = await import("../mcp/http.ts");
      const own = ownToken(context.variables);
      const token = own ?? randomBytes(24).toString("base64url");
      const onListening = (address: string): void => showAddress(address, own === null ? token : null, context.output);
      await serveHttp({ ...options, port: flags.http, token, onListening });
    }
  } finally {
    await session.close();
  }
  return ExitCode.done;
}

/** The token that the user has chosen; `null` where one is made. */
function ownToken(variables: CommandContext["variables"]): string | null {
  const token = variables[tokenVariable]?.trim() ?? "";
  if (token === "") return null;
  if (token.length >= shortestToken && !/\s/.test(token)) return token;
  throw new UserError(
    "invalid-value",
    `${tokenVariable} has to have at least ${shortestToken} characters, and no space`,
    {
      hint: "leave it out, and a token is made and printed",
    },
  );
}
