import { stripVTControlCharacters } from "node:util";
import stringWidth from "fast-string-width";
import { closeColorsByLine } from "./colors-by-line.ts";
import { openLine } from "./line.ts";
import { unitsOf } from "./word-parts.ts";

/** Breaks the lines of a text that comes in pieces between words. */
export interface Wrapper {
  /** What can be written already: everything but a word that the next piece may go on with. */
  push(piece: string): string;
  /** Returns what is held back; a text that follows goes on in the same line. */
  end(): string;
}

interface WrapOptions {
  /** Write code in fences and tables of Markdown as they are: a line of code is copied as a whole. */
  keepsCode?: boolean;
}

const color = String.raw`(?:\u001B\[[0-9;]{0,20}m)*`;
/** What a line begins with and its continuation does not repeat: indentation, marks of lists and quotes, `[1]`. */
const head = new RegExp(String.raw`^[ \t]*(?:${color}(?:[-*+•>]|\d{1,9}[.)]|\[\d{1,3}\])${color}(?:[ \t]+|(?=\n)))*`);
/** The beginning of a line that may still grow into such a head. */
const undecidedHead = new RegExp(
  String.raw`^(?:${head.source.slice(1)})(?:${color}(?:(?:[-*+•>]|\d{1,9}[.)]?|\[\d{0,3}\]?)${color})?)?$`,
);
const fence = /^[ \t]*(?:`{3,}|~{3,})/;
const undecidedFence = /^[ \t]*(?:`{1,2}|~{1,2})$/;

/** A wrapper for lines of so many columns of a terminal: Chinese, Japanese and Korean characters take two. */
export function createWrapper(columns: number, { keepsCode = false }: WrapOptions = {}): Wrapper {
  let pending = "";
  let place: "start" | "body" | "asIs" = "start";
  let isFenced = false;
  const line = openLine(columns);

  /** Writes the next part of the text; `null` if more of it has to come first. */
  function step(isWhole: boolean): string | null {
    if (pending === "") return null;
    if (pending.startsWith("\n") && place !== "start") {
      pending = pending.slice(1);
      place = "start";
      line.start();
      return "\n";
    }
    if (place === "start") return beginLine(isWhole);
    if (place === "asIs") {
      const end = pending.indexOf("\n");
      return line.put(take(end === -1 ? pending.length : end));
    }
    const [blank = ""] = /^[^\S\n]+/.exec(pending) ?? [];
    if (blank !== "") {
      line.space(take(blank.length).replaceAll("\t", " "));
      return "";
    }
    const [word = ""] = /^\S+/.exec(pending) ?? [];
    const isUnfinished = !isWhole && word.length === pending.length;
    const units = unitsOf(word);
    if (isUnfinished) units.pop();
    if (units.length === 0) return null;
    return units.map((unit) => (take(unit.length), line.putUnit(unit))).join("");
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
    line.hang(width > columns / 2 ? "" : stripVTControlCharacters(shown).replaceAll(/[^>]/g, " "));
    return line.put(shown);
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
