import { type JavaScriptReader, javaScriptReader } from "./javascript.ts";
import { type LineWriter, lineWriter } from "./line-writer.ts";
import { type OpenElements, openElements } from "./open-elements.ts";

/** An MDX text that is read once from start to end, and the page text that is written on the way. */
export interface MdxPage extends JavaScriptReader {
  readonly text: string;
  readonly elements: OpenElements;
  readonly writer: LineWriter;
  /**
   * Where the next line break stands at or behind an offset; the end of the text where there is none. Asked in order.
   */
  lineEnd(from: number): number;
  /** Where the paragraph ends. Asked in order. */
  paragraphEnd(from: number): number;
  /** Where the code span ends that a run of backticks begins; behind the run where it begins none. Asked in order. */
  codeSpanEnd(start: number): number;
  /** Where a string stands next; -1 where nowhere. */
  indexOf(part: string, from: number): number;
  /** Matches a sticky pattern at an offset. */
  matchAt(pattern: RegExp, start: number): RegExpExecArray | null;
  /** Writes a stretch of the text, and returns its end. */
  keep(start: number, end: number): number;
  /** Leaves a stretch out, all but its line breaks, and returns its end. */
  drop(start: number, end: number): number;
}

export function mdxPage(text: string): MdxPage {
  const paragraphEnd = nextOf(text, /\n[ \t]*\n/g);
  const elements = openElements(text);
  const writer = lineWriter(elements);
  const absent = new Set<string>();
  return {
    ...javaScriptReader(text),
    text,
    elements,
    writer,
    lineEnd: nextOf(text, /\n/g),
    paragraphEnd,
    codeSpanEnd: codeSpanEnds(text, paragraphEnd),
    indexOf(part, from) {
      // Searching again for a string that occurs nowhere further on would take quadratic time.
      const found = absent.has(part) ? -1 : text.indexOf(part, from);
      if (found === -1) absent.add(part);
      return found;
    },
    matchAt(pattern, start) {
      pattern.lastIndex = start;
      return pattern.exec(text);
    },
    keep(start, end) {
      writer.keep(text.slice(start, end));
      return end;
    },
    drop(start, end) {
      writer.drop(text.slice(start, end));
      return end;
    },
  };
}

function nextOf(text: string, pattern: RegExp): (from: number) => number {
  let next = -1;
  return (from) => {
    if (next >= from) return next;
    pattern.lastIndex = from;
    next = pattern.exec(text)?.index ?? text.length;
    return next;
  };
}

function codeSpanEnds(text: string, paragraphEnd: (start: number) => number): (start: number) => number {
  const runs = new Map<number, number[]>();
  for (const { index, 0: run } of text.matchAll(/`+/g)) {
    const starts = runs.get(run.length) ?? [];
    if (starts.length === 0) runs.set(run.length, starts);
    starts.push(index);
  }
  for (const starts of runs.values()) starts.reverse();
  return (start) => {
    let length = 1;
    while (text[start + length] === "`") length += 1;
    const starts = runs.get(length) ?? [];
    while (starts.length > 0 && starts.at(-1)! <= start) starts.pop();
    const close = starts.at(-1);
    return close !== undefined && close < paragraphEnd(start) ? close + length : start + length;
  };
}
