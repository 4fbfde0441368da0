import type { ChatEvent, ChatModel, ChatRequest } from "../types.ts";
import { askedQuestion } from "./asked-question.ts";
import { chooseQuotes } from "./choose-quotes.ts";
import { readPieces } from "./evidence.ts";
import { leastCoverage } from "./least-coverage.ts";
import { quotedText, renderQuote } from "./render-quotes.ts";

/** Passages that are read for quotes: what is further down the list of the search answers next to nothing. */
export const readPassages = 6;

/**
 * Answers with the paragraphs, list items, table rows and code of the passages that answer best, each whole and word for
 * word, with its citation. Needs no model. Gives nothing where no passage has enough of what the question asks for.
 */
export const extractiveModel: ChatModel = {
  name: "extractive",
  generative: false,
  async *answer({ question, passages, frequencies }: ChatRequest): AsyncIterable<ChatEvent> {
    const asked = await askedQuestion(question, frequencies, passages);
    const pieces = readPieces(asked, passages.slice(0, readPassages));
    const covered = Math.max(0, ...pieces.flat().map(({ coverage }) => coverage));
    if (covered < leastCoverage(asked)) return;
    for (const [index, quote] of chooseQuotes(pieces).entries()) {
      const { pieces, passage } = quote;
      yield {
        type: "quote",
        text: `${index === 0 ? "" : "\n\n"}${renderQuote(quote)}`,
        passage,
        quoted: quotedText(quote),
        line: pieces[0]!.line,
        endLine: pieces.at(-1)!.endLine,
      };
    }
  },
};
