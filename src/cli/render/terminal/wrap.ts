import { stripVTControlCharacters } from "node:util";
import stringWidth from "fast-string-width";
import { wordSegments } from "../../../text/word-segments.ts";

/** Breaks the lines of a text that comes in pieces between words. */
export interface Wrapper {
  /** What can be written already: everything but a word that the next piece may go on with. */
  push(piece: string): string;
  /** What still waits; a text that follows goes on in the same line. */
  end(): string;
}

interface WrapOptions {
  /** Write code in fences and tables of Markdown as they are: a line of code is copied as a whole. */
  keepsCode?: boolean;
}

/** A colour, or the beginning or end of a link: it takes no columns. */
const escape = /(\u001B(?:\[[0-9;]*m|\]8;;[^\u0007]*\u0007))/;
const color = String.raw`(?:\u001B\[[0-9;]{0,20}m)*`;
/** What a line begins with and its continuation does not repeat: indentation, marks of lists and quotes, `[1]`. */
const head = new RegExp(String.raw`^[ \t]*(?:${color}(?:[-*+•>]|\d{1,9}[.)]|\[\d{1,3}\])${color}(?:[ \t]+|(?=\n)))*`);
/** The beginning of a line of which more has to be known. */
const undecidedHead = new RegExp(
  String.raw`^(?:${head.source.slice(1)})(?:${color}(?:(?:[-*+•>]|\d{1,9}[.)]?|\[\d{0,3}\]?)${color})?)?$`,
);
const fence = /^[ \t]*(?:`{3,}|~{3,})/;
const undecidedFence = /^[ \t]*(?:`{1,2}|~{1,2})$/;
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303F\uFF00-\uFFEF]/u;
/** Signs that no line begins with, and signs that no line ends with. */
const closing = /^[\p{Pe}\p{Pf}、。，．・：；？！ー々〜…,.:;?!%]+$/u;
const opening = /^[\p{Ps}\p{Pi}]+$/u;

/** A wrapper for lines of so many columns of a terminal: Chinese, Japanese and Korean characters take two. */
export function createWrapper(columns: number, { keepsCode = false }: WrapOptions = {}): Wrapper {
  let pending = "";
  let place: "start" | "body" | "asIs" = "start";
  let isFenced = false;
  /** Of the line that is being written. */
  let column = 0;
  let spaces = "";
  let hanging = "";

  function startLine(): void {
    place = "start";
    column = 0;
    spaces = "";
    hanging = "";
  }

  function put(text: string): string {
    column += stringWidth(text);
    return text;
  }

  function putUnit(unit: string): string {
    const gap = spaces;
    spaces = "";
    const width = stringWidth(unit);
    if (column + gap.length + width <= columns) return put(gap + unit);
    const start = stringWidth(hanging);
    let written = column > start ? lineBreak() : put(gap);
    if (start + width <= columns) return written + put(unit);
    for (const part of parts(unit)) {
      if (column + stringWidth(part) > columns && column > start) written += lineBreak();
      written += put(part);
    }
    return written;
  }

  function lineBreak(): string {
    column = 0;
    return `\n${put(hanging)}`;
  }

  /** One step; `null` where more of the text has to come first. */
  function step(isWhole: boolean): string | null {
    if (pending === "") return null;
    if (pending.startsWith("\n") && place !== "start") {
      pending = pending.slice(1);
      startLine();
      return "\n";
    }
    if (place === "start") return beginLine(isWhole);
    if (place === "asIs") {
      const end = pending.indexOf("\n");
      return put(take(end === -1 ? pending.length : end));
    }
    const [blank = ""] = /^[^\S\n]+/.exec(pending) ?? [];
    if (blank !== "") {
      spaces += take(blank.length).replaceAll("\t", " ");
      return "";
    }
    const [word = ""] = /^\S+/.exec(pending) ?? [];
    const isUnfinished = !isWhole && word.length === pending.length;
    const units = unitsOf(word);
    if (isUnfinished) units.pop();
    if (units.length === 0) return null;
    return units.map((unit) => (take(unit.length), putUnit(unit))).join("");
  }

  function beginLine(isWhole: boolean): string | null {
    if (pending.startsWith("\n")) {
      pending = pending.slice(1);
      return "\n";
    }
    if (!isWhole && (undecidedHead.test(pending) || undecidedFence.test(pending))) return null;
    const isFence = fence.test(pending);
    if (keepsCode && (isFence || isFenced || pending.startsWith("|"))) {
      if (isFence) isFenced = !isFenced;
      place = "asIs";
      return "";
    }
    place = "body";
    const [begin = ""] = head.exec(pending) ?? [];
    const shown = take(begin.length).replaceAll("\t", "    ");
    const width = stringWidth(shown);
    hanging = width > columns / 2 ? "" : stripVTControlCharacters(shown).replaceAll(/[^>]/g, " ");
    return put(shown);
  }

  function take(length: number): string {
    const taken = pending.slice(0, length);
    pending = pending.slice(length);
    return taken;
  }

  function run(isWhole: boolean): string {
    let written = "";
    for (;;) {
      const next = step(isWhole);
      if (next === null) return written;
      written += next;
    }
  }

  return {
    push(piece) {
      pending += piece;
      return run(false);
    },
    end: () => run(true),
  };
}

