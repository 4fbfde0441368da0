import { wholeSentences } from "../text/sentences.ts";
import type { ReadableBlock, ReadableLine } from "./html-blocks.ts";
import { readableBlocks, textOf } from "./readable-blocks.ts";

/** A sentence of a unit; a row and a piece of code are one sentence. */
export interface UnitSentence {
  /** Where it stands in the text of its unit. */
  start: number;
  end: number;
  /** First and last line, counted from 0 at the start of the passage. */
  line: number;
  endLine: number;
}

/** What a reader sees as one thing: a heading, a paragraph, an item of a list, a row of a table, a piece of code. */
export interface PassageUnit extends Pick<ReadableBlock, "kind" | "level" | "group" | "row"> {
  /** The words as they stand in the passage, without markup. Only lines that were ended on purpose end here, and code keeps its indentation. */
  text: string;
  /** In order; never empty. */
  sentences: UnitSentence[];
  /** The headings inside the passage that it stands under, the outermost first. */
  headings: string[];
}

/**
 * The units of a passage in reading order, from one parse. The passage is read as Markdown, which plain text is too:
 * link addresses, images, emphasis and tags are left out, so that a unit reads well wherever it is shown.
 */
export function passageUnits(passage: string): PassageUnit[] {
  const units: PassageUnit[] = [];
  let above: { level: number; text: string }[] = [];
  for (const { lines, ...block } of readableBlocks(passage)) {
    const { kind, level } = block;
    if (kind === "heading") above = above.filter((heading) => heading.level < level);
    const headings = above.map(({ text }) => text);
    const unit = {
      ...block,
      headings,
      ...(kind === "prose" || kind === "item" ? inSentences(lines) : whole(kind, lines)),
    };
    if (unit.sentences.length > 0 && /[\p{L}\p{N}]/u.test(unit.text)) units.push(unit);
    if (kind === "heading") above = [...above, { level, text: textOf(lines) }];
  }
  return units;
}

/** A block that is not cut into sentences. */
function whole(kind: ReadableBlock["kind"], lines: readonly ReadableLine[]): Pick<PassageUnit, "text" | "sentences"> {
  const text = kind === "code" ? codeOf(lines) : textOf(lines);
  return {
    text,
    sentences: [{ start: 0, end: text.length, line: lines[0]?.line ?? 0, endLine: lines.at(-1)?.line ?? 0 }],
  };
}

function codeOf(lines: readonly ReadableLine[]): string {
  const code = lines.map(({ text }) => text).join("\n");
  return code.trimEnd();
}

/** The sentences of a block: lines that were wrapped are joined, lines that were ended on purpose are not. */
function inSentences(lines: readonly ReadableLine[]): Pick<PassageUnit, "text" | "sentences"> {
  const width = lines.reduce((widest, { text }) => Math.max(widest, text.trimEnd().length), 0);
  const sentences: UnitSentence[] = [];
  let text = "";
  let run: ReadableLine[] = [];
  for (const [index, line] of lines.entries()) {
    run.push(line);
    const next = lines[index + 1];
    if (next !== undefined && !isEndedOnPurpose(line.text, next.text, width)) continue;
    const joined = joinedRun(run);
    run = [];
    if (joined.text === "") continue;
    const offset = text === "" ? 0 : text.length + 1;
    text += (text === "" ? "" : "\n") + joined.text;
    for (const { start, end, ...place } of joined.sentences) {
      sentences.push({ start: start + offset, end: end + offset, ...place });
    }
  }
  return { text, sentences };
}

/** In a wrapped paragraph the next word would not have fitted; where it would, the line was ended on purpose. */
function isEndedOnPurpose(line: string, next: string, width: number): boolean {
  if (/[,;(–-]$/.test(line.trimEnd()) || /^\s*\p{Ll}/u.test(next)) return false;
  const nextWord = /^\s*(\S+)/.exec(next)?.[1] ?? "";
  return line.trimEnd().length + 1 + nextWord.length < width;
}

function joinedRun(run: readonly ReadableLine[]): Pick<PassageUnit, "text" | "sentences"> {
  const starts: number[] = [];
  let joined = "";
  let last = "";
  for (const { text } of run) {
    const line = text.trim().replaceAll(/\s+/g, " ");
    const isSpaceless = spacelessLetter.test(last) && spacelessLetterOrMark.test(line.slice(0, 2));
    if (joined !== "" && line !== "" && !isSpaceless) joined += " ";
    starts.push(joined.length);
    joined += line;
    last = line.slice(-2) || " ";
  }
  let at = 0;
  // Asked in the order of the text.
  const lineAt = (offset: number) => {
    while (at + 1 < starts.length && starts[at + 1]! <= offset) at += 1;
    return run[at]!.line;
  };
  const sentences = Array.from(wholeSentences(joined), ({ start, end }) => ({
    start,
    end,
    line: lineAt(start),
    endLine: lineAt(end - 1),
  }));
  return { text: joined, sentences };
}

/** The end of a line in a script without spaces between words, and the beginning of the next. */
const spacelessLetter = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]$/u;
const spacelessLetterOrMark = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{P}]/u;
