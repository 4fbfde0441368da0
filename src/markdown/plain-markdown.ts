type Marks = readonly (readonly [mark: RegExp, replacement: string])[];

/** In order of application. Repetition is bounded, so that time grows with the length of a passage only. */
const marksBeforeTags: Marks = [
  [/^[ \t]{0,99}(?:`{3,}|~{3,}).*$/gm, ""],
  // The line under a table's head, and what separates cells.
  [/^[ \t]{0,99}\|?(?:[ \t]{0,99}:?-{3,}:?[ \t]{0,99}\|)+(?:[ \t]{0,99}:?-{3,}:?)?[ \t]{0,99}$/gm, ""],
  [/^[ \t]{0,99}\|[ \t]{0,99}|[ \t]{0,99}\|[ \t]{0,99}$/gm, ""],
  [/^[ \t]{0,99}(?:-{3,}|\*{3,}|={3,})[ \t]{0,99}$/gm, ""],
  [/!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)/g, ""],
  [/\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)/g, "$1"],
];
const marksAfterTags: Marks = [
  [/^[ \t]{0,99}#{1,6}[ \t]+/gm, ""],
  [/^[ \t]{0,99}(?:>[ \t]?)+/gm, ""],
  [/(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\1/g, "$2"],
  [/(?<!`)`([^`\n]+)`(?!`)/g, "$1"],
];

/**
 * The words of a Markdown passage as a person reads them, for places where a few characters have to do: the marks of
 * headings, tables, links and HTML are taken off by their form. No document structure is read: a search prints a few
 * snippets, and loading the parser would take longer than the search. The reader of HTML is loaded for a passage with
 * tags only.
 */
export async function plainMarkdown(text: string): Promise<string> {
  const plain = takeOff(text, marksBeforeTags);
  const withoutTags = /<[a-z/!]/i.test(plain) ? (await import("./html.ts")).withoutTags(plain) : plain;
  return takeOff(withoutTags, marksAfterTags);
}

function takeOff(text: string, marks: Marks): string {
  return marks.reduce((plain, [mark, replacement]) => plain.replaceAll(mark, replacement), text);
}

/** The passage without the lines at its start that are one of these headings. */
export async function withoutHeading(text: string, headings: readonly string[]): Promise<string> {
  const [, line = "", title = ""] = /^(\s*#{1,6}[ \t]+(.*?)[ \t#]*(?:\n|$))/.exec(text) ?? [];
  if (line === "") return text;
  const [first, ...others] = await Promise.all([title, ...headings].map(comparable));
  const rest = text.slice(line.length);
  return others.includes(first!) && rest.trim() !== "" ? withoutHeading(rest, headings) : text;
}

async function comparable(heading: string): Promise<string> {
  return (await plainMarkdown(heading)).replaceAll(/\s+/g, " ").trim().toLowerCase();
}
