import { isoDate, oneLine, toMetadata } from "../metadata.ts";
import { lineMarkupLoader, plainLine } from "./line-markup.ts";
import type { LineMarkup } from "./line-markup.ts";

/**
 * LaTeX: the body with its headings, verbatim and listings as fences, items as list items, rows of tables with bars
 * between their cells, formulas as they are. The preamble, comments, labels and references become nothing; commands that
 * only format leave their text. What `\input` names is not read.
 */
export const latexLoader = lineMarkupLoader("latex", convertLatex);

const sections = ["part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph"];
const sectionCommand = new RegExp(String.raw`^\s*\\(${sections.join("|")})\*?(?:\[[^\]]*\])?\{(.*)$`);
const verbatim = /^\s*\\(begin|end)\{(?:verbatim|Verbatim|lstlisting|minted|alltt)\*?\}(?:\[[^\]]*\])?(?:\{(\w+)\})?/;

function convertLatex(lines: readonly string[]): LineMarkup {
  const text = lines.join("\n");
  const bodyStart = lines.findIndex((line) => /^\s*\\begin\{document\}/.test(line));
  const highest = sections.findIndex((name) => new RegExp(String.raw`^[ \t]*\\${name}\*?[[{]`, "m").test(text));
  let isCode = false;
  const written = lines.map((line, index) => {
    const code = verbatim.exec(line);
    if (code !== null) {
      isCode = code[1] === "begin";
      return `\`\`\`${isCode ? (code[2] ?? "") : ""}`;
    }
    if (isCode) return line.replace(/^\s*`{3,}/, "");
    if (index <= bodyStart) return "";
    const section = sectionCommand.exec(line);
    if (section === null) return plainLine(plain(line));
    const level = Math.min(6, sections.indexOf(section[1] ?? "") - highest + 1);
    const { argument, rest } = splitArgument(section[2] ?? "");
    return `${"#".repeat(level)} ${oneLine(`${plain(argument)} ${plain(rest)}`)}`;
  });
  const title = commandText(text, "title");
  return {
    lines: written,
    title: title === "" ? null : title,
    metadata: toMetadata({ author: commandText(text, "author"), created: isoDate(commandText(text, "date")) }),
  };
}

/** What stands before the brace that closes the argument, and what stands behind it. */
function splitArgument(text: string): { argument: string; rest: string } {
  let depth = 1;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "{") depth += 1;
    else if (text[at] === "}") depth -= 1;
    if (depth === 0) return { argument: text.slice(0, at), rest: text.slice(at + 1) };
  }
  return { argument: text, rest: "" };
}

function commandText(text: string, name: string): string {
  const start = new RegExp(String.raw`^[ \t]*\\${name}(?:\[[^\][]*\])?\{`, "m").exec(text);
  if (start === null) return "";
  const { argument } = splitArgument(text.slice(start.index + start[0].length).slice(0, 2000));
  return oneLine(plain(argument.replaceAll("\n", " ").replaceAll(/(?<!\s)\s*\\(?:and|\\)\s*/g, ", ")));
}

/** Commands of which only the text counts. */
const wrapper =
  /\\(?:emph|text\w*|underline|mbox|url|footnote|caption|enquote|title|author|href\{[^{}]*\}|MakeUppercase|mathrm)\{([^{}]*)\}/g;

function plain(line: string): string {
  let text = line.replace(/(^|[^\\])%[^]*$/, "$1");
  for (let time = 0, before = ""; time < 5 && before !== text; time += 1) {
    before = text;
    text = text.replaceAll(wrapper, "$1");
  }
  return text
    .replaceAll(
      /~?\\(?:label|ref|eqref|pageref|autoref|cref|Cref|cite\w*|index|vspace|hspace|input|include|bibliography\w*|includegraphics)\*?(?:\[[^\]]*\])*\{[^{}]*\}/g,
      "",
    )
    .replaceAll(/\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]*\]|\{[^{}]*\})*/g, "")
    .replaceAll(
      /\\(?:hline|toprule|midrule|bottomrule|centering|maketitle|tableofcontents|noindent|newpage|clearpage|small|large|Large|bfseries|itshape|par|appendix)\b/g,
      "",
    )
    .replace(/^\s*\\item(?:\[([^\]]*)\])?\s*/, (_, name: string | undefined) =>
      name === undefined ? "- " : `- ${name}: `,
    )
    .replace(/\\\\(?:\[[^\]]*\])?\s*$/, "")
    .replaceAll(/(?<!\s)\s*(?<!\\)&\s*/g, " | ")
    .replaceAll("~", " ")
    .replaceAll(/``|''/g, '"')
    .replaceAll(/\\([%&_#$ ])/g, "$1")
    .trimEnd();
}
