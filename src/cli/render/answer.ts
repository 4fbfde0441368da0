import type { AskDocument } from "./documents.ts";
import type { AskEvent, AskResult } from "../../pipeline/ask/ask.ts";
import type { Hit } from "../../types.ts";
import { type Conditions, describeConditions } from "./conditions.ts";
import { terminalText } from "./terminal-text.ts";
import type { Channel, Output } from "./output.ts";
import { type LinkTo, linksFor } from "./places/hyperlink.ts";
import { type Folders, locationOf } from "./location.ts";

/** How `rag ask` shows what happens. */
export interface AnswerView {
  /** Print the passages that the answer was made from. */
  showContext: boolean;
  /** Where sources start. */
  folders: Pick<Folders, "projectRoot">;
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

  /** Writes happen in order, without the reader of the answer waiting for them. */
  const inOrder = (step: () => Promise<void>) => {
    written = written.then(step).catch((error: unknown) => {
      failure ??= { error };
    });
  };
  const write = (text: string) => inOrder(() => results.writeProse(text));
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
      if (event.type === "doubt" && !options.json && !isOver) {
        inOrder(() => answer.write(` ${results.colors.yellow("(not supported)")}`));
        isLineOpen = true;
      }
      if (event.type !== "text" || options.json || isOver) return;
      const text = terminalText(event.text);
      if (text === "") return;
      inOrder(() => answer.write(text));
      isLineOpen = !text.endsWith("\n");
    },
    async finish(result, durationMs) {
      if (options.json) {
        await output.writeJson<AskDocument>(answerDocument(result, durationMs));
      } else {
        endAnswer();
        const linkTo = await linksFor(results, view.folders);
        write(sourcesText(result, results, linkTo));
        write(closest(result.closest, results, linkTo));
        if (view.showContext) write(contextText(result.hits, results, linkTo));
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

/** The JSON document of an answer. */
export function answerDocument(result: AskResult, durationMs: number): AskDocument {
  const { question, standalone, answer, refused, model, usage, citations, hits, closest } = result;
  const continued = standalone === undefined ? {} : { standalone };
  return { question, ...continued, answer, refused, model, usage, citations, hits, closest, durationMs };
}

/** The sources of an answer, under their title; empty where it cites nothing. */
export function sourcesText({ citations, refused }: AskResult, { colors }: Channel, linkTo: LinkTo): string {
  if (citations.length === 0) return "";
  const lines = [...citations]
    .sort((a, b) => a.n - b.n)
    .map((citation) => {
      const heading = terminalText(citation.heading.join(" › "));
      // A reason quotes the statement, which a refusal withholds.
      const why = citation.why === null || refused ? "" : `: ${terminalText(citation.why)}`;
      const doubt = citation.supported ? "" : `  ${colors.yellow("(not verified)")}${colors.dim(why)}`;
      const place = linkTo(citation.source, colors.cyan(terminalText(locationOf(citation))));
      const name = heading === "" ? "" : `  ${colors.dim(heading)}`;
      return `${colors.bold(`[${citation.n}]`)} ${place}${name}${doubt}\n${address(citation, colors)}`;
    });
  return `\n${colors.bold("Sources:")}\n${lines.join("")}`;
}

/** Where a place is published, in a line of its own. */
function address({ url }: Pick<Hit, "url">, colors: Channel["colors"]): string {
  return url === undefined ? "" : `    ${colors.dim(terminalText(url))}\n`;
}

/** Where a refusal sends its reader. */
function closest(hits: readonly Hit[], { colors }: Channel, linkTo: LinkTo): string {
  if (hits.length === 0) return "";
  const lines = hits.map((hit) => {
    const heading = terminalText(hit.heading.join(" › "));
    const place = linkTo(hit.source, colors.cyan(terminalText(locationOf(hit))));
    return `${place}${heading === "" ? "" : `  ${colors.dim(heading)}`}\n${address(hit, colors)}`;
  });
  return `\n${colors.bold("Closest:")}\n${lines.join("")}`;
}

/** The passages that an answer was made from, numbered, under their title. */
export function contextText(hits: readonly Hit[], { colors }: Channel, linkTo: LinkTo): string {
  if (hits.length === 0) return "";
  const passages = hits.map((hit, index) => {
    const text = terminalText(hit.text.trim()).replaceAll(/^(?=.)/gm, "    ");
    const place = linkTo(hit.source, colors.cyan(terminalText(locationOf(hit))));
    return `${colors.bold(`[${index + 1}]`)} ${place}\n${text}\n`;
  });
  return `\n${colors.bold("Context:")}\n${passages.join("\n")}`;
}
