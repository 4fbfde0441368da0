import { wrapText } from "./wrap.ts";

/** The stream that help is written to, and its width. */
export interface HelpPage {
  columns: number;
  write(text: string): void;
}

/** Commander lays out no help that is narrower. */
const narrowest = 40;
/** Columns of a terminal that does not say how wide it is. */
const unknownWidth = 100;

/** Help that fits a terminal. */
export function helpOnTerminal(terminal: { columns: number; write(text: string): unknown }): HelpPage {
  const columns = Math.max(narrowest, terminal.columns || unknownWidth);
  return { columns, write: (text) => void terminal.write(fittedHelp(text, columns)) };
}

/**
 * Help at this width: paragraphs are laid out anew, while lists, examples and what is indented keep their lines. What the
 * parser has laid out itself is narrow enough and stays as it is.
 */
export function fittedHelp(text: string, columns: number): string {
  return text
    .split("\n\n")
    .map((paragraph) => wrapText(/^(?: {2}|.*:\n| *$)/m.test(paragraph) ? paragraph : joined(paragraph), columns))
    .join("\n\n");
}

/** The lines of a paragraph as one; line breaks around it stay. */
function joined(paragraph: string): string {
  const [, before = "", body = "", after = ""] = /^(\n*)([\s\S]*?)(\n*)$/.exec(paragraph) ?? [];
  return `${before}${body.replaceAll("\n", " ")}${after}`;
}

/** What bare `rag` prints. */
export const shortHelp = `From a folder of documents to answers with sources.

  rag ingest docs    bring a collection up to date with a folder of files
  rag search "…"     find the passages that match a query best
  rag ask "…"        answer a question from them, with sources

rag init looks at what is here and writes a configuration; nothing has to be configured to begin.
rag help lists all commands, and rag <command> --help explains one.
`;
