import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import path from "node:path";
import { fileURLToPath } from "node:url";

const rag = fileURLToPath(new URL("../../../bin/rag.js", import.meta.url));

/** The official client, connected to `rag mcp` that runs in a folder with an empty home. */
export interface Connected {
  client: Client;
  pid: number;
  stderr(): string;
  /** The structured content of a call that has to succeed. */
  call<Result>(name: string, input?: Record<string, unknown>): Promise<Result>;
  /** The text of a call that has to fail. */
  failure(name: string, input?: Record<string, unknown>): Promise<string>;
}

export async function connect(
  folder: string,
  argv: readonly string[] = [],
  variables: Record<string, string> = {},
): Promise<Connected> {
  const home = path.join(folder, "..", "home");
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [rag, "mcp", ...argv],
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: home, USERPROFILE: home, ...variables },
    stderr: "pipe",
  });
  let stderr = "";
  transport.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  // From now on the client checks every result by the schema of its tool.
  await client.listTools();
  return { client, pid: transport.pid ?? 0, stderr: () => stderr, ...callsOf(client) };
}

/** Calls of tools that say at once whether they went well. */
export function callsOf(client: Client): Pick<Connected, "call" | "failure"> {
  const run = async (name: string, input: Record<string, unknown>) =>
    (await client.callTool({ name, arguments: input })) as CallToolResult;
  return {
    call: async <Result>(name: string, input = {}) => {
      const result = await run(name, input);
      if (result.isError) throw new Error(textOf(result));
      return result.structuredContent as Result;
    },
    failure: async (name, input = {}) => {
      const result = await run(name, input);
      if (!result.isError) throw new Error(`${name} did not fail: ${textOf(result)}`);
      return textOf(result);
    },
  };
}

export function textOf({ content }: Pick<CallToolResult, "content">): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}
