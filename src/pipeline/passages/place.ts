/** A part of a document. Lines and pages are counted from 1. */
export type Part =
  | { kind: "document" }
  /** `last` is `null` where one line stands for the passage that it is in. */
  | { kind: "lines"; first: number; last: number | null }
  | { kind: "page"; page: number }
  | { kind: "heading"; heading: string };

/** What a person or a program names to read it. `id` is that of a chunk. */
export type Place = { source: string; part: Part } | { id: string } | { heading: string };

/**
 * All that a text can mean, the most likely first: a document, a part of one (`a.md:12`, `a.md:12-20`, `a.md#L12-L20`,
 * `a.pdf#page=3`, `a.md#A heading`), the id of a chunk, a heading. A name may itself hold `:` and `#`, so that only the
 * names of the documents tell which of these is meant.
 */
export function placesOf(text: string): Place[] {
  const written = text.trim();
  const places: Place[] = [{ source: written, part: { kind: "document" } }];
  const page = /^(.+)#page=(\d+)$/is.exec(written);
  if (page !== null) places.push({ source: page[1]!, part: { kind: "page", page: Number(page[2]) } });
  // A compiler's or an editor's `path:line:column` names a line.
  for (const form of [/^(.+)#L(\d+)(?:-L?(\d+))?$/s, /^(.+?):(\d+)(?:-(\d+))?$/s, /^(.+?):(\d+):\d+$/s]) {
    const [, source, first, last] = form.exec(written) ?? [];
    if (source !== undefined) places.push({ source, part: linesOf(Number(first), last) });
  }
  if (/^[0-9a-f]{32}$/i.test(written)) places.push({ id: written.toLowerCase() });
  for (let at = written.indexOf("#", 1); at !== -1; at = written.indexOf("#", at + 1)) {
    const heading = written.slice(at + 1).trim();
    if (heading !== "") places.push({ source: written.slice(0, at), part: { kind: "heading", heading } });
  }
  places.push({ heading: written });
  return places;
}

function linesOf(first: number, last: string | undefined): Part {
  if (last === undefined) return { kind: "lines", first, last: null };
  const [from, to] = [first, Number(last)].sort((a, b) => a - b) as [number, number];
  return { kind: "lines", first: from, last: to };
}

/**
 * Whether a passage stands under a heading as a person writes it: in any case, with or without the marks of Markdown, as
 * the last part of an address (`where-data-is-stored`), or as a path (`Guide > Storage`). Returns how many headings of
 * the path it takes to get there; `null` where the passage stands elsewhere.
 */
export function depthOfHeading(path: readonly string[], wanted: string): number | null {
  const names = wanted.split(/\s[>›]\s/).map(plainHeading);
  for (let end = names.length; end <= path.length; end += 1) {
    const part = path.slice(end - names.length, end);
    if (part.every((heading, index) => isHeading(heading, names[index] ?? ""))) return end;
  }
  return null;
}

function isHeading(heading: string, wanted: string): boolean {
  const plain = plainHeading(heading);
  return plain === wanted || (wanted !== "" && slugOf(plain) === wanted);
}

function plainHeading(text: string): string {
  return text
    .replace(/^#+\s+/, "")
    .replaceAll(/\s+/g, " ")
    .trim()
    .toLowerCase();
}

/** As GitHub makes the address of a heading. */
function slugOf(plain: string): string {
  return plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
}
