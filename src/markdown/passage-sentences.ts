import { wholeSentences } from "../text/sentences.ts";
import type { ReadableBlock, ReadableLine } from "./html-blocks.ts";
import { readableBlocks, textOf } from "./readable-blocks.ts";

/** A sentence of a passage, or what stands in its place: a heading, a list item's sentence, a table row, a code block. */
export interface PassageSentence {
  kind: ReadableBlock["kind"];
  /** The words as they stand in the passage, without markup; one line, code excepted. */
  text: string;
  /** First and last line, counted from 0 at the start of the passage. */
  line: number;
  endLine: number;
  /** The headings inside the passage that it stands under, the outermost first. */
  headings: string[];
  /** Which block of the passage it is part of: two sentences of one paragraph have the same number. */
  block: number;
}

type Stretch = Pick<PassageSentence, "text" | "line" | "endLine">;

/**
 * A passage's sentences in reading order. The passage is read as Markdown, which plain text is too: link addresses,
 * images, emphasis and tags are left out, so that the sentences read well wherever they are shown.
 */
export function passageSentences(passage: string): PassageSentence[] {
  const sentences: PassageSentence[] = [];
  let above: { level: number; text: string }[] = [];
  for (const [block, { kind, level, lines }] of readableBlocks(passage).entries()) {
    if (kind === "heading") above = above.filter((heading) => heading.level < level);
    const headings = above.map(({ text }) => text);
    const stretches = kind === "prose" || kind === "item" ? sentencesOf(lines) : [whole(kind, lines)];
    for (const stretch of stretches) {
      if (/[\p{L}\p{N}]/u.test(stretch.text)) sentences.push({ kind, ...stretch, headings, block });
    }
    if (kind === "heading") above = [...above, { level, text: textOf(lines) }];
  }
  return sentences;
}

/** A block that is not cut into sentences. */
function whole(kind: ReadableBlock["kind"], lines: readonly ReadableLine[]): Stretch {
  const code = () =>
    lines
      .map(({ text }) => text)
      .join("\n")
      .trimEnd();
  const text = kind === "code" ? code() : textOf(lines);
  return { text, line: lines[0]?.line ?? 0, endLine: lines.at(-1)?.line ?? 0 };
}

/** The sentences of a block: lines that were wrapped are joined, lines that were ended on purpose are not. */
function* sentencesOf(lines: readonly ReadableLine[]): Generator<Stretch> {
  const width = lines.reduce((widest, { text }) => Math.max(widest, text.trimEnd().length), 0);
  let run: ReadableLine[] = [];
  for (const [index, line] of lines.entries()) {
    run.push(line);
    const next = lines[index + 1];
    if (next === undefined || isEndedOnPurpose(line.text, next.text, width)) {
      yield* sentencesOfRun(run);
      run = [];
    }
  }
}

/** In a wrapped paragraph the next word would not have fitted; where it would, the line was ended on purpose. */
function isEndedOnPurpose(line: string, next: string, width: number): boolean {
  if (/[,;(–-]$/.test(line.trimEnd()) || /^\s*\p{Ll}/u.test(next)) return false;
  const nextWord = /^\s*(\S+)/.exec(next)?.[1] ?? "";
  return line.trimEnd().length + 1 + nextWord.length < width;
}

function* sentencesOfRun(run: readonly ReadableLine[]): Generator<Stretch> {
  const starts: number[] = [];
  let joined = "";
  let last = "";
  for (const { text } of run) {
    const line = text.trim();
    const isSpaceless = spacelessLetter.test(last) && spacelessLetterOrMark.test(line.slice(0, 2));
    if (joined !== "" && !isSpaceless) joined += " ";
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
  for (const { start, end } of wholeSentences(joined)) {
    const text = joined.slice(start, end).replaceAll(/\s+/g, " ");
    yield { text, line: lineAt(start), endLine: lineAt(end - 1) };
  }
}

/** The end of a line in a script without spaces between words, and the beginning of the next. */
const spacelessLetter = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]$/u;
const spacelessLetterOrMark = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{P}]/u;
