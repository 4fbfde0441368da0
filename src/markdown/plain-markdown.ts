type Marks = readonly (readonly [mark: RegExp, replacement: string])[];

/** In order of application. Repetition is bounded, so that time grows with the length of a passage only. */
const marks: Marks = [
  [/<!--[\s\S]*?(?:-->|$)/g, ""],
  [/^[ \t]{0,99}(?:`{3,}|~{3,}).*$/gm, ""],
  // The line under a table's head, and what separates cells.
  [/^[ \t]{0,99}\|?(?:[ \t]{0,99}:?-{3,}:?[ \t]{0,99}\|)+(?:[ \t]{0,99}:?-{3,}:?)?[ \t]{0,99}$/gm, ""],
  [/^[ \t]{0,99}\|[ \t]{0,99}|[ \t]{0,99}\|[ \t]{0,99}$/gm, ""],
  [/^[ \t]{0,99}(?:-{3,}|\*{3,}|={3,})[ \t]{0,99}$/gm, ""],
  [/!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)/g, ""],
  [/\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)/g, "$1"],
  // The elements of HTML by name: other brackets are text, as in `List<String>`. The end of a passage may cut a tag short.
  [
    /<\/?(?:a|b|br|button|code|dd|details|div|dl|dt|em|h[1-6]|hr|i|img|li|ol|p|pre|section|span|strong|sub|summary|sup|svg|table|tbody|td|th|thead|tr|ul)(?=[\s/>]|$)(?=((?:=\s{0,9}(?:"[^"]{0,999}"|'[^']{0,999}')|[^<>]){0,2000}))\1(?:>|$)/gi,
    " ",
  ],
  [/^[ \t]{0,99}#{1,6}[ \t]+/gm, ""],
  [/^[ \t]{0,99}(?:>[ \t]?)+/gm, ""],
  [/(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\1/g, "$2"],
  [/(?<!`)`([^`\n]+)`(?!`)/g, "$1"],
];

/**
 * The words of a Markdown passage as a person reads them, for places where a few characters have to do: the marks of
 * headings, tables, links and HTML are taken off by their form. No document structure is read: a search prints a few
 * snippets, and loading a parser of Markdown or HTML would take longer than the search.
 */
export function plainMarkdown(text: string): string {
  return marks.reduce((plain, [mark, replacement]) => plain.replaceAll(mark, replacement), text);
}

/** The passage without the lines at its start that are one of these headings. */
export function withoutHeading(text: string, headings: readonly string[]): string {
  const [, line = "", title = ""] = /^(\s*#{1,6}[ \t](.*)(?:\n|$))/.exec(text) ?? [];
  if (line === "") return text;
  const first = comparable(title.replace(/(?<![ \t#])[ \t#]+$/, ""));
  const rest = text.slice(line.length);
  const isRepeated = headings.some((heading) => comparable(heading) === first);
  return isRepeated && rest.trim() !== "" ? withoutHeading(rest, headings) : text;
}

function comparable(heading: string): string {
  return plainMarkdown(heading).replaceAll(/\s+/g, " ").trim().toLowerCase();
}
