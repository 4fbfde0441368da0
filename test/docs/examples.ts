import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What people read: README.md and the guides, by their paths in the repository. */
export function documentation(): { name: string; text: string }[] {
  const guides = readdirSync(`${root}/docs`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.startsWith("decisions"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`);
  return ["README.md", ...guides.sort()].map((name) => ({ name, text: readFileSync(`${root}/${name}`, "utf8") }));
}

/** A fenced block of Markdown. */
export interface CodeBlock {
  language: string;
  text: string;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({ language, text }));
}

/** The command lines of a block: every line of a script, and what follows the `$` of a terminal's record. */
export function commandLines({ language, text }: CodeBlock): string[] {
  if (language === "sh") return text.split("\n").filter((line) => /^[^\s#]/.test(line));
  if (language !== "console") return [];
  return [...text.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => line);
}

/** The commands of a line as a shell takes them apart: quotes are understood, nothing is expanded. */
export function shellWords(line: string): string[][] {
  const commands: string[][] = [[]];
  const token = /\s+|(#.*$)|(\|\|?|&&|[;<>])|((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s|&;<>"'\\])+)/y;
  while (token.lastIndex < line.length) {
    const match = token.exec(line);
    if (match === null) throw new SyntaxError(`no shell would read this: ${line}`);
    const [, comment, operator, word] = match;
    if (comment !== undefined) break;
    if (operator !== undefined) commands.push([]);
    if (word !== undefined) commands.at(-1)?.push(unquoted(word));
  }
  return commands.filter((words) => words.length > 0);
}

function unquoted(word: string): string {
  return word.replaceAll(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
    (_, double?: string, single?: string, escaped?: string) =>
      double?.replaceAll(/\\(["\\$`])/g, "$1") ?? single ?? escaped ?? "",
  );
}
