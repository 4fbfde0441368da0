import type { AskEvent, AskResult } from "../../pipeline/ask/ask.ts";
import type { Citation } from "../../pipeline/ask/citations.ts";
import type { Hit } from "../../types.ts";
import { type Conditions, describeConditions } from "./conditions.ts";
import { terminalText } from "./terminal-text.ts";
import type { Channel, Output } from "./output.ts";
import { locationOf } from "./location.ts";

/** How `rag ask` shows what happens. */
export interface AnswerView {
  /** Print the passages that the answer was made from. */
  showContext: boolean;
}

/** What an answer came from. */
export interface Circumstances {
  collection: string;
  conditions: Conditions;
  /** An LLM answered. */
  isGenerative: boolean;
}

/** Prints an answer while it comes. Nothing that a document says can control the terminal. */
export interface AnswerRenderer {
  onEvent(event: AskEvent): void;
  /** Prints what follows the answer; with `--json`, the whole of it. */
  finish(result: AskResult, durationMs: number): Promise<void>;
  /** Says what the user can do where nothing was found, or where no LLM answered. */
  advise(result: AskResult, circumstances: Circumstances): void;
  /** Ends the line of an answer that breaks off, so that what is said next begins a new one; no more of it is shown. */
  breakOff(): Promise<void>;
}

/** The answer as it comes to stdout, then its sources; with `--json` one document at the end. */
export function createAnswerRenderer(view: AnswerView, output: Output): AnswerRenderer {
  const { results, options } = output;
  /** Said once the answer is complete: in between it would stand in the middle of a line. */
  const notices: string[] = [];
  let written: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | null = null;
  let isLineOpen = false;
  let isOver = false;
  const answer = output.openText();

  /** In order, and without waiting: the next piece of the answer is read meanwhile. */
  const inOrder = (step: () => Promise<void>) => {
    written = written.then(step).catch((error: unknown) => {
      failure ??= { error };
    });
  };
  const write = (text: string) => inOrder(() => results.write(text));
  const flush = async () => {
    await written;
    if (failure !== null) throw failure.error;
  };
  const endAnswer = () => {
    inOrder(() => answer.end());
    if (isLineOpen) write("\n");
    isLineOpen = false;
  };

  return {
    onEvent(event) {
      if (event.type === "notice") notices.push(event.message);
      if (event.type !== "text" || options.json || isOver) return;
      const text = terminalText(event.text);
      if (text === "") return;
      inOrder(() => answer.write(text));
      isLineOpen = !text.endsWith("\n");
    },
    async finish(result, durationMs) {
      if (options.json) {
        const { question, answer, refused, model, usage, citations, hits } = result;
        await output.writeJson({ question, answer, refused, model, usage, citations, hits, durationMs });
      } else {
        endAnswer();
        write(sources(result.citations, results));
        if (view.showContext) write(context(result.hits, results));
        await flush();
      }
      for (const notice of notices) output.warn(terminalText(notice));
    },
    advise({ hits }, { collection, conditions, isGenerative }) {
      const narrowed = describeConditions(conditions);
      if (hits.length === 0 && narrowed !== "") {
        output.notice(`nothing found in collection ${collection}${narrowed}`);
      }
      if (hits.length > 0 && !isGenerative) {
        output.notice(
          "no LLM is configured: these are the passages' own sentences; to have a model answer: rag ask --llm openai …, or set llm in .ragrc (see docs/providers.md)",
        );
      }
    },
    async breakOff() {
      isOver = true;
      endAnswer();
      await flush();
    },
  };
}

function sources(citations: readonly Citation[], { colors }: Channel): string {
  if (citations.length === 0) return "";
  const lines = [...citations]
    .sort((a, b) => a.n - b.n)
    .map((citation) => {
      const heading = terminalText(citation.heading.join(" › "));
      const doubt = citation.verified ? "" : `  ${colors.yellow("(not verified)")}`;
      const place = colors.cyan(terminalText(locationOf(citation)));
      const link = citation.url === undefined ? "" : `    ${colors.dim(terminalText(citation.url))}\n`;
      return `${colors.bold(`[${citation.n}]`)} ${place}${heading === "" ? "" : `  ${colors.dim(heading)}`}${doubt}\n${link}`;
    });
  return `\n${colors.bold("Sources:")}\n${lines.join("")}`;
}

function context(hits: readonly Hit[], { colors }: Channel): string {
  if (hits.length === 0) return "";
  const passages = hits.map((hit, index) => {
    const text = terminalText(hit.text.trim()).replaceAll(/^(?=.)/gm, "    ");
    return `${colors.bold(`[${index + 1}]`)} ${colors.cyan(terminalText(locationOf(hit)))}\n${text}\n`;
  });
  return `\n${colors.bold("Context:")}\n${passages.join("\n")}`;
}
