/** In order of application. Repetition is bounded, so that no passage takes more than its length in time. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/<!--[\s\S]*?(?:-->|$)/g, ""],
  [/^[ \t]{0,99}(?:`{3,}|~{3,}).*$/gm, ""],
  // The line under a table's head, and what separates cells.
  [/^[ \t]{0,99}\|?(?:[ \t]{0,99}:?-{3,}:?[ \t]{0,99}\|)+(?:[ \t]{0,99}:?-{3,}:?)?[ \t]{0,99}$/gm, ""],
  [/^[ \t]{0,99}\|[ \t]{0,99}|[ \t]{0,99}\|[ \t]{0,99}$/gm, ""],
  [/^[ \t]{0,99}(?:-{3,}|\*{3,}|={3,})[ \t]{0,99}$/gm, ""],
  [/!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)/g, ""],
  [/\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)/g, "$1"],
  // A name after the bracket: what compares numbers is no tag. Nor is it cut short by the end of a passage.
  [
    /<\/?(?:a|b|br|button|code|dd|details|div|dl|dt|em|h[1-6]|hr|i|img|li|ol|p|pre|section|span|strong|sub|summary|sup|svg|table|tbody|td|th|thead|tr|ul)\b[^<>]{0,2000}(?:>|$)/gi,
    " ",
  ],
  [/^[ \t]{0,99}#{1,6}[ \t]+/gm, ""],
  [/^[ \t]{0,99}(?:>[ \t]?)+/gm, ""],
  [/(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\1/g, "$2"],
  [/(?<!`)`([^`\n]+)`(?!`)/g, "$1"],
];

/**
 * The words of a Markdown passage as a person reads them, for places where a few characters have to do: headings', tables',
 * links' and HTML's marks are taken off by their form. Reads no document structure, and is quick to load.
 */
export function plainMarkdown(text: string): string {
  return marks.reduce((plain, [mark, replacement]) => plain.replaceAll(mark, replacement), text);
}

/** The passage without a first line that is one of these headings. */
export function withoutHeading(text: string, headings: readonly string[]): string {
  const [, line = "", title = ""] = /^(\s*#{1,6}[ \t]+(.*?)[ \t#]*(?:\n|$))/.exec(text) ?? [];
  const same = headings.some((heading) => comparable(heading) === comparable(title));
  if (line === "" || !same) return text;
  const rest = text.slice(line.length);
  return rest.trim() === "" ? text : withoutHeading(rest, headings);
}

const comparable = (heading: string) => plainMarkdown(heading).replaceAll(/\s+/g, " ").trim().toLowerCase();
