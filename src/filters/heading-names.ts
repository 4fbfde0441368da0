/** A line that is a heading of Markdown, which loaders write for most formats; its name without closing marks. */
const headingLine = /^ {0,3}#{1,6}[ \t]+(\S.*?)(?:[ \t]+#+)?[ \t]*$/gm;
const fencedBlock = /^ {0,3}(`{3,}(?!`)|~{3,}(?!~)).*\n[\s\S]*?(?:^ {0,3}\1.*$|(?![\s\S]))/gm;

/** In source code, a line that begins with `#` is a comment. */
export const formatWithoutHeadings = "code";

interface Passage {
  text?: string;
  format: string;
}

/**
 * The names that a filter by heading looks for in a passage: of every line that looks like a heading. Stores express the
 * same as a regular expression, which cannot tell that a line stands in a block of code.
 */
export function headingLines({ text = "", format }: Passage): string[] {
  if (format === formatWithoutHeadings) return [];
  return Array.from(text.matchAll(headingLine), ([, name = ""]) => name);
}

/** The sections that a passage is made of, in their order: the one that it begins in, and those that begin in it. */
export function sectionNames({
  text,
  format,
  heading,
}: Passage & { text: string; heading: readonly string[] }): string[] {
  const within = headingLines({ text: text.replaceAll(fencedBlock, ""), format });
  const own = heading.at(-1);
  return [...new Set(own === undefined || within.includes(own) ? within : [own, ...within])];
}
