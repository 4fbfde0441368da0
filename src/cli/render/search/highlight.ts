import { wordSegments } from "../../../text/word-segments.ts";
import { bestSimilarity, contentWords } from "../../../text/content-words.ts";

/** The part of a query whose words are marked: what is longer was pasted, and nearly every word would be. */
const maxQueryChars = 1000;

/** Finds the words of a query in passages, whatever their ending. */
export interface QueryWords {
  /** Marks them where they stand. */
  highlight(text: string, mark: (word: string) => string): string;
  /**
   * The part of a passage, `length` characters at most, where they stand closest together, on one line; `…` where
   * something is left out.
   */
  snippet(text: string, length: number): string;
}

export function queryWords(query: string): QueryWords {
  const wanted = new Set(contentWords(query.slice(0, maxQueryChars).toWellFormed()));
  const known = new Map<string, boolean>();
  const matches = (word: string): boolean => {
    let match = known.get(word);
    if (match === undefined) {
      match = contentWords(word).some((stem) => bestSimilarity(stem, wanted) > 0);
      known.set(word, match);
    }
    return match;
  };
  const highlight: QueryWords["highlight"] = (text, mark) => {
    if (wanted.size === 0) return text;
    let marked = "";
    for (const { segment, isWordLike } of wordSegments(text)) {
      marked += isWordLike && matches(segment) ? mark(segment) : segment;
    }
    return marked;
  };
  const snippet: QueryWords["snippet"] = (text, length) => {
    const line = text.replaceAll(/\s+/g, " ").trim();
    if (line.length <= length) return line;
    const places: number[] = [];
    for (const { segment, index, isWordLike } of wordSegments(line)) {
      if (isWordLike && matches(segment)) places.push(index);
    }
    const start = windowStart(places, line.length, length);
    const from = start === 0 ? 0 : wordStart(line, start);
    const to = wordEnd(line, Math.min(line.length, from + length));
    return `${from > 0 ? "…" : ""}${line.slice(from, to).trim()}${to < line.length ? "…" : ""}`;
  };
  return { highlight, snippet };
}

/** Where the window that holds most of these places begins: a little before the first of them. */
function windowStart(places: readonly number[], total: number, length: number): number {
  const within = (from: number) => places.filter((place) => place >= from && place < from + length).length;
  let best = 0;
  let most = within(0);
  for (const place of places) {
    const start = Math.max(0, place - Math.floor(length / 8));
    const count = within(start);
    if (count > most) [best, most] = [start, count];
  }
  return Math.min(best, total - length);
}

/** The next beginning of a word, so that none is cut; the place itself where none is near. */
function wordStart(line: string, from: number): number {
  const space = line.indexOf(" ", from);
  return wholeCharacter(line, space === -1 || space - from > 20 ? from : space + 1);
}

function wordEnd(line: string, to: number): number {
  if (to === line.length) return to;
  const space = line.lastIndexOf(" ", to);
  return wholeCharacter(line, to - space > 20 ? to : space);
}

/** Not between the halves of a surrogate pair. */
function wholeCharacter(line: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(line[at] ?? "") ? at - 1 : at;
}
