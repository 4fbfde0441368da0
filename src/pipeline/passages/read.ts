import { ExitCode, UserError } from "../../errors.ts";
import type { Collection, DocumentRecord, ReadableCollection } from "../../stores/types.ts";
import type { Range } from "../../text/ranges.ts";
import type { Metadata } from "../../types.ts";
import { chunkId } from "../../util/ids.ts";
import { type AssembledDocument, assemble, chunksIn, linesIn } from "./assembled.ts";
import { headingsOf } from "./headings.ts";
import { nearestNames } from "./nearest-names.ts";
import { rangeOfPart } from "./part.ts";
import { type Part, type Place, depthOfHeading } from "./place.ts";
import { type Extent, refuseForeign } from "./surroundings.ts";

/** A part of a document, as the collection has it. */
export interface ReadPassage {
  source: string;
  title: string;
  format: string;
  /** The headings that all of it stands under, from the outermost. */
  heading: string[];
  /** `null` in a document without pages, and where the part takes several. */
  page: number | null;
  startLine: number | null;
  endLine: number | null;
  /** The chunks that it was read from. */
  ids: string[];
  text: string;
  /** With `expand`: the text before and after; `null` where there is none. */
  before: string | null;
  after: string | null;
  metadata: Metadata;
  /** Where the passage is published; set where the configuration maps its source to an address. */
  url?: string;
}

export interface ReadRequest {
  /** What the place can mean, the most likely first; the first one that is there is read. */
  places: readonly Place[];
  /** What the user wrote, for messages. */
  written: string;
  /** The names that a source can have in the collection where it was written like this, the most likely first. */
  sourcesOf(written: string): string[];
  /** How much of the text around it is read too; `null` reads none. */
  expand: Extent | null;
}

/** Passages that are looked through for a heading. */
const candidatesForHeading = 200;
/** How often a document is read again that another process rewrites meanwhile. */
const attempts = 3;

/**
 * Reads a passage, a part of a document or a whole one from a collection, whose text is put together from its chunks;
 * no file is read. `elsewhere` has the sources of other places with the same heading.
 *
 * Throws `UserError`: `passage-not-found` (exit code 1), whose hint has the nearest names; `not-own-collection`; and what
 * the store fails with.
 */
export async function readPassage(
  collection: ReadableCollection,
  request: ReadRequest,
): Promise<{ passage: ReadPassage; elsewhere: string[] }> {
  refuseForeign(collection);
  for (let attempt = 1; ; attempt += 1) {
    const documents = await collection.documents();
    const found = await resolve(collection, documents, request);
    if (found === null) throw notFound(collection.name, documents, request);
    const { document, select, elsewhere } = found;
    const chunks = await collection.passages(document, 0, document.docChunks - 1);
    // Another process has written another version since the list was read.
    if (chunks.length < document.docChunks && attempt < attempts) continue;
    const assembled = assemble(chunks);
    return { passage: passageOf(assembled, select(assembled), request.expand), elsewhere };
  }
}

interface Found {
  document: DocumentRecord;
  /** The stretch of the document's text. Throws `UserError` `passage-not-found` where the document has no such part. */
  select(document: AssembledDocument): Range;
  elsewhere: string[];
}

async function resolve(
  collection: Collection,
  documents: readonly DocumentRecord[],
  { places, sourcesOf }: ReadRequest,
): Promise<Found | null> {
  const bySource = new Map(documents.map((document) => [document.source, document]));
  for (const place of places) {
    if ("source" in place) {
      const source = sourcesOf(place.source).find((name) => bySource.has(name));
      if (source !== undefined) return inDocument(bySource.get(source)!, place.part);
    } else if ("id" in place) {
      const found = withChunk(documents, place.id);
      if (found !== null) return found;
    } else {
      const found = await underHeading(collection, bySource, place.heading);
      if (found !== null) return found;
    }
  }
  return null;
}

function inDocument(document: DocumentRecord, part: Part, elsewhere: string[] = []): Found {
  return { document, elsewhere, select: (assembled) => rangeOfPart(document.source, assembled, part) };
}

/** The ids of a document's chunks follow from its commit record: no chunk has to be read to find one. */
function withChunk(documents: readonly DocumentRecord[], id: string): Found | null {
  for (const document of documents) {
    for (let ordinal = 0; ordinal < document.docChunks; ordinal += 1) {
      if (chunkId(document.docId, document.docHash, ordinal) !== id) continue;
      const select = ({ chunks, ranges }: AssembledDocument): Range =>
        ranges[chunks.findIndex((chunk) => chunk.ordinal === ordinal)] ?? { start: 0, end: 0 };
      return { document, select, elsewhere: [] };
    }
  }
  return null;
}