/** The text with its lines broken between words; as it is where a line has no end. Colours go on in the next line. */
export function wrapText(text: string, columns: number | null, options?: WrapOptions): string {
  if (columns === null) return text;
  const wrapper = createWrapper(columns, options);
  const wrapped = wrapper.push(text) + wrapper.end();
  return wrapped.includes("\u001B[") ? closeColorsByLine(wrapped) : wrapped;
}

/** Where a word can be broken: nowhere, but for scripts that are written without spaces. */
function unitsOf(word: string): string[] {
  if (!unspaced.test(word)) return [word];
  const units: string[] = [];
  for (const { segment } of wordSegments(word)) {
    const last = units.at(-1);
    if (last === undefined || !isBreakable(last, segment)) units.push((units.pop() ?? "") + segment);
    else units.push(segment);
  }
  return units;
}

function isBreakable(before: string, after: string): boolean {
  const left = [...before].at(-1) ?? "";
  if (closing.test(after) || opening.test(left)) return false;
  return unspaced.test(left) || unspaced.test([...after][0] ?? "");
}

/** The parts of a word that is longer than a line: behind a sign as in a path or an address, else its characters. */
function parts(word: string): string[] {
  return word.split(escape).flatMap((text, index) => {
    if (index % 2 === 1) return [text];
    const pieces = text.match(/[^/\\\-_.,:;?&=]*[/\\\-_.,:;?&=]*/g) ?? [];
    return pieces.flatMap((piece) =>
      stringWidth(piece) > shortestPart ? characters(piece) : piece === "" ? [] : [piece],
    );
  });
}

/** Columns. A longer part of a word is broken anywhere. */
const shortestPart = 24;

function characters(text: string): string[] {
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return [...graphemes.segment(text)].map(({ segment }) => segment);
}

let graphemes: Intl.Segmenter | null = null;

/** A pager shows each line by itself, and forgets the colours of the one before. */
function closeColorsByLine(text: string): string {
  let open: string[] = [];
  return text
    .split("\n")
    .map((line) => {
      const before = open.join("");
      for (const code of line.split(escape)) {
        const [, number] = /^.\[([0-9;]*)m$/.exec(code) ?? [];
        if (number === undefined) continue;
        if (/^(?:0|2[2-9]|39|49)?$/.test(number))
          open = number === "22" || number === "39" ? without(open, number) : [];
        else open = [...open, code];
      }
      return `${before}${line}${open.length > 0 ? "\u001B[0m" : ""}`;
    })
    .join("\n");
}

/** `22` ends bold and dim, `39` a colour of the letters. */
function without(open: readonly string[], end: string): string[] {
  const ended = end === "22" ? /\[[12]m/ : /\[(?:3|9)\dm/;
  return open.filter((code) => !ended.test(code));
}
