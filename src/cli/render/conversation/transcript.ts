import type { AskResult } from "../../../pipeline/ask/ask.ts";
import { linkOf, locationOf } from "../location.ts";
import { escapeMarkdown } from "../search/markdown-text.ts";
import { escapeControls, terminalText } from "../terminal-text.ts";

/** A conversation as the text of a file: a list of JSON documents where its name ends in .json, else Markdown. */
export function renderTranscript(results: readonly AskResult[], file: string): string {
  if (/\.json$/i.test(file)) return `${escapeControls(JSON.stringify(results, null, 2))}\n`;
  const exchanges = results.map(({ question, answer, citations }) => {
    const sources = [...citations]
      .sort((a, b) => a.n - b.n)
      .map((citation) => {
        const doubt = citation.supported ? "" : " (not verified)";
        return `- \\[${citation.n}\\] [${escapeMarkdown(locationOf(citation))}](${linkOf(citation)})${doubt}`;
      });
    const title = escapeMarkdown(question.replaceAll(/\s+/g, " ").trim());
    return [`## ${title}\n`, `${answer.trim()}\n`, ...(sources.length === 0 ? [] : [`${sources.join("\n")}\n`])].join(
      "\n",
    );
  });
  return terminalText(["# Conversation\n", ...exchanges].join("\n"));
}