/** Headings are found by their words, as any other text is. */
async function underHeading(
  collection: Collection,
  documents: ReadonlyMap<string, DocumentRecord>,
  heading: string,
): Promise<Found | null> {
  if (!collection.modes.includes("text")) return null;
  const limit = candidatesForHeading;
  const hits = await collection.search({ mode: "text", text: heading, vector: null, limit, filters: [] });
  const under = hits.filter(({ chunk }) => holdsHeading(chunk, heading));
  const [first, ...others] = new Set(under.map(({ chunk }) => chunk.source));
  const document = first === undefined ? undefined : documents.get(first);
  return document === undefined ? null : inDocument(document, { kind: "heading", heading }, others);
}

function holdsHeading(chunk: { heading: readonly string[]; text: string }, wanted: string): boolean {
  if (depthOfHeading(chunk.heading, wanted) !== null) return true;
  return headingsOf(chunk).some(({ path }) => depthOfHeading([...chunk.heading, ...path], wanted) !== null);
}

function passageOf(document: AssembledDocument, range: Range, expand: Extent | null): ReadPassage {
  const chosen = chunksIn(document, range);
  const [first, last] = [chosen[0], chosen.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a document without chunks was read");
  const { source, title, format, metadata } = first;
  const pages = new Set(chosen.map(({ page }) => page));
  const around = expand === null ? range : widened(document, [first.ordinal, last.ordinal], expand);
  const part = (start: number, end: number): string | null =>
    trimmed(document.text.slice(start, Math.max(start, end))) || null;
  return {
    source,
    title,
    format,
    heading: headingOf(document, range, chosen),
    page: pages.size === 1 ? first.page : null,
    ...linesIn(document, trimmedRange(document, range)),
    ids: chosen.map(({ id }) => id),
    text: trimmed(document.text.slice(range.start, range.end)),
    before: part(around.start, range.start),
    after: part(range.end, around.end),
    metadata,
  };
}

/** The stretch with so many chunks more on either side, or with all neighbours under the same headings. */
function widened({ chunks, ranges }: AssembledDocument, [first, last]: [number, number], expand: Extent): Range {
  let [from, to] = [chunks.findIndex((chunk) => chunk.ordinal === first), chunks.findIndex((c) => c.ordinal === last)];
  if (expand === "section") {
    while (from > 0 && isSamePath(chunks[from - 1]!.heading, chunks[from]!.heading)) from -= 1;
    while (to < chunks.length - 1 && isSamePath(chunks[to + 1]!.heading, chunks[to]!.heading)) to += 1;
  } else {
    from = Math.max(0, from - expand);
    to = Math.min(chunks.length - 1, to + expand);
  }
  return { start: ranges[from]!.start, end: ranges[to]!.end };
}

function isSamePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

/** Without the blank lines around it; the first line keeps its indentation. */
function trimmed(text: string): string {
  return text.slice(blankStart(text)).trimEnd();
}

function trimmedRange({ text }: AssembledDocument, { start, end }: Range): Range {
  const part = text.slice(start, end);
  const from = blankStart(part);
  return { start: start + from, end: Math.max(start + from, start + part.trimEnd().length) };
}

/** Length of the blank lines that a text begins with. */
function blankStart(text: string): number {
  return /^(?:[^\S\n]*\n)*/.exec(text)?.[0].length ?? 0;
}

/** The headings that a stretch begins with where one stands at its start, else those that all of its chunks share. */
function headingOf(document: AssembledDocument, range: Range, chosen: readonly { heading: string[] }[]): string[] {
  const [first, ...rest] = chosen.map(({ heading }) => heading);
  if (first === undefined) return [];
  const differs = first.findIndex((name, index) => rest.some((other) => other[index] !== name));
  const common = differs === -1 ? first : first.slice(0, differs);
  const { start } = trimmedRange(document, range);
  const own = headingsOf(document).find((heading) => heading.start === start);
  return own !== undefined && own.path.length > common.length ? own.path : common;
}

function notFound(collection: string, documents: readonly DocumentRecord[], request: ReadRequest): UserError {
  const named = request.places.flatMap((place) => ("source" in place ? [place.source] : []));
  const sources = documents.map(({ source }) => source);
  const near = nearestNames(named.length > 0 ? named : [request.written], sources);
  return new UserError(
    "passage-not-found",
    `collection ${collection} holds no document, heading or passage ${JSON.stringify(request.written)}`,
    {
      exitCode: ExitCode.no,
      hint:
        near.length > 0
          ? `did you mean ${near.join(" or ")}?`
          : "name a source as rag collections sources lists it, an id that a search printed, or a heading",
    },
  );
}
