import { messageOf } from "../../errors.ts";
import { decodeText } from "../../files/decode-text.ts";
import { fileStem } from "../../files/file-stem.ts";
import { lineDocument } from "../line-document.ts";
import type { Loader } from "../types.ts";

/** Characters in a line on average, above which a file was written for programs alone. */
const maxLineChars = 400;

/**
 * JSON, with the letters that it writes as `\u00e9` resolved. The file's lines stay, so that passages are cited by them;
 * a file that is one long line gets a line a value, and is cited by nothing. JSON that is not valid (comments, a file that
 * was cut) is still text, and a warning.
 */
export const jsonLoader: Loader = {
  name: "json",
  version: 1,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    const about = { source, format: "json", title: fileStem(source) };
    const problem = syntaxProblem(text);
    const isForPrograms = problem === null && text.length > maxLineChars * text.trimEnd().split("\n").length;
    const document = lineDocument(about, withLetters(isForPrograms ? indented(text) : text), "lines");
    return {
      document: isForPrograms ? { ...document, places: "none" } : document,
      warnings:
        problem === null ? warnings : [...warnings, `the file is not valid JSON and was taken as text: ${problem}`],
    };
  },
};

function syntaxProblem(text: string): string | null {
  if (text.trim() === "") return null;
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Letters and signs written as escapes; quotes, backslashes and control characters keep theirs. */
function withLetters(text: string): string {
  return text
    .replaceAll(/\\(?:u([0-9a-fA-F]{4})|.)/g, (escape, digits: string | undefined) => {
      if (digits === undefined) return escape;
      const letter = String.fromCharCode(Number.parseInt(digits, 16));
      return letter < "\u00A0" ? escape : letter;
    })
    .toWellFormed();
}

/** A line a value. The text itself is broken up, for parsing and writing it again would change long numbers. */
function indented(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  const lineBreak = () => parts.push(`\n${"  ".repeat(Math.min(depth, 20))}`);
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === "}" || token === "]") {
      depth -= 1;
      lineBreak();
    }
    parts.push(token === ":" ? ": " : token);
    if (token === "{" || token === "[") depth += 1;
    if (token === "{" || token === "[" || token === ",") lineBreak();
  }
  return parts.join("").replaceAll(/([{[])\s+(?=[}\]])/g, "$1");
}
