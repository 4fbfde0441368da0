import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/sdk/types.js";
import { UserError, messageOf } from "../../errors.ts";
import { redact } from "../../secrets/redact.ts";
import type { Output } from "../render/output.ts";

/** What a tool answers: text for the model, links, and the same as structured content. */
export interface ToolAnswer {
  text: string;
  links?: readonly ContentBlock[];
  structured: Record<string, unknown>;
  /** The notices that a terminal would show on stderr. */
  notices: readonly string[];
}

/**
 * The result of a tool. A failure is one that the model can read, with what to do about it, and not an error of the
 * protocol; a bug is told on stderr too.
 */
export async function resultOf(answering: Promise<ToolAnswer>, output: Output): Promise<CallToolResult> {
  try {
    const { text, links = [], structured, notices } = await answering;
    const remarks = notices.map((notice) => `\n\nnote: ${redact(notice)}`).join("");
    return {
      content: [{ type: "text", text: `${text}${remarks}` }, ...links],
      structuredContent: { ...structured, notices: notices.map(redact) },
    };
  } catch (error) {
    if (!(error instanceof UserError)) output.warn(`a tool failed: ${(error as Error).stack ?? messageOf(error)}`);
    return { isError: true, content: [{ type: "text", text: describe(error) }] };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof UserError)) return `internal: ${redact(messageOf(error))}; this is a bug in rag`;
  const hint = error.hint === null ? "" : `\nhint: ${error.hint}`;
  return redact(`${error.code}: ${error.message}${hint}`);
}
