import path from "node:path";
import { UserError } from "../../../errors.ts";
import type { Gap, GapQuestion } from "../../../pipeline/batch/gaps.ts";
import type { Hit } from "../../../types.ts";
import { linkOf, locationOf } from "../location.ts";
import { escapeMarkdown } from "../search/markdown-text.ts";
import { escapeControls, terminalText } from "../terminal-text.ts";

export type GapsFormat = "markdown" | "json";

const formats: Readonly<Record<string, GapsFormat>> = { ".md": "markdown", ".markdown": "markdown", ".json": "json" };

/** The format that the ending of a file's name stands for. Throws `UserError` `invalid-value`. */
export function gapsFormat(file: string): GapsFormat {
  const format = formats[path.extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw new UserError("invalid-value", `--gaps: cannot tell the format of ${file} from its name`, {
    hint: "end the name with .md for Markdown, or with .json",
  });
}

interface GapsReport {
  gaps: readonly Gap[];
  /** All questions of the batch. */
  questions: number;
}

/** What the documents lack, as the text of a file. */
export function renderGaps(report: GapsReport, format: GapsFormat): string {
  return format === "json" ? asJson(report) : asMarkdown(report);
}

function asJson({ gaps, questions }: GapsReport): string {
  const shown = gaps.map(({ closest, ...gap }) => ({ ...gap, closest: closest.map(placeOf) }));
  return `${escapeControls(JSON.stringify({ questions, ...countsOf(gaps), gaps: shown }, null, 2))}\n`;
}

function asMarkdown({ gaps, questions }: GapsReport): string {
  const { refused, poorlySupported } = countsOf(gaps);
  const counts = `${refused} of ${questions} questions were refused, ${poorlySupported} poorly supported.`;
  const sections = gaps.map(({ subject, questions: asked, missing, closest }) => {
    const places = closest.map((hit) => {
      const heading = oneLine(hit.heading.join(" › "));
      return `[${oneLine(locationOf(hit))}](${linkOf(hit)})${heading === "" ? "" : ` ${heading}`}`;
    });
    return [
      `## ${oneLine(subject)}\n`,
      `${asked.map(questionLine).join("\n")}\n`,
      ...(missing.length === 0 ? [] : [`In no passage: ${missing.map(oneLine).join(", ")}\n`]),
      ...(places.length === 0 ? [] : [`Closest: ${places.join("; ")}\n`]),
    ].join("\n");
  });
  return terminalText(["# What the documents lack\n", `${counts}\n`, ...sections].join("\n"));
}

function questionLine({ id, question, refused, why }: GapQuestion): string {
  const name = id === null ? "" : `${oneLine(String(id))}: `;
  return `- ${name}${oneLine(question)}${refused || why === null ? "" : ` (answered, but ${oneLine(why)})`}`;
}

function countsOf(gaps: readonly Gap[]): { refused: number; poorlySupported: number } {
  const all = gaps.flatMap(({ questions }) => questions);
  const refused = all.filter((one) => one.refused).length;
  return { refused, poorlySupported: all.length - refused };
}

const placeOf = ({ collection, source, heading, page, startLine, endLine }: Hit) => ({
  ...(collection === undefined ? {} : { collection }),
  source,
  heading,
  page,
  startLine,
  endLine,
});

const oneLine = (text: string): string => escapeMarkdown(text.replaceAll(/\s+/g, " ").trim());
