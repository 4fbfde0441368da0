import { wholeSentences } from "../../text/sentences.ts";

/** Characters before and behind a marker in which its statement is looked for: a longer sentence is none. */
export const reach = 2000;
/** Wider ranges are figures in brackets, not citations. */
const widestRange = 20;

/** `[1]`, `[1, 2]`, `[1-3]`, `[^1]`, full-width forms too. */
const marker = /[[［【〔]\s*\^?(\d{1,3}(?:\s*(?:[,，、;；]|[-–])\s*\^?\d{1,3})*)\s*[\]］】〕]/g;
/** Brackets in code are code. */
const code = /```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`[^`\n]+`/g;

/** A statement of the answer and the passages that it names for itself. */
export interface Claim {
  text: string;
  numbers: number[];
  /** Where the last of its markers ends in the answer. */
  end: number;
}

function numbersIn(list: string): number[] {
  return list.split(/[,，、;；]/).flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split(/[-–]/).map((one) => Number(one.replaceAll(/[\s^]/g, "")));
    if (last < first || last - first >= widestRange) return [first, last];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Blanks out code, so that positions stay and its brackets go. */
function withoutCode(answer: string): string {
  return answer.replaceAll(code, (block) => block.replaceAll(/[[\]［］【】〔〕]/g, " "));
}

/** Full-width digits are digits; each stays one character, so that positions stay. */
function withAsciiDigits(text: string): string {
  return text.replaceAll(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}

/** Where a statement cannot reach across: blank lines, list items, headings, rows, lines that end in a citation. */
const boundary = /\n(?=\s*(?:\n|[-*+•#|>]|\d{1,3}[.)]\s))|(?<=[\]］】〕])[ \t]*\n/;
/** Characters of what can stand before a marker that opens a line. */
const longestLineMark = 40;
const lineMarks = /^(?:[\s>#*+•|-]|\d{1,3}[.)]\s)+/gm;

function statements(stretch: string): string[] {
  const text = stretch.replaceAll(marker, " ").replaceAll(lineMarks, "").replaceAll(/\s+/g, " ");
  return Array.from(wholeSentences(text), ({ start, end }) => text.slice(start, end));
}

/**
 * The statements of an answer that carry a citation. A statement is the part of a sentence before its marker, or the
 * whole sentence that a marker stands behind; for a marker that opens a line, the sentence after it.
 */
export function claimsIn(answer: string): Claim[] {
  const text = withoutCode(withAsciiDigits(answer));
  const claims: Claim[] = [];
  let previousEnd = 0;
  for (const match of text.matchAll(marker)) {
    const numbers = numbersIn(match[1] as string);
    const between = text.slice(previousEnd, match.index);
    const previous = claims.at(-1);
    previousEnd = match.index + match[0].length;
    if (previous !== undefined && /^[ \t.,;。，、]*$/.test(between)) {
      previous.numbers.push(...numbers);
      previous.end = previousEnd;
      continue;
    }
    const before =
      statements(
        text
          .slice(Math.max(0, match.index - reach), match.index)
          .split(boundary)
          .at(-1) ?? "",
      ).at(-1) ?? "";
    const end = previousEnd;
    const after = (): string => statements(text.slice(end, end + reach).split(boundary, 1)[0] ?? "")[0] ?? "";
    const opensLine =
      /(?:^|\n)[\s>*+-]*$/.test(text.slice(Math.max(0, match.index - longestLineMark), match.index)) &&
      /^[^\n]*[\p{L}\p{N}]/u.test(text.slice(previousEnd, previousEnd + reach));
    claims.push({ text: opensLine || !/[\p{L}\p{N}]/u.test(before) ? after() : before, numbers, end });
  }
  return claims;
}
