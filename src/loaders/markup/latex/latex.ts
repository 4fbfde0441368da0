import { isoDate, oneLine, toMetadata } from "../../metadata.ts";
import { lineMarkupLoader, plainLine } from "../line-markup.ts";
import type { LineMarkup } from "../line-markup.ts";
import { splitArgument, verbatimSpan } from "./arguments.ts";
import { lettersAsCharacters } from "./letters.ts";
import { readMacros } from "./macros.ts";

/**
 * LaTeX: the body with its headings, those of slides too, verbatim and listings as fences, items as list items, rows of
 * tables with bars between their cells, formulas as they are. Commands that the document defines are replaced by what
 * they stand for. The preamble, comments, labels and references become nothing; commands that only format leave their
 * text. What `\input` names is not read.
 */
export const latexLoader = lineMarkupLoader("latex", convertLatex);

const sections = ["part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph"];
const sectionCommand = new RegExp(String.raw`^\s*\\(${sections.join("|")})\*?(?:\[[^\]]*\])?\{(.*)$`);
const frameTitle =
  /^\s*\\(?:begin\{frame\}(?:<[^>]*>)?(?:\[[^\]]*\])*(?:\s*\\frametitle)?|frametitle)(?:<[^>]*>)?\{(.*)$/;
const verbatim = /^\s*\\(begin|end)\{(?:verbatim|Verbatim|lstlisting|minted|alltt)\*?\}(?:\[[^\]]*\])?(?:\{(\w+)\})?/;

