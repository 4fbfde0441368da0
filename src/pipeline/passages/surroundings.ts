import { UserError } from "../../errors.ts";
import type { Collection, ReadableCollection } from "../../stores/types.ts";
import type { StoredChunk } from "../../types.ts";
import { type TextOfLines, countBreaks, joinNeighbours, sharedLength } from "./joined-text.ts";

/** How far the text around a passage reaches: so many passages in either direction, or its section. */
export type Extent = number | "section";

/** Where a passage stands: enough to read what is around it. */
export type PassagePlace = Pick<StoredChunk, "docId" | "docHash" | "docChunks" | "ordinal" | "heading"> & TextOfLines;

/** The text around a passage; nothing that stands in the passage is repeated in it. */
export interface Surroundings {
  /** `null` where nothing stands before the passage. */
  before: TextOfLines | null;
  after: TextOfLines | null;
  /** `before`, the passage and `after` as one text. */
  whole: TextOfLines;
}

/** Passages that are read at once while the end of a section is looked for. */
const passagesAtOnce = 32;

/**
 * What stands around a passage in its document, as the collection has it: `extent` passages before and after it, or all
 * neighbours under the same heading. Throws `UserError` `not-own-collection` where another program made the collection,
 * and what the store fails with.
 */
export async function surroundingsOf(
  collection: ReadableCollection,
  passage: PassagePlace,
  extent: Extent,
): Promise<Surroundings> {
  refuseForeign(collection);
  const [earlier, later] = await Promise.all(
    extent === "section"
      ? [sectionBefore(collection, passage), sectionAfter(collection, passage)]
      : [
          passagesIn(collection, passage, passage.ordinal - extent, passage.ordinal - 1),
          passagesIn(collection, passage, passage.ordinal + 1, passage.ordinal + extent),
        ],
  );
  return around(earlier, passage, later);
}

/** Throws `UserError` `not-own-collection` where what stands around a passage cannot be read. */
export function refuseForeign(collection: ReadableCollection): asserts collection is Collection {
  if (collection.foreign === undefined) return;
  throw new UserError(
    "not-own-collection",
    `another program made the collection "${collection.name}", and nothing tells which of its passages are neighbours`,
    { hint: "search it without --expand, or ingest its documents into a collection of your own" },
  );
}

function around(earlier: readonly TextOfLines[], passage: PassagePlace, later: readonly TextOfLines[]): Surroundings {
  const { text, startLine, endLine } = passage;
  const before = joined(earlier);
  const after = joined(later);
  const whole = joined([...(before === null ? [] : [before]), { text, startLine, endLine }, ...later]);
  return {
    before: before === null ? null : withoutEnd(before, sharedLength(before, passage)),
    after: after === null ? null : withoutStart(after, sharedLength(passage, after)),
    whole: whole ?? { text, startLine, endLine },
  };
}

function joined(passages: readonly TextOfLines[]): TextOfLines | null {
  const [first, ...rest] = passages;
  if (first === undefined) return null;
  const { text, startLine, endLine } = first;
  return rest.reduce(joinNeighbours, { text, startLine, endLine });
}

function withoutEnd({ text, startLine, endLine }: TextOfLines, length: number): TextOfLines | null {
  const kept = text.slice(0, text.length - length).trimEnd();
  if (kept === "") return null;
  const cut = countBreaks(text.slice(kept.length));
  return { text: kept, startLine, endLine: endLine === null ? null : endLine - cut };
}

function withoutStart({ text, startLine, endLine }: TextOfLines, length: number): TextOfLines | null {
  // The indentation of the first whole line stays.
  const kept = length === 0 ? text : text.slice(length).replace(/^(?:[^\S\n]*\n)+|^[^\S\n]+/, "");
  if (kept.trim() === "") return null;
  const cut = countBreaks(text.slice(0, text.length - kept.length));
  return { text: kept, startLine: startLine === null ? null : startLine + cut, endLine };
}

/** The passages of the same version of the document with these ordinals, both included, in their order. */
async function passagesIn(
  collection: Collection,
  { docId, docHash, docChunks }: PassagePlace,
  from: number,
  to: number,
): Promise<Omit<StoredChunk, "vector">[]> {
  const [first, last] = [Math.max(0, from), Math.min(docChunks - 1, to)];
  return first > last ? [] : collection.passages({ docId, docHash }, first, last);
}

async function sectionBefore(collection: Collection, passage: PassagePlace): Promise<TextOfLines[]> {
  const found: TextOfLines[] = [];
  for (let next = passage.ordinal - 1; next >= 0; next -= passagesAtOnce) {
    const read = await passagesIn(collection, passage, next - passagesAtOnce + 1, next);
    const other = read.findLastIndex((one) => !isOfSection(one, passage));
    found.unshift(...read.slice(other + 1));
    if (other !== -1 || read.length === 0) break;
  }
  return found;
}

async function sectionAfter(collection: Collection, passage: PassagePlace): Promise<TextOfLines[]> {
  const found: TextOfLines[] = [];
  for (let next = passage.ordinal + 1; next < passage.docChunks; next += passagesAtOnce) {
    const read = await passagesIn(collection, passage, next, next + passagesAtOnce - 1);
    const other = read.findIndex((one) => !isOfSection(one, passage));
    found.push(...(other === -1 ? read : read.slice(0, other)));
    if (other !== -1 || read.length === 0) break;
  }
  return found;
}

/** A heading that comes again elsewhere does not matter: the passages between stand under another one. */
function isOfSection(one: Pick<StoredChunk, "heading">, { heading }: PassagePlace): boolean {
  return one.heading.length === heading.length && one.heading.every((text, index) => text === heading[index]);
}
