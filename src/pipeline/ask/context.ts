import type { Hit } from "../../types.ts";
import { joinNeighbours, sharedLength } from "../passages/joined-text.ts";

/** Passages to find unless the user says how many: the context is limited by characters. */
const contextCandidates = 20;

/**
 * How many passages a search should find for an answer. `topK` is the configured number; it is taken as it is where it was
 * given for this question, or where the answer only quotes: quotes come from the first few passages.
 */
export function passagesToFind(topK: number, { isGiven, isQuoting }: { isGiven: boolean; isQuoting: boolean }): number {
  return isGiven || isQuoting ? topK : Math.max(topK, contextCandidates);
}

/** Characters that two pieces of one section must share to count as overlapping: fewer are there by chance. */
const leastOverlap = 20;
/** Lines between neighbours at most, and one more: a blank one parts paragraphs. */
const neighbourLines = 2;

/**
 * The passages as a model is given them, in rank order, with at most `maxChars` characters of text.
 *
 * - What an earlier passage says whole is left out.
 * - A passage next to an earlier one, under the same heading of the same document, is joined with it in the document's
 *   order; text that both have stands there once. The joined passage keeps the place, the id and the score of the better
 *   one, and has the lines of both.
 * - The first that does not fit is cut behind a sentence, or left out where not even one fits, and nothing follows it.
 *   The first passage of all is always there, cut anywhere if it must be.
 */
export async function buildContext(hits: readonly Hit[], maxChars: number): Promise<Hit[]> {
  const context: Hit[] = [];
  let room = maxChars;
  for (const hit of hits) {
    if (context.some((other) => holds(other, hit))) continue;
    const place = context.findIndex((other) => join(other, hit) !== null);
    const joined = place === -1 ? null : join(context[place] as Hit, hit);
    const added = joined === null ? hit.text.length : joined.text.length - (context[place] as Hit).text.length;
    if (added <= room) {
      if (joined === null) context.push(hit);
      else {
        context[place] = joined;
        joinAround(context, place);
      }
      room -= added;
      continue;
    }
    const text = (await beginning(hit.text, room)) || (context.length === 0 ? hardCut(hit.text, room) : "");
    if (text !== "") context.push(withText(hit, text));
    break;
  }
  return context;
}

/** Whether a passage says, under the same heading or none, all that another one does. */
function holds(one: Hit, other: Hit): boolean {
  return oneLine(one.text).includes(oneLine(other.text));
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** A passage may lie between two that are there: all three become one. */
function joinAround(context: Hit[], place: number): void {
  for (let at = context.length - 1; at >= 0; at--) {
    const [first, second] = at < place ? [at, place] : [place, at];
    const joined = at === place ? null : join(context[first] as Hit, context[second] as Hit);
    if (joined === null) continue;
    context[first] = joined;
    context.splice(second, 1);
    place = first;
  }
}

/** Two neighbours as one passage, with what the first has beside its text; `null` where they are none. */
function join(one: Hit, other: Hit): Hit | null {
  if (one.source !== other.source || one.page !== other.page || one.collection !== other.collection) return null;
  if (one.heading.length !== other.heading.length || one.heading.some((name, at) => name !== other.heading[at]))
    return null;
  const text = textInOrder(one, other) ?? textInOrder(other, one);
  return text === null ? null : { ...one, text, startLine: least(one, other), endLine: greatest(one, other) };
}

const least = (one: Hit, other: Hit): number | null =>
  one.startLine === null || other.startLine === null ? null : Math.min(one.startLine, other.startLine);
const greatest = (one: Hit, other: Hit): number | null =>
  one.endLine === null || other.endLine === null ? null : Math.max(one.endLine, other.endLine);

/** The text of two passages of which the second continues the first; `null` where it does not. */
function textInOrder(first: Hit, second: Hit): string | null {
  const hasLines = first.startLine !== null && first.endLine !== null && second.startLine !== null;
  const gap = hasLines ? (second.startLine as number) - (first.endLine as number) : 0;
  if (gap > neighbourLines || (hasLines && (second.startLine as number) < (first.startLine as number))) return null;
  const isNext = sharedLength(first, second) >= leastOverlap || (hasLines && gap >= 1);
  return isNext ? joinNeighbours(first, second).text : null;
}

/** The whole sentences that a text of `maxChars` characters begins with; empty where the first is longer. */
async function beginning(text: string, maxChars: number): Promise<string> {
  const { wholeSentences } = await import("../../text/sentences.ts");
  const slice = hardCut(text, maxChars + 1);
  const last = [...wholeSentences(slice)].at(-1);
  return last === undefined ? "" : slice.slice(0, last.start).trimEnd();
}

/** At most `maxChars` characters, without half of a surrogate pair. */
function hardCut(text: string, maxChars: number): string {
  const cut = text.slice(0, maxChars);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

function withText(hit: Hit, text: string): Hit {
  const endLine = hit.startLine === null ? null : hit.startLine + text.split("\n").length - 1;
  return {
    ...hit,
    text,
    endLine: hit.endLine === null || endLine === null ? hit.endLine : Math.min(endLine, hit.endLine),
  };
}