function convertLatex(lines: readonly string[]): LineMarkup {
  const kinds = kindsOf(lines);
  const written = lines.map((line, index) => (kinds[index] === "text" ? line : ""));
  const text = written.join("\n");
  const macros = readMacros(written);
  const bodyStart = lines.findIndex((line) => /^\s*\\begin\{document\}/.test(line));
  const isUsed = (name: string) => new RegExp(String.raw`^[ \t]*\\${name}\*?[[{]`, "m").test(text);
  const highest = sections.findIndex(isUsed);
  const headingLine = (level: number, behind: string): string => {
    const { argument, rest } = splitArgument(behind);
    return `${"#".repeat(Math.min(6, level))} ${oneLine(`${plain(argument)} ${plain(rest)}`)}`;
  };
  const converted = lines.map((line, index) => {
    if (kinds[index] === "fence") {
      const [, edge, language = ""] = verbatim.exec(line) ?? [];
      return edge === "begin" ? `\`\`\`${language}` : "```";
    }
    if (kinds[index] === "code") return line.replace(/^\s*`{3,}/, "");
    if (index <= bodyStart || kinds[index] === "silent" || macros.lines.has(index)) return "";
    const expanded = macros.expand(line);
    const section = sectionCommand.exec(expanded);
    if (section !== null) return headingLine(sections.indexOf(section[1] ?? "") - highest + 1, section[2] ?? "");
    const frame = frameTitle.exec(expanded);
    if (frame !== null)
      return headingLine(highest === -1 ? 1 : sections.findLastIndex(isUsed) - highest + 2, frame[1] ?? "");
    return plainLine(plain(expanded));
  });
  const command = (name: string) => commandText(text, name, macros.expand);
  const title = command("title");
  return {
    lines: converted,
    title: title === "" ? null : title,
    metadata: toMetadata({ author: command("author"), created: isoDate(command("date")) }),
  };
}

/** What each line is: text, the edge of code, code, or nothing that is printed. */
function kindsOf(lines: readonly string[]): ("text" | "fence" | "code" | "silent")[] {
  const ends = silentEnds(lines);
  let isCode = false;
  let isOver = false;
  /** The line that ends what is not printed. */
  let silentEnd = -1;
  return lines.map((line, index) => {
    if (isOver || index <= silentEnd) return "silent";
    const edge = verbatim.exec(line);
    if (edge !== null) {
      isCode = edge[1] === "begin";
      return "fence";
    }
    if (isCode) return "code";
    silentEnd = ends.get(index) ?? -1;
    isOver = /^\s*\\end\{document\}/.test(line);
    return isOver || silentEnd !== -1 ? "silent" : "text";
  });
}

/** The parts that are not printed, first line → last line. One without an end is printed. */
function silentEnds(lines: readonly string[]): Map<number, number> {
  const ends = new Map<number, number>();
  const conditions: number[] = [];
  let comment: number | null = null;
  for (const [index, line] of lines.entries()) {
    if (/^\s*\\begin\{comment\}/.test(line)) comment ??= index;
    if (comment !== null && /^\s*\\end\{comment\}/.test(line)) {
      ends.set(comment, index);
      comment = null;
    }
    // `\iff` is a sign of formulas, and what `\ifthenelse` decides stands in braces.
    for (const [, opens] of line.matchAll(/\\(?:(if(?!f\b|thenelse\b)[a-z]*)|fi)\b/g)) {
      if (opens !== undefined) conditions.push(index);
      else {
        const start = conditions.pop();
        if (start !== undefined && /^\s*\\iffalse\b/.test(lines[start] ?? "")) ends.set(start, index);
      }
    }
  }
  return ends;
}

function commandText(text: string, name: string, expand: (line: string) => string): string {
  const start = new RegExp(String.raw`^[ \t]*\\${name}(?:\[[^\][]*\])?\{`, "m").exec(text);
  if (start === null) return "";
  const { argument } = splitArgument(text.slice(start.index + start[0].length).slice(0, 2000));
  return oneLine(plain(expand(argument.replaceAll("\n", " ")).replaceAll(/(?<!\s)\s*\\(?:and\b|\\)\s*/g, ", ")));
}

/** Commands of which only the text counts. */
const wrapper =
  /\\(?:emph|text\w*|underline|mbox|url|caption|enquote|title|author|href\{[^{}]*\}|multi(?:column|row)\{[^{}]*\}\{[^{}]*\}|MakeUppercase|mathrm)\{([^{}]*)\}/g;

const verbatimSpans = new RegExp(verbatimSpan, "g");
const commentOrOther = new RegExp(String.raw`${verbatimSpan.source}|\\.|%[^]*$`, "g");

/** A line without its commands. `%` begins a comment, but not in what is printed as it is written. */
function plain(line: string): string {
  const text = line.replaceAll(commentOrOther, (part) => (part.startsWith("%") ? "" : part));
  let written = "";
  let from = 0;
  for (const span of text.matchAll(verbatimSpans)) {
    written += `${withoutCommands(text.slice(from, span.index))}\`${span[2] ?? ""}\``;
    from = span.index + span[0].length;
  }
  return (written + withoutCommands(text.slice(from))).trimEnd();
}

function withoutCommands(line: string): string {
  let text = lettersAsCharacters(line);
  for (let time = 0, before = ""; time < 5 && before !== text; time += 1) {
    before = text;
    text = text.replaceAll(wrapper, "$1").replaceAll(/(?<!\s)\s*\\footnote\{([^{}]*)\}/g, " ($1)");
  }
  return text
    .replaceAll(
      /~?\\(?:label|ref|eqref|pageref|autoref|cref|Cref|cite\w*|index|vspace|hspace|input|include|bibliography\w*|includegraphics)\*?(?:\[[^\]]*\])*\{[^{}]*\}/g,
      "",
    )
    .replaceAll(/\\begin\{[^{}]*\}\[(?=[^\]]*\p{L}{3})([^\]]*\s[^\]]*|\p{Lu}\p{L}+)\]/gu, (all, name: string) =>
      name.includes("=") || name.includes("\\") ? all : `${name}:`,
    )
    .replaceAll(/\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]*\]|\{[^{}]*\})*/g, "")
    .replaceAll(
      /\\(?:hline|toprule|midrule|bottomrule|centering|maketitle|tableofcontents|noindent|newpage|clearpage|small|large|Large|bfseries|itshape|par|appendix)\b/g,
      "",
    )
    .replace(/^\s*\\item(?:\[([^\]]*)\])?\s*/, (_, name: string | undefined) =>
      name === undefined ? "- " : `- ${name}: `,
    )
    .replace(/^\s*\\bibitem(?:\[[^\]]*\])?\{[^{}]*\}\s*/, "- ")
    .replace(/\\\\(?:\[[^\]]*\])?\s*$/, "")
    .replaceAll(/(?<!\s)\s*(?<!\\)&\s*/g, " | ")
    .replaceAll("~", " ")
    .replaceAll(/``|''/g, '"')
    .replaceAll(/\\([%&_#$ ])/g, "$1");
}
