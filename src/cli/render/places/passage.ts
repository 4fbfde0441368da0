import type { ReadPassage } from "../../../pipeline/passages/read.ts";
import { locationOf } from "../location.ts";
import type { OpenedDocument, PassageDocument } from "../documents.ts";
import type { Output } from "../output.ts";
import { terminalText } from "../terminal-text.ts";
import { wrapText } from "../terminal/wrap.ts";

/** A passage that was read: its JSON document. */
export interface PassageResult extends ReadPassage {
  collection: string;
}

/** Sources that are named where a heading stands in several. */
const namedAtMost = 5;

/** stdout gets the text alone, for a file or another program; a person sees the place on stderr. */
export async function renderPassage(passage: PassageResult, output: Output): Promise<void> {
  if (output.options.json) return output.writeJson<PassageDocument>(passage);
  const { isTerminal, colors } = output.results;
  const { before, text, after, heading, title } = passage;
  const name = terminalText(heading.join(" › ") || title);
  const head = isTerminal ? `${colors.cyan(terminalText(locationOf(passage)))}  ${colors.dim(name)}\n\n` : "";
  const parts = [before, text, after].flatMap((part) => (part === null ? [] : [terminalText(part)]));
  const passageText = output.masked(`${parts.join("\n\n").trimEnd()}\n`);
  await output.writeLong(wrapText(`${head}${passageText}`, output.results.columns));
}

/** The same heading stands in other documents too. */
export function noticeElsewhere(sources: readonly string[], output: Output): void {
  if (sources.length === 0) return;
  const named = sources.slice(0, namedAtMost).join(", ");
  const rest = sources.length > namedAtMost ? ` and ${sources.length - namedAtMost} more` : "";
  output.notice(`the heading also stands in ${named}${rest}`);
}

/** Prints nothing for people, who see the file; with `--json` tells what was opened. */
export async function renderOpened({ source, page, startLine }: ReadPassage, output: Output): Promise<void> {
  if (output.options.json) await output.writeJson<OpenedDocument>({ opened: { source, page, startLine } });
}
